"""Lays archived rows under a reader, so that the same SQL finds them where it finds hot ones.

Belongs here: which archives an answer needs, loading their rows, the views that unite both. Does
not belong here: the answers (``storage.readers``), writing archives.

The rows of the asked events come from Parquet into temporary tables, and temporary views named
``quotes`` and ``snapshots`` unite them with the hot ones until the transaction ends; a second pair
of tables takes what merged events bring (``readers.united``). While nothing is archived this costs
one look at an empty table. Reading in a transaction marked read-only is not possible where archives
are needed: it may not make temporary tables.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from psycopg import sql

from odds_pipeline.storage.archive import facts
from odds_pipeline.storage.archive.manifest import QUOTES, SNAPSHOTS
from odds_pipeline.storage.archive.needed import anything
from odds_pipeline.storage.archive.write import read_facts

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc

Connection = psycopg.Connection[Any]

_FACTS = (QUOTES, SNAPSHOTS)

_NEEDED = """
SELECT a.archive_id, a.kind, a.path, array_agg(e.event_no)
FROM archives a JOIN archived_events e USING (archive_id)
WHERE e.event_no = ANY(%(events)s) AND a.kind = ANY(%(kinds)s) AND a.superseded_at IS NULL
  AND (%(until)s::timestamptz IS NULL OR a.min_capture <= %(until)s)
  AND (%(since)s::timestamptz IS NULL OR a.max_capture >= %(since)s)
GROUP BY a.archive_id, a.kind, a.path
"""

_STARTING = """
SELECT a.archive_id, a.kind, a.path, array_agg(e.event_no)
FROM archives a JOIN archived_events e USING (archive_id)
WHERE a.kind = 'snapshots' AND a.superseded_at IS NULL AND a.min_capture <= %(at)s
  AND e.event_no IN (
      SELECT event_no FROM archived_events
      WHERE min_commence < %(end)s AND max_commence >= %(start)s
  )
GROUP BY a.archive_id, a.kind, a.path
"""


class _Needed(NamedTuple):
    archive_id: int
    kind: str
    path: str
    events: list[int]


def thaw(
    conn: Connection,
    events: str | Iterable[str | int],
    at: datetime | None = None,
    since: datetime | None = None,
    kinds: Sequence[str] = _FACTS,
) -> None:
    """Make the archived rows of some events readable until the transaction ends.

    Args:
        conn: a connection inside a transaction that may write.
        events: event id, or ids, or numbers.
        at: market time after which nothing is read; default none.
        since: market time before which nothing is read; default none.
        kinds: quotes, snapshots or both.

    Raises:
        StorageError: a file is missing or damaged.
    """
    if not anything(conn):
        return
    numbers = _numbers(conn, [events] if isinstance(events, str) else list(events))
    rows = conn.execute(
        _NEEDED, {"events": numbers, "kinds": list(kinds), "until": at, "since": since}
    )
    _load(conn, [_Needed(*row) for row in rows.fetchall()])


def thaw_starting(
    conn: Connection, start: datetime, end: datetime, at: datetime, known_by: datetime
) -> None:
    """Make every archived snapshot of events that may start in [start, end) readable.

    All at or before ``at`` and known by ``known_by``: a status needs what came before the last.

    Raises:
        StorageError: a file is missing or damaged.
    """
    if not anything(conn):
        return
    found = conn.execute(_STARTING, {"start": start, "end": end, "at": at}).fetchall()
    needed = [_Needed(*row) for row in found]
    if needed:
        lay(conn)
    for one in _unloaded(conn, needed):
        _put_once(conn, SNAPSHOTS, _until(one, at, known_by))


def thaw_day(conn: Connection, day: date) -> None:
    """Make a UTC day's archived rows readable, through the view ``odds`` too.

    Raises:
        StorageError: a file is missing or damaged.
    """
    if not anything(conn):
        return
    rows = conn.execute(
        """SELECT archive_id, kind, path, '{}'::integer[] FROM archives
        WHERE superseded_at IS NULL AND kind = ANY(%s) AND month = date_trunc('month', %s::date)""",
        (list(_FACTS), day),
    )
    needed = [_Needed(*row) for row in rows.fetchall()]
    if not needed:
        return
    lay(conn)
    for one in needed:
        _put_once(conn, one.kind, read_facts(Path(one.path), one.kind, _within(day)))
    _lay_odds(conn)


def _within(day: date) -> "pc.Expression":
    import pyarrow as pa
    import pyarrow.compute as pc

    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    since, until = (
        pa.scalar(moment, pa.timestamp("us", "UTC"))
        for moment in (start, start + timedelta(days=1))
    )
    return (pc.field("capture_time") >= since) & (pc.field("capture_time") < until)


def _lay_odds(conn: Connection) -> None:
    """Put the views of prices over the united tables in the way of themselves."""
    row = conn.execute("SELECT to_regclass('pg_temp.odds'), current_setting('search_path')")
    present, path = row.fetchone() or (None, "")
    if present is not None:
        return
    for view in ("stored_odds", "odds"):  # the second reads the first
        # Where its tables are the first ones found, its text does not name their schema.
        conn.execute("SELECT set_config('search_path', 'public, pg_temp', true)")
        text = conn.execute(
            "SELECT pg_get_viewdef(('public.' || %s)::regclass)", (view,)
        ).fetchone()
        conn.execute("SELECT set_config('search_path', %s, true)", (path,))
        assert text is not None
        conn.execute(f"CREATE TEMP VIEW {view} AS {text[0]}".encode())


@contextmanager
def thawed(
    conn: Connection, events: Iterable[int], since: datetime, whole: Iterable[int]
) -> Iterator[None]:
    """Archived rows of events since a moment, for the length of the block.

    Args:
        conn: a connection inside a transaction.
        events: event numbers.
        since: capture time before which nothing is read.
        whole: those of them of which every snapshot is needed.
    """
    if not anything(conn):
        yield
        return
    thaw(conn, list(events), since=since)
    thaw(conn, list(whole), kinds=(SNAPSHOTS,))
    yield
    refreeze(conn)


def refreeze(conn: Connection) -> None:
    """Take archived rows away again, so that the tables can be written."""
    if _laid(conn):
        conn.execute(
            "DROP TABLE thawed_events, thawed_quotes, thawed_snapshots, merged_quotes, "
            "merged_snapshots CASCADE"
        )
        conn.execute(
            "SELECT set_config('search_path', "
            "regexp_replace(current_setting('search_path'), '^pg_temp, ', ''), true)"
        )


def _numbers(conn: Connection, events: Sequence[str | int]) -> list[int]:
    ids = [event for event in events if isinstance(event, str)]
    numbers = [event for event in events if isinstance(event, int)]
    if ids:
        rows = conn.execute("SELECT event_no FROM event_ids WHERE event_id = ANY(%s)", (ids,))
        numbers += [row[0] for row in rows]
    return numbers


def _laid(conn: Connection) -> bool:
    row = conn.execute("SELECT to_regclass('pg_temp.thawed_events') IS NOT NULL").fetchone()
    return row is not None and bool(row[0])


def lay(conn: Connection) -> None:
    """Put empty tables and the views over them in the readers' way."""
    if _laid(conn):
        return
    conn.execute(
        "CREATE TEMP TABLE thawed_events (archive_id integer, event_no integer, "
        "PRIMARY KEY (archive_id, event_no)) ON COMMIT DROP"
    )
    for kind in _FACTS:
        names = {
            "kind": sql.Identifier(kind),
            "hot": sql.Identifier("public", kind),
            "cold": sql.Identifier(f"thawed_{kind}"),
            "merged": sql.Identifier(f"merged_{kind}"),
        }
        for table in ("cold", "merged"):
            conn.execute(
                sql.SQL(
                    "CREATE TEMP TABLE {table} (LIKE {hot} INCLUDING DEFAULTS INCLUDING INDEXES) "
                    "ON COMMIT DROP"
                ).format(table=names[table], **names)
            )
        conn.execute(
            sql.SQL(
                "CREATE TEMP VIEW {kind} AS SELECT * FROM {hot} "
                "UNION ALL SELECT * FROM pg_temp.{cold} UNION ALL SELECT * FROM pg_temp.{merged}"
            ).format(**names)
        )
    # Named first, so that statements prepared on this connection are read anew.
    conn.execute(
        "SELECT set_config('search_path', 'pg_temp, ' || current_setting('search_path'), true)"
    )


