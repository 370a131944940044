"""The series of some events: what each is about, and its place in an answer's order.

Belongs here: names, and which scopes cover them; both stand in PostgreSQL. Does not belong here:
their prices.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.array_text import array_text

if TYPE_CHECKING:
    from odds_pipeline.storage.readers.archived.search import Ints

Connection = psycopg.Connection[Any]

# In the order of an answer's rows, which is the database's own order of text.
_SERIES = """
SELECT sel.selection_id, sel.bookmaker_id::integer * 65536 + sel.market_id, sel.bookmaker_id,
    sel.market_id, sel.outcome_id, coalesce(sel.description_id, 0), b.bookmaker_key, mk.market_key,
    o.name, d.name
FROM (SELECT DISTINCT selection_id FROM event_selections WHERE event_no = ANY(%(events)s::int[])) x
JOIN selections sel USING (selection_id)
JOIN bookmakers b USING (bookmaker_id)
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = sel.outcome_id
LEFT JOIN names d ON d.name_id = sel.description_id
WHERE (%(bookmakers)s::text[] IS NULL OR b.bookmaker_key = ANY(%(bookmakers)s))
  AND (%(markets)s::text[] IS NULL OR mk.market_key = ANY(%(markets)s))
  AND (%(outcome)s::text IS NULL OR o.name = %(outcome)s)
ORDER BY b.bookmaker_key, mk.market_key, o.name, d.name, sel.line, sel.selection_id
"""

_COVERING = """
SELECT c.scope_id, p.pair
FROM scopes c
CROSS JOIN unnest(%(pairs)s::int[]) AS p(pair)
JOIN bookmakers b ON b.bookmaker_id = p.pair / 65536
JOIN markets mk ON mk.market_id = p.pair %% 65536
WHERE c.scope_id = ANY(%(scopes)s::int[]) AND scope_covers(c, b.bookmaker_key, mk.market_key)
"""


@dataclass(frozen=True)
class AllSeries:
    """Series by rank: their place in an answer's order, from 0.

    Args:
        numbers: one row a column: selection, pair (as in ``layouts``), bookmaker, market,
            outcome, description; 0 for none.
        texts: one row a column: bookmaker, market, outcome, description.
    """

    numbers: "Ints"
    texts: Sequence[Sequence[str | None]]

    @property
    def selection(self) -> "Ints":
        """Selection numbers by rank."""
        found: Ints = self.numbers[0]
        return found

    @property
    def pair(self) -> "Ints":
        """Book's markets by rank."""
        found: Ints = self.numbers[1]
        return found

    @cached_property
    def by_selection(self) -> "Ints":
        """Ranks in the order of selection numbers."""
        import numpy as np

        found: Ints = np.argsort(self.selection)
        return found


def named(
    conn: Connection,
    events: "Ints",
    bookmakers: Iterable[str] | None,
    markets: Iterable[str] | None,
    outcome: str | None,
) -> AllSeries:
    """Every series that any of the events ever had, as far as it is asked for."""
    import numpy as np

    rows = conn.execute(
        _SERIES,
        {
            "events": array_text(events),
            "bookmakers": None if bookmakers is None else list(bookmakers),
            "markets": None if markets is None else list(markets),
            "outcome": outcome,
        },
    ).fetchall()
    columns = list(zip(*rows, strict=True)) or [()] * 10
    return AllSeries(np.array(columns[:6], dtype=np.int64), columns[6:])


def covering(conn: Connection, scopes: "Ints", pairs: "Ints") -> "dict[int, Ints]":
    """For each scope the books' markets that it covers."""
    import numpy as np

    rows = conn.execute(
        _COVERING, {"scopes": array_text(scopes), "pairs": array_text(pairs)}
    ).fetchall()
    found: dict[int, list[int]] = {}
    for scope, pair in rows:
        found.setdefault(scope, []).append(pair)
    return {scope: np.array(covered, dtype=np.int64) for scope, covered in found.items()}
