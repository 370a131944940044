"""Futures: one event a season, a field of participants, one price each.

Belongs here: the seasons and each book's boards as of an instant. Does not belong here: games
(``market``), JSON. Units: Unix seconds UTC; decimal odds; US dollars of stake.

Everything is a function of (seed, instant). A participant's strength is drawn once a season and
walks from week to week; a book sees it through its own opinion and re-prices every five minutes.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from math import exp

from odds_pipeline.catalog.bookmakers import BookClass
from odds_pipeline.simulator import noise
from odds_pipeline.simulator.books import SIMULATED_BOOKS, SimulatedBook
from odds_pipeline.simulator.lifetimes import books_at
from odds_pipeline.simulator.market import BookBoard, MarketBoard
from odds_pipeline.simulator.outright_sports import OUTRIGHT_SPORTS, OutrightSport
from odds_pipeline.simulator.prices import shown
from odds_pipeline.simulator.pricing.outcomes import PricedOutcome
from odds_pipeline.simulator.schedule import DAY

_WEEK = 7 * DAY
_CADENCE = 300
_LISTED_DAYS = 300
_STRENGTH, _WALK, _OPINION = 1.1, 0.25, 0.04  # standard deviations, logarithms of a chance
_MARGIN = {BookClass.RETAIL: 0.25, BookClass.SHARP: 0.12, BookClass.EXCHANGE: 0.01}
_LIMIT = {BookClass.RETAIL: 250, BookClass.SHARP: 1_000, BookClass.EXCHANGE: 40}
_LAY_SPREAD = 1.05


@dataclass(frozen=True, slots=True)
class Season:
    """One competition's event."""

    seed: int
    sport: OutrightSport
    start: int

    @property
    def event_id(self) -> str:
        """32 hexadecimal digits."""
        return sha256(f"{self.seed}|{self.sport.key}|{self.start}".encode()).hexdigest()[:32]

    def boards(self, instant: int, books: Set[str], markets: Set[str]) -> list[BookBoard]:
        """What each of the named books shows; a book that shows nothing is absent."""
        found = (
            self._board(SIMULATED_BOOKS[key], instant, markets)
            for key in sorted(books_at(books, instant))
        )
        return [board for board in found if board.markets]

    def limit(self, book: SimulatedBook) -> int:
        """The most a book takes on one participant, US dollars."""
        return _LIMIT[book.book_class]

    def _board(self, book: SimulatedBook, instant: int, markets: Set[str]) -> BookBoard:
        phase = int(_CADENCE * noise.uniform(self.event_id, book.key, "phase"))
        updated = (instant - phase) // _CADENCE * _CADENCE + phase
        backs = self._prices(book, updated)
        lays = tuple(
            PricedOutcome(back.name, round(back.price * _LAY_SPREAD + 0.01, 2)) for back in backs
        )
        shows = {"outrights": backs, "outrights_lay": lays if book.lays else ()}
        return BookBoard(
            book,
            updated,
            tuple(
                MarketBoard(market, updated, outcomes)
                for market, outcomes in shows.items()
                if market in markets and outcomes
            ),
        )

    def _prices(self, book: SimulatedBook, updated: int) -> tuple[PricedOutcome, ...]:
        """Favourites first, as the provider lists a field."""
        weights = {
            name: exp(
                self._strength(name, updated)
                + _OPINION * noise.normal(self.event_id, book.key, name, updated // _WEEK)
            )
            for name in self.sport.field
        }
        scale = (1.0 + _MARGIN[book.book_class]) / sum(weights.values())
        outcomes = (
            PricedOutcome(name, shown(min(max(weight * scale, 0.001), 0.99), book.ladder))
            for name, weight in weights.items()
        )
        return tuple(sorted(outcomes, key=lambda outcome: (outcome.price, outcome.name)))

    def _strength(self, name: str, updated: int) -> float:
        week, into = divmod(updated, _WEEK)
        before = noise.normal(self.event_id, name, "week", week)
        after = noise.normal(self.event_id, name, "week", week + 1)
        walk = before + (after - before) * into / _WEEK
        return _STRENGTH * noise.normal(self.event_id, name) + _WALK * walk


def seasons(seed: int, sport_key: str, instant: int) -> list[Season]:
    """The seasons listed at an instant, the soonest first; mostly one."""
    sport = OUTRIGHT_SPORTS[sport_key]
    year = datetime.fromtimestamp(instant, UTC).year
    starts = (_start(sport, year), _start(sport, year + 1))
    return [
        Season(seed, sport, start)
        for start in starts
        if start - _LISTED_DAYS * DAY <= instant < start + sport.days * DAY
    ]


def _start(sport: OutrightSport, year: int) -> int:
    month, day, minute = sport.begins
    return int(datetime(year, month, day, tzinfo=UTC).timestamp()) + minute * 60
