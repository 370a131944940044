"""The series of some events by number, and which scopes cover them: both stand in PostgreSQL.

Belongs here: numbers. Does not belong here: names (``readers.named``), prices.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.array_text import array_text

if TYPE_CHECKING:
    from odds_pipeline.storage.readers.archived.search import Ints
    from odds_pipeline.storage.readers.states import Filters

Connection = psycopg.Connection[Any]

_SERIES = """
SELECT sel.selection_id, sel.bookmaker_id::integer * 65536 + sel.market_id, sel.bookmaker_id,
    sel.market_id, sel.outcome_id, coalesce(sel.description_id, 0)
FROM (SELECT DISTINCT selection_id FROM event_selections WHERE event_no = ANY(%(events)s::int[])) x
JOIN selections sel USING (selection_id)
JOIN bookmakers b USING (bookmaker_id)
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = sel.outcome_id
WHERE (%(bookmakers)s::text[] IS NULL OR b.bookmaker_key = ANY(%(bookmakers)s))
  AND (%(markets)s::text[] IS NULL OR mk.market_key = ANY(%(markets)s))
  AND (%(outcome)s::text IS NULL OR o.name = %(outcome)s)
ORDER BY sel.selection_id
"""

_COVERING = """
SELECT c.scope_id, p.pair
FROM scopes c
CROSS JOIN unnest(%(pairs)s::int[]) AS p(pair)
JOIN bookmakers b ON b.bookmaker_id = p.pair / 65536
JOIN markets mk ON mk.market_id = p.pair %% 65536
WHERE c.scope_id = ANY(%(scopes)s::int[]) AND scope_covers(c, b.bookmaker_key, mk.market_key)
"""


@dataclass(frozen=True, slots=True)
class AllSeries:
    """Series in the order of their selections.

    Args:
        selection: the selections' numbers.
        pair: book's markets, as in ``layouts``.
        key: one row a column: bookmaker, market, outcome, description (0 for none).
    """

    selection: "Ints"
    pair: "Ints"
    key: "Ints"


def series_of(conn: Connection, events: "Ints", filters: "Filters") -> AllSeries:
    """Every series that any of the events ever had, as far as it is asked for."""
    import numpy as np

    values = {"events": array_text(events), **filters._asdict()}
    rows = conn.execute(_SERIES, values).fetchall()
    selection, pair, *key = np.array(rows, dtype=np.int64).reshape(-1, 6).T
    return AllSeries(selection, pair, np.array(key))


def covering(conn: Connection, scopes: "Ints", pairs: "Ints") -> "dict[int, Ints]":
    """For each scope the books' markets that it covers."""
    import numpy as np

    values = {"scopes": array_text(scopes), "pairs": array_text(pairs)}
    found: dict[int, list[int]] = {}
    for scope, pair in conn.execute(_COVERING, values).fetchall():
        found.setdefault(scope, []).append(pair)
    return {scope: np.array(covered, dtype=np.int64) for scope, covered in found.items()}