def _unloaded(conn: Connection, needed: Sequence[_Needed]) -> list[_Needed]:
    """What of it is not there yet."""
    if not needed:
        return []
    done = set(conn.execute("SELECT archive_id, event_no FROM thawed_events").fetchall())
    left = [
        one._replace(events=[n for n in one.events if (one.archive_id, n) not in done])
        for one in needed
    ]
    return [one for one in left if one.events]


def _load(conn: Connection, needed: Sequence[_Needed]) -> None:
    import pyarrow.compute as pc

    if needed:
        lay(conn)
    for archive_id, kind, path, events in _unloaded(conn, needed):
        rows = read_facts(Path(path), kind, pc.field("event_no").isin(events))
        _make_way(conn, kind, rows)
        facts.put(conn, kind, f"thawed_{kind}", rows)
        conn.execute("INSERT INTO thawed_events SELECT %s, unnest(%s::int[])", (archive_id, events))


def _make_way(conn: Connection, kind: str, rows: "pa.Table") -> None:
    """Forget rows of which an earlier question of the transaction may have put some there."""
    import pyarrow.compute as pc

    span = pc.min_max(rows["capture_time"]).as_py()
    conn.execute(
        sql.SQL(
            "DELETE FROM {} WHERE event_no = ANY(%s) AND capture_time BETWEEN %s AND %s"
        ).format(sql.Identifier(f"thawed_{kind}")),
        (pc.unique(rows["event_no"]).to_pylist(), span["min"], span["max"]),
    )


def _until(one: _Needed, at: datetime, known_by: datetime) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.compute as pc

    time = pa.timestamp("us", "UTC")
    return read_facts(
        Path(one.path),
        SNAPSHOTS,
        pc.field("event_no").isin(one.events)
        & (pc.field("capture_time") <= pa.scalar(at, time))
        & (pc.field("known_time") <= pa.scalar(known_by, time)),
    )


def _put_once(conn: Connection, kind: str, rows: "pa.Table") -> None:
    """Add rows of which some may be there."""
    table = sql.Identifier(f"thawed_{kind}")
    conn.execute(
        sql.SQL("CREATE TEMP TABLE arriving (LIKE pg_temp.{}) ON COMMIT DROP").format(table)
    )
    facts.put(conn, kind, "arriving", rows)
    conn.execute(
        sql.SQL("INSERT INTO {} SELECT * FROM arriving ON CONFLICT DO NOTHING").format(table)
    )
    conn.execute("DROP TABLE arriving")
