"""What edges are sorted by: one category and any number of tags.

Belongs here: the words. Does not belong here: finding edges (``find``).
"""

from collections.abc import Sequence

from odds_pipeline.catalog.bookmakers import BookClass, book_class
from odds_pipeline.catalog.markets import MARKETS, OutcomeKind

FAVOURITE, LONGSHOT = 1.5, 4.0
LAST_HOUR = 3600.0


def category(market: str, description: str | None) -> str:
    """Game line, alternate line, player prop or outright."""
    known = MARKETS.get(market)
    if description is not None or market.startswith("player_"):
        return "player prop"
    if known is not None and known.outcome_kind is OutcomeKind.MANY:
        return "outright"
    return "alternate line" if market.startswith("alternate_") else "game line"


def tags(
    books: Sequence[str],
    price: float | None,
    *,
    to_start: float,
    doubtful: bool = False,
    before_commission: bool = False,
) -> tuple[str, ...]:
    """What else is true of an edge.

    Args:
        books: of its legs.
        price: of a single bet.
        to_start: seconds before the start.
        doubtful: whether another margin removal would not call it an edge.
        before_commission: whether commission takes all of it.
    """
    classes = {book_class(book) for book in books}
    told = {
        "favourite": price is not None and price <= FAVOURITE,
        "longshot": price is not None and price >= LONGSHOT,
        "exchange": BookClass.EXCHANGE in classes,
        "sharp book": BookClass.SHARP in classes,
        "last hour": to_start < LAST_HOUR,
        "depends on method": doubtful,
        "before commission": before_commission,
    }
    return tuple(name for name, true in told.items() if true)
