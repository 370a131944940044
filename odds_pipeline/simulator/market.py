"""The simulated market: a function of (seed, instant), without any stored state.

Belongs here: which games are listed at an instant, each book's boards as of then, and scores.
Does not belong here: JSON, parameters, credits, clocks. Units: Unix seconds UTC; decimal odds;
points.

A book re-prices only when it is scraped: everything on a board is a function of its
``last_update``, so two instants between the same two scrapes show the same board. It sees the
truth late (its lag), through its own slowly changing opinion, and adds its overround. Now and
then it hangs; once its last update is 15 minutes old it is left out until it comes back.

Next to come here: planted edges, as a further opinion of single books.
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from itertools import chain

from odds_pipeline.simulator import noise
from odds_pipeline.simulator.books import SIMULATED_BOOKS, SimulatedBook
from odds_pipeline.simulator.life import Life, life_of
from odds_pipeline.simulator.lifetimes import books_at
from odds_pipeline.simulator.prices import shown, with_overround
from odds_pipeline.simulator.pricing.outcomes import Ask, PricedOutcome
from odds_pipeline.simulator.pricing.table import price
from odds_pipeline.simulator.schedule import DAY, EPOCH_ORDINAL, fixtures_of
from odds_pipeline.simulator.scoring import Belief
from odds_pipeline.simulator.sports import SIMULATED_SPORTS

STALE_AFTER = 890  # seconds; the provider shows nothing older than 15 minutes on arrival
SCORE_STEP = 30
_HOUR = 3_600
_DRAW = "Draw"
_SHUT_AT = 0.9985  # an outcome this sure is no longer offered
_HANG_SHARE = 0.04  # of a book's hours in a game
_SUSPENDED_SHARE = 0.03  # of a market's two-minute spells in play
_MARKET_PRESENCE = 0.985
_OPINION_HOURS = 12
_LAY_SPREAD = 1.02  # lay price over back price


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
    """The whole market of one seed."""

    seed: int

    def listed(self, sport_key: str, instant: int) -> list[Life]:
        """Games in the odds feed at an instant, by stated start."""
        lives = [
            life for life in self._around(sport_key, instant) if life.listed <= instant < life.gone
        ]
        return sorted(lives, key=lambda life: (life.stated_start(instant), life.fixture.event_id))

    def boards(
        self, life: Life, instant: int, books: Set[str], markets: Set[str]
    ) -> list[BookBoard]:
        """What each of the named books shows for a game; a book that shows nothing is absent."""
        found = (
            self._book_board(life, SIMULATED_BOOKS[key], instant, markets)
            for key in sorted(books_at(books, instant))
        )
        return [board for board in found if board is not None]

    def scores(self, sport_key: str, instant: int, days_from: int | None) -> list[Score]:
        """Games of the scores feed: listed and live ones, and those completed in the window."""
        oldest = instant - (days_from or 0) * DAY
        lives = [
            life
            for life in self._around(sport_key, instant, days_back=days_from or 0)
            if life.listed <= instant and (instant < life.completed or life.start >= oldest)
        ]
        lives.sort(key=lambda life: (life.stated_start(instant), life.fixture.event_id))
        return [self._score(life, instant) for life in lives]

    def _around(self, sport_key: str, instant: int, days_back: int = 0) -> Iterator[Life]:
        sport = SIMULATED_SPORTS[sport_key]
        today = instant // DAY + EPOCH_ORDINAL
        days = range(today - 1 - days_back, today + int(sport.listed_days) + 2)
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
        self, life: Life, book: SimulatedBook, instant: int, markets: Set[str]
    ) -> BookBoard | None:
        updated = self._last_update(life, book, instant)
        if instant - updated > STALE_AFTER or not self._offers(life, book, updated):
            return None
        belief = self._opinion(life, book, updated)
        if max(belief.sides()) > _SHUT_AT:
            return None
        boards = tuple(
            board
            for market in sorted(markets)
            if (board := self._market_board(life, book, market, updated, belief)) is not None
        )
        return BookBoard(book, updated, boards) if boards else None

    def _last_update(self, life: Life, book: SimulatedBook, instant: int) -> int:
        labels = (self.seed, life.fixture.event_id, book.key)
        hour = instant // _HOUR
        if noise.uniform(*labels, "hangs", hour) < _HANG_SHARE:
            begin = hour * _HOUR + noise.between(0, 1_200, *labels, "hangs from", hour)
            if begin <= instant < begin + noise.between(300, 2_400, *labels, "for", hour):
                instant = int(begin)
        phase = int(book.cadence * noise.uniform(*labels, "phase"))
        return phase + (instant - phase) // book.cadence * book.cadence

    def _offers(self, life: Life, book: SimulatedBook, updated: int) -> bool:
        labels = (self.seed, life.fixture.event_id, book.key)
        opened = life.listed + _HOUR * book.opening_hours * 2 * noise.uniform(*labels, "opens")
        return updated >= opened and noise.uniform(*labels, "offers") < book.presence

    def _opinion(self, life: Life, book: SimulatedBook, updated: int) -> Belief:
        """The truth as this book sees it: late, and through its own eyes."""
        lag = book.lag / 10 if updated >= life.start else book.lag
        labels = (self.seed, life.fixture.event_id, book.key, "opinion")
        spell = int(updated / (_OPINION_HOURS * _HOUR) + noise.uniform(*labels))
        return life.belief(updated - lag).shifted(
            book.disagreement * life.sport.margin_sd * noise.normal(*labels, "margin", spell),
            book.disagreement * life.sport.total_sd * noise.normal(*labels, "total", spell),
        )

    def _market_board(
        self, life: Life, book: SimulatedBook, market: str, updated: int, belief: Belief
    ) -> MarketBoard | None:
        if self._withheld(life, book, market, updated):
            return None
        pricer = _PRICERS.get(market)
        outcomes = (
            pricer(life, book, belief)
            if pricer
            else price(market, Ask(life, book, belief, updated))
        )
        late = noise.uniform(self.seed, book.key, market, updated) < 0.2
        return MarketBoard(market, updated - late, outcomes) if outcomes else None

    def _withheld(self, life: Life, book: SimulatedBook, market: str, updated: int) -> bool:
        labels = (self.seed, life.fixture.event_id, book.key, market)
        if noise.uniform(*labels, "withheld") > _MARKET_PRESENCE:
            return True
        spell = updated // 120
        return updated >= life.start and noise.uniform(*labels, "shut", spell) < _SUSPENDED_SHARE


def _h2h(life: Life, book: SimulatedBook, belief: Belief) -> tuple[PricedOutcome, ...]:
    implied = with_overround(belief.sides(), book.overround)
    names = (life.fixture.home_team, life.fixture.away_team, _DRAW)
    outcomes = [
        PricedOutcome(name, shown(chance, book.ladder))
        for name, chance in zip(names, implied, strict=False)
    ]
    return (*sorted(outcomes[:2], key=_by_name), *outcomes[2:])


def _h2h_lay(life: Life, book: SimulatedBook, belief: Belief) -> tuple[PricedOutcome, ...]:
    if not book.lays:
        return ()
    return tuple(
        PricedOutcome(back.name, round(back.price * _LAY_SPREAD + 0.01, 2))
        for back in _h2h(life, book, belief)
    )


def _spreads(life: Life, book: SimulatedBook, belief: Belief) -> tuple[PricedOutcome, ...]:
    point = _half_step(-belief.fair_margin())
    home, away = life.fixture.home_team, life.fixture.away_team
    sides = _line(book, belief.cover(point), (home, point), (away, 0.0 - point))
    return tuple(sorted(sides, key=_by_name))


def _totals(life: Life, book: SimulatedBook, belief: Belief) -> tuple[PricedOutcome, ...]:
    point = _half_step(belief.fair_total())
    return _line(book, belief.over(point), ("Over", point), ("Under", point))


def _line(
    book: SimulatedBook, chance: float, one: tuple[str, float], other: tuple[str, float]
) -> tuple[PricedOutcome, ...]:
    """Both sides of a line, the first of which comes in with this chance."""
    if not 1.0 - _SHUT_AT < chance < _SHUT_AT:
        return ()
    implied = with_overround((chance, 1.0 - chance), book.line_overround)
    return tuple(
        PricedOutcome(name, shown(share, book.ladder), point)
        for (name, point), share in zip((one, other), implied, strict=True)
    )


_PRICERS = {"h2h": _h2h, "h2h_lay": _h2h_lay, "spreads": _spreads, "totals": _totals}


def _by_name(outcome: PricedOutcome) -> str:
    return outcome.name


def _half_step(value: float) -> float:
    """The nearest multiple of a half; a plain zero where it would be a negative one."""
    return round(value * 2) / 2 + 0.0
