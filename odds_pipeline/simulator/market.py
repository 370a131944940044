"""The simulated market: a function of (seed, instant), without any stored state.

Belongs here: which games are listed at an instant, each book's boards as of then, and scores.
Does not belong here: JSON, parameters, credits, clocks. Units: Unix seconds UTC; decimal odds;
points.

A book re-prices only when it is read: everything on a board is a function of its
``last_update``, so two instants between the same two readings show the same board, which is why
boards can be remembered. A book sees the truth late (its lag), through its own slowly changing
opinion, and adds its overround; ``efficiency`` says in which settings it does not.
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from odds_pipeline.simulator import noise, readings
from odds_pipeline.simulator.books import SIMULATED_BOOKS, Ladder, SimulatedBook
from odds_pipeline.simulator.efficiency import NATURAL, Setting
from odds_pipeline.simulator.life import Life, life_of
from odds_pipeline.simulator.prices import SHORTEST_TICK, laid, shown, with_overround
from odds_pipeline.simulator.schedule import DAY, EPOCH_ORDINAL, fixtures_of
from odds_pipeline.simulator.scoring import Belief
from odds_pipeline.simulator.sports import SIMULATED_SPORTS, Scoring

SCORE_STEP = 30
_HOUR = 3_600
_DRAW = "Draw"
_SHUT_AT = 0.9985  # an outcome this sure is no longer offered
_OPINION_HOURS = 36
_LATE_MARKETS = 0.2  # share stamped a second before their book
_WHOLE_WITHIN = 0.14  # points from a whole number; lines are halves elsewhere


@dataclass(frozen=True, slots=True)
class PricedOutcome:
    """One outcome: its name, decimal price and line."""

    name: str
    price: float
    point: float | None = None


@dataclass(frozen=True, slots=True)
class MarketBoard:
    """One market of one book: outcomes in the provider's order."""

    market: str
    last_update: int
    outcomes: tuple[PricedOutcome, ...]


