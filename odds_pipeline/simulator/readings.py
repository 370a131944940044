"""When the provider last read a book, and when a book shows nothing.

Belongs here: cadences, hangs, openings, suspensions. Does not belong here: what a book believes
or how it prices. Units: Unix seconds UTC; durations in seconds.

The provider reads a book a whole sport at a time, at a cadence with much jitter, so all games of
a sport carry one ``last_update`` of the book; only a game the book has stopped quoting keeps an
older one. Once that is 15 minutes old the book is left out until it comes back.
"""

from functools import lru_cache

from odds_pipeline.simulator import noise
from odds_pipeline.simulator.books import SimulatedBook
from odds_pipeline.simulator.life import Life

STALE_AFTER = 890  # the provider shows nothing older than 15 minutes on arrival
_HOUR = 3_600
_HANG_SHARE = 0.04  # of a book's hours in a game
_HANG_BEGINS, _HANG_LASTS = 1_200, (300, 2_400)
_SPELL = 120
_BOOK_SUSPENDED = 0.04  # of a book's two-minute spells in play
_MARKET_SUSPENDED = 0.03
_MARKET_PRESENCE = 0.985


def last_update(life: Life, book: SimulatedBook, instant: int) -> int:
    """When the book's board for the game was last read."""
    begin, end = _hang(life.seed, life.fixture.event_id, book.key, instant // _HOUR)
    if begin <= instant < end:
        instant = begin
    step = instant // book.cadence
    read = _reading(life.seed, life.fixture.sport_key, book, step)
    return read if read <= instant else _reading(life.seed, life.fixture.sport_key, book, step - 1)


def offers(life: Life, book: SimulatedBook, updated: int) -> bool:
    """Whether the book has opened the game, and has not suspended it."""
    return updated >= _opened(life.seed, life.fixture.event_id, life.listed, book) and not (
        updated >= life.start and _shut(life, book, "book", updated) < _BOOK_SUSPENDED
    )


def shows(life: Life, book: SimulatedBook, market: str, updated: int) -> bool:
    """Whether a book that offers the game shows this market of it."""
    if _withheld(life.seed, life.fixture.event_id, book.key, market):
        return False
    return updated < life.start or _shut(life, book, market, updated) >= _MARKET_SUSPENDED


@lru_cache(maxsize=8192)
def _withheld(seed: int, event_id: str, book: str, market: str) -> bool:
    return noise.uniform(seed, event_id, book, market, "withheld") > _MARKET_PRESENCE


def _shut(life: Life, book: SimulatedBook, what: str, updated: int) -> float:
    spell = updated // _SPELL
    return noise.uniform(life.seed, life.fixture.event_id, book.key, what, "shut", spell)


@lru_cache(maxsize=8192)
def _hang(seed: int, event_id: str, book: str, hour: int) -> tuple[int, int]:
    """When the book hangs on this game in this hour; an empty span when it does not."""
    labels = (seed, event_id, book)
    if noise.uniform(*labels, "hangs", hour) >= _HANG_SHARE:
        return 0, 0
    begin = hour * _HOUR + int(noise.between(0, _HANG_BEGINS, *labels, "hangs from", hour))
    return begin, begin + int(noise.between(*_HANG_LASTS, *labels, "for", hour))


@lru_cache(maxsize=8192)
def _reading(seed: int, sport_key: str, book: SimulatedBook, step: int) -> int:
    """The one reading that falls into this step of the book's cadence."""
    jitter = noise.uniform(seed, sport_key, book.key, "read", step)
    return step * book.cadence + int(jitter * book.cadence)


@lru_cache(maxsize=8192)
def _opened(seed: int, event_id: str, listed: int, book: SimulatedBook) -> float:
    """When the book opens the game; infinite for one it never prices."""
    labels = (seed, event_id, book.key)
    if noise.uniform(*labels, "offers") >= book.presence:
        return float("inf")
    return listed + _HOUR * book.opening_hours * 2 * noise.uniform(*labels, "opens")
