"""Since when, and until when, a sport or a bookmaker is in the feed.

Belongs here: those dates, and regions of books that no region lists any more. Does not belong
here: what they show. Units: Unix seconds UTC.

The dates of the sports are the provider's (its list of sports added); the last day of
Circa Sports is not known, only that it was there in September 2022 and is not today.
"""

from collections.abc import Set
from datetime import UTC, datetime
from types import MappingProxyType

from odds_pipeline.simulator.books import SIMULATED_BOOKS


def _day(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp())


_SPORT_SINCE = MappingProxyType(
    {
        "americanfootball_nfl": _day(2020, 6, 6),
        "basketball_nba": _day(2020, 6, 27),
        "icehockey_nhl": _day(2020, 6, 29),
        "baseball_mlb": _day(2020, 6, 30),
        "basketball_wnba": _day(2022, 5, 21),
        "basketball_nba_summer_league": _day(2025, 7, 5),
    }
)
_BOOK_SINCE = MappingProxyType({"espnbet": _day(2023, 11, 14)})
_BOOK_UNTIL = MappingProxyType({"circasports": _day(2023, 1, 1)})
_FORMER_REGIONS = MappingProxyType({"circasports": ("us",)})


def regions_of(book_key: str) -> tuple[str, ...]:
    """The regions that list a book, or once did."""
    return _FORMER_REGIONS.get(book_key) or SIMULATED_BOOKS[book_key].regions


def has_sport(sport_key: str, instant: int) -> bool:
    """Whether the provider covers a sport at an instant."""
    return instant >= _SPORT_SINCE.get(sport_key, instant)


def books_at(books: Set[str], instant: int) -> frozenset[str]:
    """Those of the books that the feed has at an instant and that are played."""
    return frozenset(
        key
        for key in books & SIMULATED_BOOKS.keys()
        if _BOOK_SINCE.get(key, instant) <= instant < _BOOK_UNTIL.get(key, instant + 1)
    )