@dataclass(frozen=True, slots=True)
class BookBoard:
    """One book's markets for one game; ``last_update`` is never before a market's."""

    book: SimulatedBook
    last_update: int
    markets: tuple[MarketBoard, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """A game as the scores feed shows it: points by team, in the feed's order, once begun."""

    life: Life
    completed: bool
    points: tuple[tuple[str, int], ...] | None
    last_update: int | None


@dataclass(frozen=True, slots=True)
class Market:
    """The whole market of one seed and setting."""

    seed: int
    setting: Setting = NATURAL

    def listed(self, sport_key: str, instant: int) -> list[Life]:
        """Games in the odds feed at an instant, by stated start."""
        lives = [life for life in self._around(sport_key, instant) if life.listed_at(instant)]
        return sorted(lives, key=lambda life: (life.stated_start(instant), life.fixture.event_id))

    def boards(
        self, life: Life, instant: int, books: Set[str], markets: Set[str]
    ) -> list[BookBoard]:
        """What each of the named books shows for a game; a book that shows nothing is absent."""
        asked = frozenset(markets & _PRICERS.keys())
        found = (
            self._book_board(life, SIMULATED_BOOKS[key], instant, asked)
            for key in sorted(books & SIMULATED_BOOKS.keys())
        )
        return [board for board in found if board is not None]

    def scores(self, sport_key: str, instant: int, days_from: int | None) -> list[Score]:
        """Games of the scores feed: listed and live ones, and those completed in the window."""
        oldest = instant - (days_from or 0) * DAY
        lives = [
            life
            for life in self._around(sport_key, instant, days_back=days_from or 0)
            if life.listed <= instant
            and (instant < life.completed or life.start >= oldest)
            and not life.is_off(instant)
        ]
        lives.sort(key=lambda life: (life.stated_start(instant), life.fixture.event_id))
        return [self._score(life, instant) for life in lives]

    def _around(self, sport_key: str, instant: int, days_back: int = 0) -> Iterator[Life]:
        sport = SIMULATED_SPORTS[sport_key]
        today = instant // DAY + EPOCH_ORDINAL
        # A game may be put off to the next day, and then end on the day after it.
        days = range(today - 2 - days_back, today + int(sport.listed_days) + 2)
        fixtures = chain.from_iterable(fixtures_of(self.seed, sport_key, day) for day in days)
        return (life_of(self.seed, fixture) for fixture in fixtures)

    def _score(self, life: Life, instant: int) -> Score:
        if instant < life.noticed:
            return Score(life, completed=False, points=None, last_update=None)
        fixture = life.fixture
        home, away = life.score(instant)
        points = ((fixture.home_team, home), (fixture.away_team, away))
        if noise.uniform(self.seed, fixture.event_id, "score order") < 0.1:
            points = (points[1], points[0])
        seen = min(instant, life.completed)
        return Score(life, instant >= life.completed, points, seen - seen % SCORE_STEP)

    def _book_board(
        self, life: Life, book: SimulatedBook, instant: int, markets: frozenset[str]
    ) -> BookBoard | None:
        updated = self._last_update(life, book, instant)
        if instant - updated > readings.STALE_AFTER:
            return None
        return _read(self, life, book, updated, markets)

    def _last_update(self, life: Life, book: SimulatedBook, instant: int) -> int:
        together = self.setting.read_together
        if together is not None:
            return instant - instant % together
        return readings.last_update(life, book, instant)


@dataclass(frozen=True, slots=True)
class _View:
    """What a book makes of a game: where it puts its lines, and what it prices them by."""

    lines: Belief
    prices: Belief


@lru_cache(maxsize=8_192)
def _read(
    market: Market, life: Life, book: SimulatedBook, updated: int, markets: frozenset[str]
) -> BookBoard | None:
    """What one reading of a book found of a game."""
    if not readings.offers(life, book, updated):
        return None
    view = _view(market, life, book, updated)
    if max(view.prices.sides()) > _SHUT_AT:
        return None
    boards = tuple(
        MarketBoard(key, updated - _is_late(market.seed, book.key, key, updated), outcomes)
        for key in sorted(markets)
        if readings.shows(life, book, key, updated)
        and (outcomes := _outcomes(key, life, book, view))
    )
    return BookBoard(book, updated, boards) if boards else None


@lru_cache(maxsize=2_048)
def _is_late(seed: int, book: str, market: str, updated: int) -> bool:
    return noise.uniform(seed, book, market, updated) < _LATE_MARKETS


# Most readings find what the last one found, so prices are remembered by what they follow from.
@lru_cache(maxsize=16_384)
def _outcomes(
    market: str, life: Life, book: SimulatedBook, view: _View
) -> tuple[PricedOutcome, ...]:
    return _PRICERS[market](life, book, view)


def _view(market: Market, life: Life, book: SimulatedBook, updated: int) -> _View:
    lines = _opinion(life, book, updated) if market.setting.own_opinions else life.belief(updated)
    return _View(lines, _mispriced(market.setting, life, book, lines))


def _opinion(life: Life, book: SimulatedBook, updated: int) -> Belief:
    """The truth as this book sees it: late, and through its own eyes."""
    lag = book.lag / 10 if updated >= life.start else book.lag
    spells = updated / (_OPINION_HOURS * _HOUR)
    margin, total = _leaning(life, book, int(spells + _turn(life, book)))
    return life.belief(updated - lag).shifted(margin, total)


@lru_cache(maxsize=4_096)
def _turn(life: Life, book: SimulatedBook) -> float:
    """At which part of a spell the book changes its mind about the game."""
    return noise.uniform(life.seed, life.fixture.event_id, book.key, "opinion")


@lru_cache(maxsize=4_096)
def _leaning(life: Life, book: SimulatedBook, spell: int) -> tuple[float, float]:
    """How far the book's margin and total are from the truth, points."""
    labels = (life.seed, life.fixture.event_id, book.key, "opinion")
    return (
        book.disagreement * life.sport.margin_sd * noise.normal(*labels, "margin", spell),
        book.disagreement * life.sport.total_sd * noise.normal(*labels, "total", spell),
    )


def _mispriced(setting: Setting, life: Life, book: SimulatedBook, belief: Belief) -> Belief:
    """The belief with the planted edge in it, where this book has one in this game."""
    edge = setting.edge
    labels = (life.seed, life.fixture.event_id, book.key, "edge")
    if edge is None or book.key != edge.bookmaker or noise.uniform(*labels) >= edge.share:
        return belief
    signs = noise.bits(*labels, "signs")
    return belief.shifted(
        edge.size * life.sport.margin_sd * (1 if signs & 1 else -1),
        edge.size * life.sport.total_sd * (1 if signs & 2 else -1),
    )


def _h2h(life: Life, book: SimulatedBook, view: _View) -> tuple[PricedOutcome, ...]:
    implied = with_overround(view.prices.sides(), book.overround)
    return _ordered(life, _backed(book, implied))


def _h2h_lay(life: Life, book: SimulatedBook, view: _View) -> tuple[PricedOutcome, ...]:
    implied = with_overround(view.prices.sides(), -book.overround)
    if not book.lays or not _h2h(life, book, view):
        return ()
    return _ordered(life, [laid(share) for share in implied])


def _ordered(life: Life, prices: list[float]) -> tuple[PricedOutcome, ...]:
    """Home, away and draw with these prices, in the provider's order; nothing for no prices."""
    names = (life.fixture.home_team, life.fixture.away_team, _DRAW)
    outcomes = [PricedOutcome(name, price) for name, price in zip(names, prices, strict=False)]
    return (*sorted(outcomes[:2], key=_by_name), *outcomes[2:])


def _spreads(life: Life, book: SimulatedBook, view: _View) -> tuple[PricedOutcome, ...]:
    point = _line_at(life, book, -view.lines.fair_margin())
    home, away = life.fixture.home_team, life.fixture.away_team
    sides = _line(book, view.prices.cover(point), (home, point), (away, 0.0 - point))
    return tuple(sorted(sides, key=_by_name))


def _totals(life: Life, book: SimulatedBook, view: _View) -> tuple[PricedOutcome, ...]:
    point = _line_at(life, book, view.lines.fair_total())
    return _line(book, view.prices.over(point), ("Over", point), ("Under", point))


def _line(
    book: SimulatedBook, chance: float, one: tuple[str, float], other: tuple[str, float]
) -> tuple[PricedOutcome, ...]:
    """Both sides of a line, the first of which comes in with this chance."""
    if not 1.0 - _SHUT_AT < chance < _SHUT_AT:
        return ()
    prices = _backed(book, with_overround((chance, 1.0 - chance), book.line_overround))
    return tuple(
        PricedOutcome(name, price, point)
        for (name, point), price in zip((one, other), prices, strict=False)
    )


def _backed(book: SimulatedBook, implied: list[float]) -> list[float]:
    """Prices on the book's ladder; none at all when the ladder ends before the shortest."""
    if book.ladder is Ladder.TICKS and max(implied) > 1.0 / SHORTEST_TICK:
        return []
    return [shown(share, book.ladder) for share in implied]


_PRICERS = {"h2h": _h2h, "h2h_lay": _h2h_lay, "spreads": _spreads, "totals": _totals}


def _by_name(outcome: PricedOutcome) -> str:
    return outcome.name


def _line_at(life: Life, book: SimulatedBook, value: float) -> float:
    """The line nearest to a value: halves, wholes where it is all but whole, quarters in soccer.

    A plain zero stands where a negative one would.
    """
    if book.quarter_lines and life.sport.scoring is Scoring.GOALS:
        return round(value * 4) / 4 + 0.0
    whole = float(round(value))
    if abs(value - whole) < _WHOLE_WITHIN:
        return whole + 0.0
    return value // 1 + 0.5
