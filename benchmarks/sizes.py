"""How many bytes each table takes, partitions, indexes and TOAST included.

Belongs here: PostgreSQL's own sizes, and of which kind a quote row is. Does not belong here: what
they are compared with.
"""

from collections.abc import Mapping
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]

RAW = ("raw_bodies", "raw_responses")
EXPIRING = ("hot_documents",)

# Why each row is there, told from the row before it of the same series.
_KINDS = """
SELECT count(*) FILTER (WHERE state = 0 AND before IS NULL),
    count(*) FILTER (WHERE before IS NOT NULL AND state = before
        AND (price, point) IS NOT DISTINCT FROM (old_price, old_point)),
    count(*) FILTER (WHERE state = 0 AND before = 0
        AND (price, point) IS DISTINCT FROM (old_price, old_point)),
    count(*) FILTER (WHERE state <> 0 AND before = 0),
    count(*) FILTER (WHERE state = 0 AND before <> 0)
FROM (
    SELECT state, price, point, lag(state) OVER w AS before, lag(price) OVER w AS old_price,
        lag(point) OVER w AS old_point
    FROM quotes
    WINDOW w AS (PARTITION BY event_no, selection_id ORDER BY capture_time, known_time)
) told
"""
KINDS = ("first prices", "keyframes", "changes", "removals", "returns")


def of_tables(conn: Connection) -> dict[str, int]:
    """Bytes by table; a partition counts as its parent's."""
    rows = conn.execute(
        """SELECT pg_partition_root(c.oid)::regclass::text AS root,
            sum(pg_total_relation_size(c.oid))::bigint
        FROM pg_class c
        WHERE c.relkind = 'r' AND c.relispartition AND c.relnamespace = 'public'::regnamespace
        GROUP BY root
        UNION ALL
        SELECT c.relname::text, pg_total_relation_size(c.oid)
        FROM pg_class c
        WHERE c.relkind = 'r' AND NOT c.relispartition
          AND c.relnamespace = 'public'::regnamespace"""
    ).fetchall()
    return dict(rows)


def grown(now: Mapping[str, int], empty: Mapping[str, int]) -> dict[str, int]:
    """What came beyond an empty database's pages."""
    return {table: size - empty.get(table, 0) for table, size in now.items()}


def facts(sizes: Mapping[str, int]) -> int:
    """Everything kept but raw: quotes, snapshots with scope and vector, captures, the rest."""
    left_out = (*RAW, *EXPIRING)
    return sum(size for table, size in sizes.items() if table not in left_out)


def quote_rows(conn: Connection) -> dict[str, int]:
    """How many quote rows there are of each kind."""
    row = conn.execute(_KINDS).fetchone()
    assert row is not None
    return dict(zip(KINDS, row, strict=True))


def vectors(conn: Connection) -> int:
    """Bytes of all last_update vectors as stored."""
    row = conn.execute("SELECT sum(pg_column_size(ages)) FROM snapshots").fetchone()
    assert row is not None
    return int(row[0])
