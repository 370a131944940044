"""From the keys people use to the numbers that derived tables carry, for whole columns.

Belongs here: looking them up. Does not belong here: making new ones (``dimensions``): what is
derived speaks of what is stored, but for books and markets that were asked for and never came.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.storage import locks
from odds_pipeline.storage.dimensions import Dimensions, Stated

Connection = psycopg.Connection[Any]


class Numbers(NamedTuple):
    """Numbers by key: of events, bookmakers, markets and names."""

    events: Mapping[str, int]
    bookmakers: Mapping[str, int]
    markets: Mapping[str, int]
    names: Mapping[str, int]


def numbers(conn: Connection, events: Iterable[str], names: Iterable[str | None]) -> Numbers:
    """The numbers of some events and names, and of every bookmaker and market."""
    named = sorted({name for name in names if isinstance(name, str)})
    return Numbers(
        _by_key(
            conn,
            "SELECT event_id, event_no FROM event_ids WHERE event_id = ANY(%s)",
            [sorted(set(events))],
        ),
        _by_key(conn, "SELECT bookmaker_key, bookmaker_id FROM bookmakers", []),
        _by_key(conn, "SELECT market_key, market_id FROM markets", []),
        _by_key(conn, "SELECT name, name_id FROM names WHERE name = ANY(%s)", [named]),
    )


def with_absent(
    conn: Connection, known: Numbers, bookmakers: Iterable[str], markets: Iterable[str]
) -> Numbers:
    """The numbers with those of books and markets that were expected and never seen."""
    lacking = Stated(
        bookmakers=dict.fromkeys(set(bookmakers) - known.bookmakers.keys()),
        markets=set(markets) - known.markets.keys(),
    )
    if not lacking.bookmakers and not lacking.markets:
        return known
    locks.take(conn, locks.NORMALISER)
    made = Dimensions()
    made.resolve(conn, lacking)
    return known._replace(
        bookmakers={**known.bookmakers, **made.bookmaker_ids},
        markets={**known.markets, **made.market_ids},
    )


def _by_key(conn: Connection, query: str, values: Sequence[object]) -> Mapping[str, int]:
    return dict(conn.execute(query, values).fetchall())
