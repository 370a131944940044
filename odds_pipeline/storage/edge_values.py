"""What each past opportunity was worth: its result and closing line value, or why there is none.

Belongs here: SQL around ``edge_values``. Does not belong here: what a bet was worth
(``services.market``), groups of them (``edges``).
"""

from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.frames import fetch_frame

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]

_KINDS = {
    "opportunity_id": "text",
    "realised": "float8",
    "unsettled_reason": "text",
    **dict.fromkeys(("clv", "price_ratio", "points_gained"), "float8"),
    "line_moved": "bool",
    "clv_reason": "text",
}

_READ = """
SELECT v.opportunity_id, e.event_id, mk.market_key, g.kind, v.realised, v.unsettled_reason, v.clv,
    v.price_ratio, v.points_gained, v.line_moved, v.clv_reason, v.computed_at
FROM edge_values v
JOIN edges g USING (opportunity_id)
JOIN event_ids e USING (event_no)
JOIN markets mk USING (market_id)
ORDER BY v.opportunity_id
"""


def replace(conn: Connection, found: "pd.DataFrame") -> None:
    """Make the table the given rows.

    Args:
        conn: a connection inside a transaction.
        found: one row an opportunity, with the columns of ``edge_values``; may be empty.
    """
    conn.execute("DELETE FROM edge_values")
    if found.empty:
        return
    columns = {name: _plain(found[name]) for name in _KINDS}
    conn.execute(_INSERT, columns)


_INSERT = f"""
INSERT INTO edge_values ({", ".join(_KINDS)})
SELECT * FROM unnest({", ".join(f"%({name})s::{kind}[]" for name, kind in _KINDS.items())})
"""  # noqa: S608


def edge_values(conn: Connection) -> "pd.DataFrame":
    """What each past opportunity was worth, as it was last worked out."""
    return fetch_frame(conn, _READ, {})


def _plain(column: "pd.Series[Any]") -> list[Any]:
    return column.astype(object).where(column.notna(), None).tolist()
