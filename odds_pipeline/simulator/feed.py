"""What the provider has to serve, and the simulated market served as its JSON.

Belongs here: the shape every feed has (``Feed``) and the JSON of the simulated market.
Does not belong here: the market itself, parameters' validity, credits.
Times inside are Unix seconds UTC; in the JSON they are spelled as asked.

Room left for the next step: links, sids, limits and rotation numbers, as further fields of
``Spelling`` that ``_outcome_json`` and its neighbours read.
"""

from dataclasses import dataclass
from heapq import nsmallest
from typing import Protocol

from odds_pipeline.simulator import snapshots
from odds_pipeline.simulator.life import Life
from odds_pipeline.simulator.market import BookBoard, Market, MarketBoard, PricedOutcome, Score
from odds_pipeline.simulator.parameters import BoardFilter, EventFilter, Spelling
from odds_pipeline.simulator.prices import spelled
from odds_pipeline.simulator.snapshots import Snapshot, spell_date
from odds_pipeline.simulator.sports import SIMULATED_SPORTS

JsonObject = dict[str, object]
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
        return [
            {
                "key": sport.key,
                "group": sport.group,
                "title": sport.title,
                "description": sport.description,
                "active": sport.active,
                "has_outrights": False,
            }
            for sport in sorted(SIMULATED_SPORTS.values(), key=lambda sport: sport.key)
        ]

    def events(
        self, sport_key: str, at: Moment, which: EventFilter, spelling: Spelling
    ) -> list[JsonObject]:
        """See ``Feed``."""
        lives = self._listed(sport_key, at.instant, which)
        return [_event_json(life, at.instant, spelling) for life in lives]

    def odds(
        self,
        sport_key: str,
        at: Moment,
        which: EventFilter,
        boards: BoardFilter,
        spelling: Spelling,
    ) -> list[JsonObject]:
        """See ``Feed``."""
        lives = self._listed(sport_key, at.instant, which)
        on_market = not at.recorded or snapshots.states_market_times(at.instant)
        times = _Times(on_bookmaker=True, on_market=on_market)
        return [self._odds_json(life, at.instant, boards, spelling, times) for life in lives]

    def event_odds(
        self, sport_key: str, event_id: str, at: Moment, boards: BoardFilter, spelling: Spelling
    ) -> JsonObject | None:
        """See ``Feed``."""
        which = EventFilter(frozenset({event_id}), None, None)
        lives = self._listed(sport_key, at.instant, which)
        if not lives:
            return None
        times = _Times(on_bookmaker=False, on_market=True)
        return self._odds_json(lives[0], at.instant, boards, spelling, times)

    def scores(
        self,
        sport_key: str,
        at: Moment,
        days_from: int | None,
        which: EventFilter,
        spelling: Spelling,
    ) -> list[JsonObject]:
        """See ``Feed``."""
        return [
            _score_json(score, at.instant, spelling)
            for score in self._market.scores(sport_key, at.instant, days_from)
            if which.admits(score.life.fixture.event_id, score.life.stated_start(at.instant))
        ]

    def snapshot(self, sport_key: str, asked: int, now: int) -> Snapshot | None:
        """See ``Feed``."""
        return snapshots.snapshot_at(asked, now)

    def _listed(self, sport_key: str, instant: int, which: EventFilter) -> list[Life]:
        if sport_key == UPCOMING:
            return self._upcoming(instant)
        return [
            life
            for life in self._market.listed(sport_key, instant)
            if which.admits(life.fixture.event_id, life.stated_start(instant))
        ]

    def _upcoming(self, instant: int) -> list[Life]:
        """Live games and the next eight over all sports."""

        def begins(life: Life) -> int:
            return life.stated_start(instant)

        lives = [life for key in SIMULATED_SPORTS for life in self._market.listed(key, instant)]
        live = [life for life in lives if begins(life) <= instant]
        ahead = [life for life in lives if begins(life) > instant]
        return sorted(live, key=begins) + nsmallest(_UPCOMING_GAMES, ahead, key=begins)

    def _odds_json(
        self,
        life: Life,
        instant: int,
        boards: BoardFilter,
        spelling: Spelling,
        times: "_Times",
    ) -> JsonObject:
        markets = boards.markets | {_UNASKED[key] for key in boards.markets & _UNASKED.keys()}
        found = self._market.boards(life, instant, boards.books, markets)
        return {
            **_event_json(life, instant, spelling),
            "bookmakers": [_book_json(board, spelling, times) for board in found],
        }


@dataclass(frozen=True, slots=True)
class _Times:
    """Where ``last_update`` stands."""

    on_bookmaker: bool
    on_market: bool


def _time_json(instant: int, spelling: Spelling) -> str | int:
    return instant if spelling.unix_dates else spell_date(instant)


def _event_json(life: Life, instant: int, spelling: Spelling) -> JsonObject:
    fixture = life.fixture
    return {
        "id": fixture.event_id,
        "sport_key": fixture.sport_key,
        "sport_title": life.sport.title,
        "commence_time": _time_json(life.stated_start(instant), spelling),
        "home_team": fixture.home_team,
        "away_team": fixture.away_team,
    }


def _book_json(board: BookBoard, spelling: Spelling, times: _Times) -> JsonObject:
    stated: JsonObject = {"key": board.book.key, "title": board.book.title}
    if times.on_bookmaker:
        stated["last_update"] = _time_json(board.last_update, spelling)
    stated["markets"] = [_market_json(market, spelling, times) for market in board.markets]
    return stated


def _market_json(board: MarketBoard, spelling: Spelling, times: _Times) -> JsonObject:
    stated: JsonObject = {"key": board.market}
    if times.on_market:
        stated["last_update"] = _time_json(board.last_update, spelling)
    stated["outcomes"] = [_outcome_json(outcome, spelling) for outcome in board.outcomes]
    return stated


def _outcome_json(outcome: PricedOutcome, spelling: Spelling) -> JsonObject:
    stated: JsonObject = {
        "name": outcome.name,
        "price": spelled(outcome.price, spelling.odds_format),
    }
    if outcome.point is not None:
        stated["point"] = outcome.point
    return stated


def _score_json(score: Score, instant: int, spelling: Spelling) -> JsonObject:
    event = _event_json(score.life, instant, spelling)
    points, updated = score.points, score.last_update
    return {
        "id": event["id"],
        "sport_key": event["sport_key"],
        "sport_title": event["sport_title"],
        "commence_time": event["commence_time"],
        "completed": score.completed,
        "home_team": event["home_team"],
        "away_team": event["away_team"],
        "scores": points and [{"name": team, "score": str(scored)} for team, scored in points],
        "last_update": None if updated is None else _time_json(updated, spelling),
    }
