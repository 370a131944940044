"""The bookmakers of the simulated market, as data.

Belongs here: how each book prices and how much it takes. Title, regions and class come from the
catalog. Units: overrounds as fractions; lag, cadence in seconds; disagreement in standard
deviations of the game's final margin; opening delay in hours; limits in US dollars of stake.

A book of the catalog that is not listed here (circasports today) may be asked for and never
answers, exactly as at the real provider.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from odds_pipeline.catalog.bookmakers import BOOKMAKERS, BookClass
from odds_pipeline.simulator import noise
from odds_pipeline.simulator.life import Life

_HOUR = 3_600


class Ladder(StrEnum):
    """Which prices a book may show."""

    CENTS_5 = "cents_5"  # American prices in steps of 5, wider away from even
    CENTS_1 = "cents_1"  # every American price
    TICKS = "ticks"  # decimal hundredths, rounded against the backer


@dataclass(frozen=True, slots=True)
class SimulatedBook:
    """One book.

    Args:
        key: the provider's key.
        overround: of its head-to-head market.
        line_overround: of its spreads and totals.
        lag: how late it sees what the market knows; a tenth of it in play.
        cadence: mean seconds between two readings of it; half of it is about the median age.
        disagreement: spread of its own opinion.
        opening_hours: median wait after the listing until it opens a game.
        presence: share of games it prices at all.
        ladder: which prices it may show.
        lays: whether its head-to-head comes with lay prices nobody asked for.
        quarter_lines: whether it splits its soccer lines into quarters.
    """

    key: str
    overround: float
    line_overround: float
    lag: int
    cadence: int
    disagreement: float
    opening_hours: float = 2.0
    presence: float = 0.97
    ladder: Ladder = Ladder.CENTS_5
    lays: bool = False
    quarter_lines: bool = False

    def __hash__(self) -> int:
        # Books are keys of caches, and the key alone tells two of them apart.
        return hash(self.key)

    @property
    def title(self) -> str:
        """Display name."""
        return BOOKMAKERS[self.key].title

    @property
    def regions(self) -> tuple[str, ...]:
        """Provider regions that list it."""
        return BOOKMAKERS[self.key].regions

    @property
    def book_class(self) -> BookClass:
        """Retail, sharp or exchange."""
        return BOOKMAKERS[self.key].book_class


_BOOKS = (
    SimulatedBook(
        "pinnacle",
        0.025,
        0.026,
        5,
        52,
        0.006,
        0.5,
        presence=0.99,
        ladder=Ladder.CENTS_1,
        quarter_lines=True,
    ),
    SimulatedBook("draftkings", 0.044, 0.047, 90, 104, 0.020, 1.0, presence=0.985),
    SimulatedBook("fanduel", 0.043, 0.047, 75, 108, 0.020, 1.0, presence=0.985),
    SimulatedBook("betmgm", 0.046, 0.048, 180, 130, 0.026, 3.0, presence=0.96),
    SimulatedBook("williamhill_us", 0.045, 0.047, 150, 198, 0.024),
    SimulatedBook("betrivers", 0.050, 0.050, 240, 140, 0.028, 4.0, presence=0.85),
    SimulatedBook("bovada", 0.042, 0.046, 300, 408, 0.030, 3.0),
    SimulatedBook("betonlineag", 0.041, 0.045, 60, 80, 0.016, 1.0, quarter_lines=True),
    SimulatedBook(
        "lowvig", 0.028, 0.030, 60, 80, 0.012, 1.0, ladder=Ladder.CENTS_1, quarter_lines=True
    ),
    SimulatedBook("espnbet", 0.052, 0.050, 210, 150, 0.028, 4.0, presence=0.94),
    SimulatedBook(
        "betfair_ex_eu", 0.002, 0.004, 10, 48, 0.010, 0.5, ladder=Ladder.TICKS, lays=True
    ),
)

SIMULATED_BOOKS = MappingProxyType({book.key: book for book in _BOOKS})
REGIONS = ("us", "us2", "us_dfs", "us_ex", "uk", "eu", "fr", "se", "au")


@dataclass(frozen=True, slots=True)
class StakeLimits:
    """The most a class of books takes on one side of a spread, US dollars.

    Args:
        far: a day and more before the start.
        near: in the last hour.
        in_play: once the game has begun.
        step: what a limit is rounded to.
    """

    far: int
    near: int
    in_play: int
    step: int


# A sharp book takes little while its line is young and much at the close; a retail book takes
# about the same all along; on an exchange the limit is what others offer at the price.
STAKE_LIMITS = MappingProxyType(
    {
        BookClass.SHARP: StakeLimits(far=2_000, near=30_000, in_play=5_000, step=250),
        BookClass.RETAIL: StakeLimits(far=1_000, near=3_000, in_play=500, step=50),
        BookClass.EXCHANGE: StakeLimits(far=150, near=12_000, in_play=2_500, step=1),
    }
)
MARKET_SHARES = MappingProxyType(
    {"spreads": 1.0, "h2h": 0.6, "h2h_lay": 0.6, "totals": 0.5}
)  # of the spread's limit
OTHER_MARKETS_SHARE = 0.1  # props, alternate lines, periods
_YOUNG, _OLD = 24 * _HOUR, _HOUR  # before the start


def bet_limit(life: Life, book: SimulatedBook, market: str, instant: int) -> int:
    """The most the book takes on one outcome, US dollars, whole steps of its class.

    It grows steadily from a day to an hour before the start, and falls when play begins. Each
    game has its own size, and what stands on an exchange changes from minute to minute.
    """
    limits = STAKE_LIMITS[book.book_class]
    labels = (life.seed, life.fixture.event_id, book.key, "limit")
    size = MARKET_SHARES.get(market, OTHER_MARKETS_SHARE) * noise.between(0.6, 1.4, *labels)
    if book.book_class is BookClass.EXCHANGE:
        size *= noise.between(0.1, 1.0, *labels, market, instant // 60)
    if instant >= life.start:
        dollars = limits.in_play * size
    else:
        left = min(max(life.start - instant, _OLD), _YOUNG)
        nearness = (_YOUNG - left) / (_YOUNG - _OLD)
        dollars = (limits.far + (limits.near - limits.far) * nearness) * size
    return max(round(dollars / limits.step), 1) * limits.step
