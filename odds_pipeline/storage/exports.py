# ruff: noqa: S608  (every text here is a constant of this module; values are bound)
"""What can be taken out of the database: a closed list of queries, streamed in batches.

Belongs here: the queries and the cursor. Does not belong here: files (``services.export``).

Every query binds the same values: ``start``, ``end``, ``event``, ``sport`` and ``known_by``, each
null when it is not asked for. Rows come in a fixed order, so that the same question on the same
data gives the same bytes. Large ones are asked day by day, which bounds the server's memory too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

import psycopg
from psycopg import sql

from odds_pipeline.storage.readers.events import EVENTS

Connection = psycopg.Connection[Any]
ALL = frozenset({"start", "end", "event", "sport", "known_by"})
BATCH = 20_000
_LARGE_ROWS = 500  # rows that carry whole documents
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Selection:
    """One thing to export.

    Args:
        query: its rows, in no order; a constant of this module.
        order: the columns that order them.
        filters: which of the values it takes.
        as_of: the query for a stated ``known_by``, where a condition is not enough.
        by_day: whether it is asked for each UTC day with captures.
        batch: rows held at once.
    """

    query: str
    order: tuple[str, ...]
    filters: frozenset[str] = ALL
    as_of: str | None = None
    by_day: bool = False
    batch: int = BATCH


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows: times UTC in [start, end), null for all."""

    start: datetime | None = None
    end: datetime | None = None
    event: str | None = None
    sport: str | None = None
    known_by: datetime | None = None

    def values(self) -> dict[str, object]:
        """The values to bind."""
        return {
            "start": self.start,
            "end": self.end,
            "event": self.event,
            "sport": self.sport,
            "known_by": self.known_by,
        }


def _within(column: str) -> str:
    return (
        f"(%(start)s::timestamptz IS NULL OR {column} >= %(start)s)"
        f" AND (%(end)s::timestamptz IS NULL OR {column} < %(end)s)"
    )


def _known(column: str) -> str:
    return f"(%(known_by)s::timestamptz IS NULL OR {column} <= %(known_by)s)"


_EVENT = "(%(event)s::text IS NULL OR event_id = %(event)s)"
_SPORT = "(%(sport)s::text IS NULL OR sport_key = %(sport)s)"
_SPORT_OF_EVENT = """(%(sport)s::text IS NULL OR event_id IN (
    SELECT event_id FROM event_ids JOIN sports USING (sport_id) WHERE sport_key = %(sport)s))"""
# One day: a plain range, by which the planner leaves other months out.
_DAY_OF_ODDS = "odds_timestamp >= %(start)s AND odds_timestamp < %(end)s"
_DAY_OF_SNAPSHOTS = "snapshot_time >= %(start)s AND snapshot_time < %(end)s"

# The view `odds` with what was known by a time only; a test holds the two together.
_ODDS_AS_OF = f"""
SELECT
    hashtextextended(concat_ws('|', s.snapshot_id, q.selection_id), 0) AS id,
    e.event_id, b.bookmaker_key, b.title AS bookmaker_title, mk.market_key,
    o.name AS outcome_name, d.name AS description, american(q.price) AS price, q.point,
    s.capture_time AS odds_timestamp,
    last_update_of(s.capture_time, s.ages, s.far_ages, a.place) AS last_update,
    s.known_time AS created_at,
    coalesce(l.severe IS NOT TRUE, true) AS is_valid,
    l.notes AS validation_notes,
    q.price AS decimal_price
FROM snapshots s
JOIN event_ids e USING (event_no)
JOIN sports sp USING (sport_id)
JOIN layouts y USING (layout_id)
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (x.selection_id) x.selection_id, x.price, x.point, x.state
    FROM quotes x
    WHERE x.event_no = s.event_no
      AND x.capture_time <= s.capture_time
      AND x.capture_time >= date_trunc('day', s.capture_time, 'UTC')
      AND x.known_time <= %(known_by)s
    ORDER BY x.selection_id, x.capture_time DESC, x.known_time DESC
) q
JOIN selections sel USING (selection_id)
JOIN bookmakers b USING (bookmaker_id)
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = sel.outcome_id
LEFT JOIN names d ON d.name_id = sel.description_id
CROSS JOIN LATERAL (
    SELECT array_position(y.pairs, sel.bookmaker_id::integer * 65536 + sel.market_id) AS place
) a
CROSS JOIN LATERAL (
    SELECT bool_or(v.severity <> 'warning') AS severe,
        string_agg(v.description, '; ' ORDER BY v.id) AS notes
    FROM data_quality_logs v
    WHERE v.event_id = e.event_id AND v.snapshot_time = s.capture_time
      AND v.bookmaker_key = b.bookmaker_key AND v.market_key = mk.market_key
      AND coalesce(v.outcome_name, o.name) = o.name AND v.resolution IS NULL
      AND v.created_at <= %(known_by)s
) l
WHERE q.state = 0
  AND s.capture_time >= %(start)s AND s.capture_time < %(end)s
  AND s.known_time <= %(known_by)s
  AND {_EVENT} AND {_SPORT}
  AND NOT s.unlisted
  AND s.ages[a.place] <> -32768
  AND NOT EXISTS (
      SELECT FROM snapshots v
      WHERE v.event_no = s.event_no AND v.capture_time = s.capture_time
        AND v.scope_id = s.scope_id AND v.known_time > s.known_time
        AND v.known_time <= %(known_by)s
  )
"""

