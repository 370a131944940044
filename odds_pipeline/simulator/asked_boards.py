"""Which boards a call asks for: its bookmakers or regions, and its markets.

Belongs here: reading and validating ``regions``, ``bookmakers`` and ``markets``. Does not belong
here: the other parameters (``parameters``), answering. Every function raises ``Refusal``.
"""

import re
from dataclasses import dataclass

from odds_pipeline.catalog.bookmakers import BOOKMAKERS
from odds_pipeline.catalog.markets import MARKETS
from odds_pipeline.simulator.books import REGIONS, SIMULATED_BOOKS
from odds_pipeline.simulator.credits import region_count
from odds_pipeline.simulator.lifetimes import regions_of
from odds_pipeline.simulator.parameters import Query, listed, refuse_others
from odds_pipeline.simulator.refusals import Refusal, WrongEndpoint
from odds_pipeline.simulator.snapshots import states_event_markets

OUTRIGHTS = frozenset({"outrights", "outrights_lay"})
_FEATURED = frozenset(key for key, market in MARKETS.items() if market.featured)
# Keys the provider serves by event only: props, alternates, periods and their like.
_BY_EVENT = re.compile(
    r"(player|batter|pitcher)_[a-z0-9_]+"
    r"|(alternate_)?(h2h|h2h_3_way|spreads|totals|team_totals)"
    r"(_(q[1-4]|h[12]|p[1-3]|1st_[1357]_innings))?"
    r"|btts|draw_no_bet|double_chance"
)


@dataclass(frozen=True, slots=True)
class BookFilter:
    """Which books are asked for, and how many regions they are billed as."""

    books: frozenset[str]
    regions_billed: int


@dataclass(frozen=True, slots=True)
class BoardFilter(BookFilter):
    """Which boards are asked for."""

    markets: frozenset[str]


def asked_books(query: Query) -> BookFilter:
    """``bookmakers``, or else ``regions``."""
    named, regions = listed(query, "bookmakers"), listed(query, "regions")
    if not named and not regions:
        raise Refusal("MISSING_REGION")
    refuse_others("INVALID_REGION", regions, frozenset(REGIONS))
    refuse_others("INVALID_BOOKMAKERS", named, BOOKMAKERS.keys() | SIMULATED_BOOKS.keys())
    books = named or {key for key in SIMULATED_BOOKS if not regions.isdisjoint(regions_of(key))}
    return BookFilter(frozenset(books), region_count(len(regions), len(named)))


def featured_boards(query: Query, *, outright: bool) -> BoardFilter:
    """Boards of the sport-wide endpoint: it refuses markets that are served by event."""
    boards = event_boards(query, outright=outright)
    if by_event := boards.markets - _FEATURED:
        raise WrongEndpoint(", ".join(sorted(by_event)))
    return boards


def event_boards(query: Query, *, outright: bool) -> BoardFilter:
    """Boards of the single-event endpoint: markets of any kind, h2h (or outrights) by default."""
    books = asked_books(query)
    markets = _markets(query, "outrights" if outright else "h2h")
    if outright and (games := (markets & _FEATURED) - OUTRIGHTS):
        raise Refusal("INVALID_MARKET_COMBO", ", ".join(sorted(games)))
    return BoardFilter(books.books, books.regions_billed, markets)


def refuse_before_its_time(boards: BoardFilter, snapshot: int) -> None:
    """Refuse markets of which no snapshot was taken yet."""
    by_event = boards.markets - _FEATURED
    if by_event and not states_event_markets(snapshot):
        raise Refusal("HISTORICAL_MARKETS_UNAVAILABLE_AT_DATE", ", ".join(sorted(by_event)))


def _markets(query: Query, default: str) -> frozenset[str]:
    if "markets" not in query:
        return frozenset({default})
    asked = listed(query, "markets")
    if not asked:
        raise Refusal("MISSING_MARKET")
    known = {key for key in asked if key in MARKETS or _BY_EVENT.fullmatch(key)}
    refuse_others("INVALID_MARKET", asked, known)
    return frozenset(asked)
