"""The bookmakers the platform knows more about than their key.

A bookmaker is one entry; an unlisted key is collected and kept all the same. Book keys come and
go over the years, so they are data, never an enum.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class BookClass(StrEnum):
    """How a book prices: decides which overround band is plausible."""

    RETAIL = "retail"
    SHARP = "sharp"
    EXCHANGE = "exchange"
    AGGREGATE = "aggregate"  # a figure over many books: nobody can bet at it


@dataclass(frozen=True, slots=True)
class Bookmaker:
    """One bookmaker.

    Args:
        key: the provider's key.
        title: display name.
        regions: provider regions that list it; empty when none does today.
        book_class: retail, sharp or exchange.
        in_feed: False for a book known to be absent from the feed today: missing is expected.
        commission: share of net winnings it keeps, by its standard tariff.
    """

    key: str
    title: str
    regions: tuple[str, ...]
    book_class: BookClass = BookClass.RETAIL
    in_feed: bool = True
    commission: float = 0.0


_BOOKMAKERS = (
    Bookmaker("pinnacle", "Pinnacle", ("eu",), BookClass.SHARP),
    Bookmaker("circasports", "Circa Sports", (), BookClass.SHARP, in_feed=False),
    Bookmaker("draftkings", "DraftKings", ("us",)),
    Bookmaker("fanduel", "FanDuel", ("us",)),
    Bookmaker("betmgm", "BetMGM", ("us",)),
    Bookmaker("williamhill_us", "Caesars", ("us",)),
    Bookmaker("betrivers", "BetRivers", ("us",)),
    Bookmaker("bovada", "Bovada", ("us",)),
    Bookmaker("betonlineag", "BetOnline.ag", ("us",)),
    Bookmaker("betus", "BetUS", ("us",)),
    Bookmaker("fanatics", "Fanatics", ("us",)),
    Bookmaker("lowvig", "LowVig.ag", ("us",), BookClass.SHARP),
    Bookmaker("mybookieag", "MyBookie.ag", ("us",)),
    Bookmaker("ballybet", "Bally Bet", ("us2",)),
    Bookmaker("betanysports", "BetAnySports", ("us2",)),
    Bookmaker("betparx", "betPARX", ("us2",)),
    Bookmaker("espnbet", "ESPN BET", ("us2",)),
    Bookmaker("fliff", "Fliff", ("us2",)),
    Bookmaker("hardrockbet", "Hard Rock Bet", ("us2",)),
    Bookmaker("rebet", "ReBet", ("us2",)),
    Bookmaker("novig", "Novig", ("us_ex",), BookClass.EXCHANGE),
    Bookmaker("prophetx", "ProphetX", ("us_ex",), BookClass.EXCHANGE),
    Bookmaker("betopenly", "BetOpenly", ("us_ex",), BookClass.EXCHANGE),
    Bookmaker("kalshi", "Kalshi", ("us_ex",), BookClass.EXCHANGE),
    Bookmaker("polymarket", "Polymarket", ("us_ex",), BookClass.EXCHANGE),
    Bookmaker("betfair_ex_au", "Betfair", ("au",), BookClass.EXCHANGE, commission=0.05),
    Bookmaker("betfair_ex_uk", "Betfair", ("uk",), BookClass.EXCHANGE, commission=0.05),
    Bookmaker("betfair_ex_eu", "Betfair", ("eu",), BookClass.EXCHANGE, commission=0.05),
    Bookmaker("betfair", "Betfair", ("uk", "eu"), BookClass.EXCHANGE, commission=0.05),
    Bookmaker("matchbook", "Matchbook", ("uk", "eu"), BookClass.EXCHANGE, commission=0.02),
    Bookmaker("smarkets", "Smarkets", ("uk",), BookClass.EXCHANGE, commission=0.02),
    Bookmaker("market_best", "Best of many books", (), BookClass.AGGREGATE, in_feed=False),
    Bookmaker("market_average", "Average of many books", (), BookClass.AGGREGATE, in_feed=False),
    Bookmaker("sbr_consensus", "Archive's line", (), in_feed=False),
)

BOOKMAKERS = MappingProxyType({book.key: book for book in _BOOKMAKERS})
AGGREGATES = tuple(b.key for b in _BOOKMAKERS if b.book_class is BookClass.AGGREGATE)


def book_class(bookmaker_key: str) -> BookClass:
    """The class of a bookmaker; a key the catalog does not know counts as retail."""
    known = BOOKMAKERS.get(bookmaker_key)
    return known.book_class if known is not None else BookClass.RETAIL


def commission(bookmaker_key: str) -> float:
    """The share of net winnings a bookmaker keeps; 0 for a key the catalog does not know."""
    known = BOOKMAKERS.get(bookmaker_key)
    return 0.0 if known is None else known.commission


def covered_by_regions(bookmaker_key: str, regions: tuple[str, ...]) -> bool:
    """Whether a call for these regions answers for this book.

    A book the catalog does not know counts as covered: it was seen in the feed, and only a call
    by region can have shown it.
    """
    known = BOOKMAKERS.get(bookmaker_key)
    return known is None or not known.regions or any(r in regions for r in known.regions)
