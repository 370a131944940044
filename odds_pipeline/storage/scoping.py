"""What a scope covers: the one place that says when absence is a removal.

Belongs here: pure rules on ``Scope`` values. Does not belong here: how scopes are stored.
"""

from datetime import datetime, timedelta

import msgspec

from odds_pipeline.catalog.bookmakers import BOOKMAKERS, covered_by_regions
from odds_pipeline.catalog.observations import OddsCapture, Scope

LAY = "_lay"

# A game leaves the feed hours after its start; listings say nothing about older ones.
LISTED_AFTER_START = timedelta(days=2)


def answered(capture: OddsCapture) -> Scope:
    """The scope asked for, widened by what came unasked, and by the lay twins of asked markets.

    Exchanges answer a market with its lay prices unasked, so a lay market that is absent from
    such an answer was withdrawn.
    """
    scope = capture.scope
    bookmakers, markets = scope.bookmakers, scope.markets
    if bookmakers is not None:
        came = {board.bookmaker for event in capture.events for board in event.boards}
        bookmakers = tuple(sorted(came.union(bookmakers)))
    if markets is not None:
        twins = {market + LAY for market in markets if market in {"h2h", "outrights"}}
        came = {board.market for event in capture.events for board in event.boards}
        markets = tuple(sorted(came.union(markets, twins)))
    listing = scope.lists_all_events and capture.listing_complete
    return msgspec.structs.replace(
        scope, bookmakers=bookmakers, markets=markets, lists_all_events=listing
    )


def except_bookmakers(scope: Scope) -> tuple[str, ...] | None:
    """Known bookmakers that a call by region does not answer for; ``None`` without regions."""
    if scope.bookmakers is not None or scope.regions is None:
        return None
    regions = scope.regions
    return tuple(sorted(key for key in BOOKMAKERS if not covered_by_regions(key, regions)))


def covers(scope: Scope, bookmaker: str, market: str) -> bool:
    """Whether this book's market is inside the scope."""
    if scope.markets is not None and market not in scope.markets:
        return False
    if scope.bookmakers is not None:
        return bookmaker in scope.bookmakers
    return scope.regions is None or covered_by_regions(bookmaker, scope.regions)


def covers_start(scope: Scope, commence_time: datetime, capture_time: datetime) -> bool:
    """Whether a listing under this scope would name an event with this stated start."""
    if commence_time < capture_time - LISTED_AFTER_START:
        return False
    if scope.starts_from is not None and commence_time < scope.starts_from:
        return False
    return scope.starts_to is None or commence_time <= scope.starts_to


def overlap(one: Scope, other: Scope) -> bool:
    """Whether the two scopes share a book's market."""
    return _meet(one.markets, other.markets) and _meet(one.bookmakers, other.bookmakers)


def _meet(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> bool:
    return one is None or other is None or not set(one).isdisjoint(other)


def scope_key(scope: Scope) -> str:
    """One text for one scope: equal scopes have equal keys in every process."""
    return msgspec.json.encode(scope).decode()
