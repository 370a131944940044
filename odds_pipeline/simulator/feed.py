"""What the provider has to serve, and the simulated market as one such feed.

Belongs here: the shape every feed has (``Feed``) and what the simulated market lists when.
Does not belong here: the market itself, its JSON (``wire``), parameters' validity, credits.
Units: Unix seconds UTC.
"""

from collections.abc import Set
from dataclasses import dataclass
from heapq import nsmallest
from typing import Protocol

from odds_pipeline.simulator import snapshots
from odds_pipeline.simulator.asked_boards import BoardFilter
from odds_pipeline.simulator.lifetimes import has_sport
from odds_pipeline.simulator.listing import ListedGame, ListedSeason, Listing
from odds_pipeline.simulator.market import Market
from odds_pipeline.simulator.outright_sports import OUTRIGHT_SPORTS, OutrightSport
from odds_pipeline.simulator.outrights import seasons
from odds_pipeline.simulator.parameters import EventFilter, Spelling
from odds_pipeline.simulator.participants import participants_of
from odds_pipeline.simulator.snapshots import Snapshot
from odds_pipeline.simulator.sports import SIMULATED_SPORTS, SimulatedSport
from odds_pipeline.simulator.wire import (
    JsonObject,
    Style,
    event_json,
    markets_json,
    odds_json,
    score_json,
)

UPCOMING = "upcoming"
_UPCOMING_GAMES = 8
_UNASKED = {"h2h": "h2h_lay", "outrights": "outrights_lay"}  # come along from exchanges


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant a call asks about; ``recorded`` when it is a historical snapshot's."""

    instant: int
    recorded: bool = False


class Feed(Protocol):
    """Everything an endpoint can ask for."""

    def sports(self) -> list[JsonObject]:
        """All sports, in and out of season."""

    def events(
        self, sport_key: str, at: Moment, which: EventFilter, spelling: Spelling
    ) -> list[JsonObject]:
        """Events of a sport, without odds."""

    def odds(
        self,
        sport_key: str,
        at: Moment,
        which: EventFilter,
        boards: BoardFilter,
        spelling: Spelling,
    ) -> list[JsonObject]:
        """Events of a sport, with odds."""

    def event_odds(
        self, sport_key: str, event_id: str, at: Moment, boards: BoardFilter, spelling: Spelling
    ) -> JsonObject | None:
        """One event with odds; ``None`` when it is not listed."""

    def event_markets(
        self, sport_key: str, event_id: str, at: Moment, books: Set[str], spelling: Spelling
    ) -> JsonObject | None:
        """One event with the markets each book shows; ``None`` when it is not listed."""

    def participants(self, sport_key: str) -> list[JsonObject]:
        """Teams or persons of a sport, some of them inactive."""

    def scores(
        self,
        sport_key: str,
        at: Moment,
        days_from: int | None,
        which: EventFilter,
        spelling: Spelling,
    ) -> list[JsonObject]:
        """Events of a sport, with scores."""

    def snapshot(self, sport_key: str, asked: int, now: int) -> Snapshot | None:
        """The last historical snapshot at or before an instant."""


