"""What a bookmaker itself calls an event, a market and an outcome, and where it shows them.

Belongs here: links, source ids, rotation numbers and multipliers. Does not belong here: when they
are asked for. All are functions of the provider's own keys. The hosts end in ``.example`` and
lead nowhere.
"""

from odds_pipeline.catalog.bookmakers import BookClass
from odds_pipeline.simulator import noise
from odds_pipeline.simulator.books import SimulatedBook

_ROTATED = frozenset(
    {
        "americanfootball_nfl",
        "americanfootball_ncaaf",
        "baseball_mlb",
        "basketball_nba",
        "basketball_ncaab",
        "basketball_wnba",
        "icehockey_nhl",
    }
)
_UNLINKED = frozenset({"bovada", "lowvig", "circasports"})  # give ids, but no addresses
_MARKETS_WITHOUT_ID = 0.4
_PAIRS = 400  # of rotation numbers, from 101 on
_EVEN_PRICE = 1.9


def source_id(book: SimulatedBook, *labels: str) -> str | None:
    """The book's id of an event (its id), market (its key) or outcome (its name and line)."""
    unstated = len(labels) == 2 and noise.uniform(book.key, labels[1], "id") < _MARKETS_WITHOUT_ID
    return None if unstated else str(noise.bits(book.key, *labels) % 10**9 + 10**9)


def link(book: SimulatedBook, *labels: str) -> str | None:
    """The book's page of an event; of an outcome, the page with it on the slip."""
    if book.key in _UNLINKED or len(labels) == 2:
        return None
    host = f"https://sportsbook.{book.key.replace('_', '-')}.example"
    page = f"{host}/event/{source_id(book, labels[0])}"
    return page if len(labels) == 1 else f"{page}?outcomes={source_id(book, *labels)}"


def rotation_numbers(sport_key: str, event_id: str) -> tuple[int | None, int | None]:
    """(home, away): the away side is odd and comes first; none where a sport has none."""
    if sport_key not in _ROTATED:
        return None, None
    away = 101 + 2 * (noise.bits(event_id, "rotation") % _PAIRS)
    return away + 1, away


def multiplier(book: SimulatedBook, market: str, price: float) -> float | None:
    """What a pick'em entry pays for a player's line, against an even one; else none."""
    if book.book_class is not BookClass.RETAIL or not market.startswith("player_"):
        return None
    return round(price / _EVEN_PRICE, 2)