SELECTIONS: Mapping[str, Selection] = MappingProxyType(
    {
        "odds": Selection(
            f"SELECT * FROM odds WHERE {_DAY_OF_ODDS} AND {_EVENT} AND {_SPORT_OF_EVENT}",
            ("odds_timestamp", "event_id", "bookmaker_key", "market_key", "id"),
            as_of=_ODDS_AS_OF,
            by_day=True,
        ),
        "events": Selection(
            f"SELECT * FROM ({EVENTS}) found WHERE (%(event)s::text IS NULL OR id = %(event)s)",
            ("commence_time", "id"),
        ),
        "odds_snapshots": Selection(
            f"""SELECT * FROM odds_snapshots
            WHERE {_DAY_OF_SNAPSHOTS} AND {_EVENT} AND {_SPORT_OF_EVENT} AND {_known("known_time")}
            """,
            ("snapshot_time", "event_id", "known_time", "id"),
            by_day=True,
            batch=_LARGE_ROWS,
        ),
        "data_quality_logs": Selection(
            f"""SELECT * FROM data_quality_logs
            WHERE {_within("(partition::timestamp AT TIME ZONE 'UTC')")}
              AND {_EVENT} AND {_SPORT_OF_EVENT} AND {_known("created_at")}""",
            ("partition", "id"),
        ),
        "fetch_logs": Selection(
            f"""SELECT f.*, (
                SELECT key_fingerprint FROM credit_ledger l
                WHERE l.call_id = f.call_id AND l.entry = 'reserved'
            ) AS key_fingerprint
            FROM fetch_logs f
            WHERE {_within("fetch_time")} AND {_SPORT} AND {_known("fetch_time")}""",
            ("fetch_time", "id"),
            ALL - {"event"},
        ),
        "slots": Selection(
            f"SELECT * FROM slots WHERE {_within('slot_time')} AND {_SPORT}",
            ("slot_time", "slot_id"),
            frozenset({"start", "end", "sport"}),
        ),
        "credit_ledger": Selection(
            f"""SELECT * FROM credit_ledger
            WHERE {_within("entered_at")} AND {_SPORT} AND {_known("entered_at")}""",
            ("entry_id",),
            ALL - {"event"},
        ),
        "quarantine": Selection(
            f"""SELECT * FROM quarantine
            WHERE {_within("coalesce(capture_time, created_at)")}
              AND {_EVENT} AND {_SPORT_OF_EVENT} AND {_known("created_at")}""",
            ("id",),
        ),
        "raw_responses": Selection(
            f"""SELECT r.*, encode(r.sha256, 'hex') AS digest, b.body
            FROM raw_responses r JOIN raw_bodies b USING (raw_id, known_time)
            WHERE {_within("received_at")} AND {_known("known_time")}""",
            ("raw_id",),
            frozenset({"start", "end", "known_by"}),
            batch=20,
        ),
    }
)


def stream(
    conn: Connection, what: str, columns: Sequence[str], asked: Asked
) -> Iterator[list[tuple[Any, ...]]]:
    """Batches of rows, never more than the selection's batch in memory.

    Call inside one transaction; ``freeze`` makes it see one state of the database.

    Args:
        conn: our database.
        what: a name of ``SELECTIONS``.
        columns: names of its columns, in the order wanted.
        asked: which rows.
    """
    selection = SELECTIONS[what]
    query = selection.query if asked.known_by is None else selection.as_of or selection.query
    text = sql.SQL("SELECT {} FROM ({}) q ORDER BY {}").format(
        _names(columns),
        sql.SQL(query),  # a constant of this module
        _names(selection.order),
    )
    for values in _parts(conn, selection, asked):
        with conn.cursor(name="export", binary=True) as cursor:
            cursor.itersize = selection.batch
            cursor.execute(text, values)
            while rows := cursor.fetchmany(selection.batch):
                yield rows


def freeze(conn: Connection) -> None:
    """Let the rest of this transaction see one state of the database; call it first of all."""
    conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    # All rows are wanted, so the fastest plan for all is, not the one that starts first.
    conn.execute("SET LOCAL cursor_tuple_fraction = 1")


def _parts(conn: Connection, selection: Selection, asked: Asked) -> Iterator[dict[str, object]]:
    values = asked.values()
    if selection.by_day:
        for day in _days(conn, asked):
            start = datetime.combine(day, time(), UTC)
            within = {
                "start": max(start, asked.start or start),
                "end": min(start + _DAY, asked.end or start + _DAY),
            }
            yield values | within
        return
    if selection.query.find("%(at)s") >= 0:
        # Events are stated as of a time, and within bounds.
        values |= {
            "at": asked.known_by or datetime.now(UTC),
            "known_by": asked.known_by or datetime.now(UTC),
            "start": asked.start or datetime(1, 1, 2, tzinfo=UTC),
            "end": asked.end or datetime(9999, 12, 30, tzinfo=UTC),
        }
    yield values


def _days(conn: Connection, asked: Asked) -> list[date]:
    rows = conn.execute(
        f"""SELECT DISTINCT (capture_time AT TIME ZONE 'UTC')::date FROM captures
        WHERE kind = 'odds' AND {_within("capture_time")} ORDER BY 1""",
        asked.values(),
    )
    return [row[0] for row in rows]


def _names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