class MarketFeed:
    """The simulated market, spelled as the provider spells it."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def sports(self) -> list[JsonObject]:
        """See ``Feed``."""
        games = [_sport_json(sport, sport.active) for sport in SIMULATED_SPORTS.values()]
        winners = [_sport_json(sport, True) for sport in OUTRIGHT_SPORTS.values()]
        return sorted(games + winners, key=lambda sport: str(sport["key"]))

    def events(
        self, sport_key: str, at: Moment, which: EventFilter, spelling: Spelling
    ) -> list[JsonObject]:
        """See ``Feed``."""
        return [
            event_json(listing.face, spelling)
            for listing in self._listed(sport_key, at.instant, which)
        ]

    def odds(
        self,
        sport_key: str,
        at: Moment,
        which: EventFilter,
        boards: BoardFilter,
        spelling: Spelling,
    ) -> list[JsonObject]:
        """See ``Feed``."""
        style = _style(at, spelling, by_event=False)
        return [
            _odds(listing, boards, style) for listing in self._listed(sport_key, at.instant, which)
        ]

    def event_odds(
        self, sport_key: str, event_id: str, at: Moment, boards: BoardFilter, spelling: Spelling
    ) -> JsonObject | None:
        """See ``Feed``."""
        listing = self._one(sport_key, event_id, at.instant)
        style = _style(at, spelling, by_event=True)
        return None if listing is None else _odds(listing, boards, style)

    def event_markets(
        self, sport_key: str, event_id: str, at: Moment, books: Set[str], spelling: Spelling
    ) -> JsonObject | None:
        """See ``Feed``."""
        listing = self._one(sport_key, event_id, at.instant)
        if listing is None:
            return None
        return markets_json(listing, books, spelling)

    def participants(self, sport_key: str) -> list[JsonObject]:
        """See ``Feed``."""
        return [{"id": id_, "full_name": name} for id_, name in participants_of(sport_key)]

    def scores(
        self,
        sport_key: str,
        at: Moment,
        days_from: int | None,
        which: EventFilter,
        spelling: Spelling,
    ) -> list[JsonObject]:
        """See ``Feed``; outrights have no scores."""
        if sport_key in OUTRIGHT_SPORTS or not has_sport(sport_key, at.instant):
            return []
        return [
            score_json(score, at.instant, spelling)
            for score in self._market.scores(sport_key, at.instant, days_from)
            if which.admits(
                score.life.fixture.event_id, score.life.stated_start(at.instant), at.instant
            )
        ]

    def snapshot(self, sport_key: str, asked: int, now: int) -> Snapshot | None:
        """See ``Feed``."""
        return snapshots.snapshot_at(asked, now)

    def _one(self, sport_key: str, event_id: str, instant: int) -> Listing | None:
        which = EventFilter(event_ids=frozenset({event_id}))
        return next(iter(self._listed(sport_key, instant, which)), None)

    def _listed(self, sport_key: str, instant: int, which: EventFilter) -> list[Listing]:
        if sport_key == UPCOMING:
            return self._upcoming(instant)
        return [
            listing
            for listing in self._all(sport_key, instant)
            if which.admits(listing.face.event_id, listing.face.start, instant)
        ]

    def _all(self, sport_key: str, instant: int) -> list[Listing]:
        if not has_sport(sport_key, instant):
            return []
        if sport_key in OUTRIGHT_SPORTS:
            found = seasons(self._market.seed, sport_key, instant)
            return [ListedSeason(season, instant) for season in found]
        lives = self._market.listed(sport_key, instant)
        return [ListedGame(self._market, life, instant) for life in lives]

    def _upcoming(self, instant: int) -> list[Listing]:
        """Live games and the next eight over all sports."""

        def begins(listing: Listing) -> int:
            return listing.face.start

        games = [game for key in SIMULATED_SPORTS for game in self._all(key, instant)]
        live = [game for game in games if begins(game) <= instant]
        ahead = [game for game in games if begins(game) > instant]
        return sorted(live, key=begins) + nsmallest(_UPCOMING_GAMES, ahead, key=begins)


def _sport_json(sport: SimulatedSport | OutrightSport, active: bool) -> JsonObject:
    return {
        "key": sport.key,
        "group": sport.group,
        "title": sport.title,
        "description": sport.description,
        "active": active,
        "has_outrights": isinstance(sport, OutrightSport),
    }


def _odds(listing: Listing, boards: BoardFilter, style: Style) -> JsonObject:
    markets = boards.markets | {_UNASKED[key] for key in boards.markets & _UNASKED.keys()}
    return odds_json(listing, boards.books, markets, style)


def _style(at: Moment, spelling: Spelling, *, by_event: bool) -> Style:
    """Event odds state times on markets alone, old snapshots on bookmakers alone."""
    on_market = not at.recorded or snapshots.states_market_times(at.instant)
    return Style(
        spelling,
        on_bookmaker=not (by_event and on_market),
        on_market=on_market,
        computed_american=at.recorded and not snapshots.states_american_prices(at.instant),
    )
