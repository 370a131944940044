"""A UTC day of facts made again from raw, beside the stored one.

Belongs here: which documents a day depends on, the stage on which they are applied once more, the
comparison with what is stored and bringing the stored day to it. Does not belong here: reading
raw (``services.rebuild``), the rules of facts (the writer's, which is the only one).

The stage is a set of temporary tables named as the fact tables: they come first in the search
path, so the same writer fills them. Quotes of a day depend on that day's captures alone. That an
event left the feed depends on when it was listed before; so the events that a listing of the day
could miss start with what was known of them before the day's first document, and documents of
earlier days that became known after it are applied as well.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg import sql

from odds_pipeline.storage.archive.facts import put
from odds_pipeline.storage.archive.manifest import BODIES, all_current
from odds_pipeline.storage.archive.thaw import refreeze, thaw
from odds_pipeline.storage.archive.write import read_facts
from odds_pipeline.storage.scoping import LISTED_AFTER_START
from odds_pipeline.storage.timeline import DAY

Connection = psycopg.Connection[Any]

FACTS = ("captures", "snapshots", "quotes", "event_statements")


class Source(NamedTuple):
    """A document to apply once more, under the known time of one of its parses.

    ``parser_version`` is the newest that read it like this; ``said_before`` the known time of what
    a parse before this one said otherwise, if there was one.
    """

    raw_id: int
    known_time: datetime
    parser_version: int
    said_before: datetime | None


class Day(NamedTuple):
    """A UTC day, the documents it depends on, and the events its listings could miss."""

    start: datetime
    sources: list[Source]
    first_known: datetime
    events: list[int]
    since: datetime

    @property
    def end(self) -> datetime:
        """Midnight after it."""
        return self.start + DAY

    def months(self) -> set[tuple[int, int]]:
        """The months whose rows are made on the stage: no tables are to be made for them."""
        days = range((self.end - self.since).days + 1)
        moments = [self.since + DAY * n for n in days]
        return {(moment.year, moment.month) for moment in moments}


class Difference(NamedTuple):
    """Rows of one table that are stored otherwise than raw says."""

    table: str
    missing: int
    surplus: int


def day_of(conn: Connection, start: datetime) -> Day | None:
    """What a day depends on; ``None`` if nothing was captured on it.

    It leaves archived snapshots of the events thawed.
    """
    end = start + DAY
    own = _sources(
        conn,
        """raw_id IN (SELECT raw_id FROM captures WHERE capture_time >= %(start)s
            AND capture_time < %(end)s)""",
        {"start": start, "end": end},
    )
    # Answers received that day of which nothing is noted: whatever they say was lost.
    lost = _sources(
        conn,
        """raw_id IN (SELECT raw_id FROM raw_responses
            WHERE received_at >= %(start)s AND received_at < %(end)s)
        AND NOT EXISTS (SELECT FROM captures c WHERE c.raw_id = n.raw_id)""",
        {"start": start, "end": end},
    )
    own += lost
    if not own:
        return None
    first_known = min(source.known_time for source in own)
    events = _missable(conn, start, any_sport=bool(lost))
    thaw(conn, events, at=end, kinds=("snapshots",))
    row = conn.execute(
        """SELECT array_agg(DISTINCT known_time), min(capture_time) FROM snapshots
        WHERE event_no = ANY(%s) AND capture_time < %s AND known_time >= %s""",
        (events, start, first_known),
    ).fetchone()
    assert row is not None
    late = _sources(
        conn,
        "raw_id IN (SELECT raw_id FROM normalisations WHERE known_time = ANY(%(times)s))",
        {"times": row[0] or []},
    )
    later = {source for source in late if source.known_time >= first_known}
    sources = sorted({*own, *later}, key=lambda source: source.known_time)
    return Day(start, sources, first_known, events, min(start, row[1] or start))


def _sources(conn: Connection, where: LiteralString, values: dict[str, Any]) -> list[Source]:
    rows = conn.execute(
        sql.SQL(
            """SELECT raw_id, known_time, read_by, said_before FROM (
                SELECT raw_id, known_time, status, agrees,
                    max(parser_version) OVER (PARTITION BY raw_id, said) AS read_by,
                    max(known_time) FILTER (WHERE agrees IS NOT TRUE) OVER (
                        PARTITION BY raw_id ORDER BY parser_version
                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                    ) AS said_before
                FROM (
                    SELECT *, count(*) FILTER (WHERE agrees IS NOT TRUE) OVER (
                        PARTITION BY raw_id ORDER BY parser_version
                    ) AS said
                    FROM normalisations n WHERE {}
                ) parses
            ) n
            WHERE agrees IS NOT TRUE AND (status = 'ok' OR agrees IS FALSE)
            ORDER BY known_time"""
        ).format(sql.SQL(where)),
        values,
    )
    return [Source(*row) for row in rows]


def _missable(conn: Connection, start: datetime, any_sport: bool) -> list[int]:
    """Events whose absence from a listing of the day could say something."""
    rows = conn.execute(
        """WITH listings AS MATERIALIZED (
            SELECT sport_id, asked_events FROM captures
            WHERE capture_time >= %(start)s AND capture_time < %(end)s
              AND (listing OR asked_events IS NOT NULL)
        )
        SELECT event_no FROM event_scopes
        WHERE (%(any)s OR sport_id IN (SELECT sport_id FROM listings)) AND first_capture < %(end)s
          AND max_commence >= %(oldest)s
        UNION
        SELECT event_no FROM event_ids
        WHERE event_id IN (SELECT unnest(asked_events) FROM listings)""",
        {"start": start, "end": start + DAY, "oldest": start - LISTED_AFTER_START}
        | {"any": any_sport},
    )
    return [row[0] for row in rows]


def set_stage(conn: Connection, day: Day) -> None:
    """Lay empty fact tables in the writer's way, with what was known before the day."""
    conn.execute(
        """CREATE TEMP TABLE told_before ON COMMIT DROP AS
        SELECT * FROM snapshots
        WHERE event_no = ANY(%(events)s) AND capture_time >= %(since)s
          AND capture_time < %(start)s AND known_time < %(known)s
        UNION ALL (
            SELECT DISTINCT ON (event_no, scope_id, unlisted) * FROM snapshots
            WHERE event_no = ANY(%(events)s) AND capture_time < %(since)s
              AND known_time < %(known)s
            ORDER BY event_no, scope_id, unlisted, capture_time DESC, known_time DESC
        )""",
        {
            "events": day.events,
            "since": day.since,
            "start": day.start,
            "known": day.first_known,
        },
    )
    refreeze(conn)
    for table in (*FACTS, "event_scopes", "archives"):
        conn.execute(
            sql.SQL("CREATE TEMP TABLE {} (LIKE {} INCLUDING ALL) ON COMMIT DROP").format(
                sql.Identifier(table), sql.Identifier("public", table)
            )
        )
    # Named first, so that statements prepared on this connection are read anew.
    conn.execute(
        "SELECT set_config('search_path', 'pg_temp, ' || current_setting('search_path'), true)"
    )
    _put_before(conn, day)


def _put_before(conn: Connection, day: Day) -> None:
    """The captures and snapshots known before the day's first document, and their spans."""
    conn.execute(
        """INSERT INTO captures OVERRIDING SYSTEM VALUE
        SELECT * FROM public.captures c
        WHERE known_time < %(known)s AND (
            capture_id IN (SELECT capture_id FROM told_before)
            OR (capture_time >= %(since)s AND capture_time < %(start)s
                AND (listing OR asked_events IS NOT NULL)))""",
        {"known": day.first_known, "since": day.since, "start": day.start},
    )
    conn.execute(
        """SELECT setval(pg_get_serial_sequence('pg_temp.captures', 'capture_id'),
            coalesce((SELECT max(capture_id) FROM public.captures), 1))"""
    )
    conn.execute("INSERT INTO snapshots SELECT * FROM told_before")
    conn.execute(
        """INSERT INTO event_scopes
        SELECT DISTINCT ON (event_no, scope_id) b.event_no, b.scope_id, s.sport_id,
            min(b.capture_time) OVER spans, b.capture_time, NOT b.unlisted, b.commence_time,
            s.max_commence
        FROM told_before b JOIN public.event_scopes s USING (event_no, scope_id)
        WINDOW spans AS (PARTITION BY b.event_no, b.scope_id)
        ORDER BY b.event_no, b.scope_id, b.capture_time DESC, b.known_time DESC"""
    )


def is_archived(conn: Connection, day: Day) -> bool:
    """Whether rows of the day, or of the earlier ones it depends on, stand in archives."""
    months = day.months()
    return any(
        one.kind != BODIES and (one.month.year, one.month.month) in months
        for one in all_current(conn)
    )


def keep_stored(conn: Connection, day: Day, source: Source) -> None:
    """Put on the stage what is stored of a parse, as it is.

    Args:
        conn: a connection on which the stage is laid.
        day: the day.
        source: whose rows; nothing of them may be archived.
    """
    values = {"known": source.known_time, "since": day.since, "end": day.end}
    conn.execute(
        """INSERT INTO captures OVERRIDING SYSTEM VALUE
        SELECT * FROM public.captures
        WHERE known_time = %(known)s AND capture_time >= %(since)s AND capture_time < %(end)s""",
        values,
    )
    for table in ("snapshots", "event_statements"):
        conn.execute(
            sql.SQL(
                "INSERT INTO {} SELECT * FROM {} WHERE known_time = %(known)s "
                "AND capture_time >= %(since)s AND capture_time < %(end)s"
            ).format(sql.Identifier(table), sql.Identifier("public", table)),
            values,
        )
    _renumber(conn, source)
    conn.execute(
        """INSERT INTO quotes SELECT * FROM public.quotes
        WHERE event_no IN (SELECT event_no FROM snapshots WHERE known_time = %(known)s)
          AND known_time = %(known)s AND capture_time >= %(since)s AND capture_time < %(end)s""",
        values,
    )
    conn.execute(
        """INSERT INTO event_scopes AS s
        SELECT DISTINCT ON (event_no, scope_id) n.event_no, n.scope_id, e.sport_id,
            min(n.capture_time) OVER spans, n.capture_time, NOT n.unlisted, n.commence_time,
            max(n.commence_time) OVER spans
        FROM snapshots n JOIN event_ids e USING (event_no)
        WHERE event_no IN (SELECT event_no FROM snapshots WHERE known_time = %(known)s)
        WINDOW spans AS (PARTITION BY n.event_no, n.scope_id)
        ORDER BY event_no, scope_id, n.capture_time DESC, n.known_time DESC
        ON CONFLICT (event_no, scope_id) DO UPDATE SET first_capture = excluded.first_capture,
            last_capture = excluded.last_capture, last_listed = excluded.last_listed,
            last_commence = excluded.last_commence, max_commence = excluded.max_commence""",
        values,
    )


def _renumber(conn: Connection, source: Source) -> None:
    """Absences that a late document brought stand under the captures of others, staged anew."""
    others = "WHERE known_time <> {}"
    staged, stored = (
        sql.SQL(_KEYS["captures"].format(**names) + " " + others).format(source.known_time)
        for names in (_STAGED, _PUBLIC)
    )
    conn.execute(
        sql.SQL("UPDATE snapshots s SET capture_id = m.staged FROM (")
        + sql.SQL(_SAME).format(staged=staged, stored=stored)
        + sql.SQL(") m WHERE s.known_time = {} AND s.capture_id = m.stored").format(
            source.known_time
        )
    )


# --- comparing: natural keys and values only; a layout may name more or fewer absent markets ---

_VECTOR = """ARRAY(
    SELECT (y.pairs[i], last_update_of(s.capture_time, s.ages, s.far_ages, i), s.ages[i] = -32767)
    FROM layouts y, generate_subscripts(s.ages, 1) i
    WHERE y.layout_id = s.layout_id AND s.ages[i] <> -32768 ORDER BY y.pairs[i]
)::text"""

_CAPTURE = """raw_id, known_time, capture_time, basis, kind, sport_id, scope_id, listing,
    asked_events, event_count"""

# The text is all ours.
_KEYS: dict[str, str] = {
    "captures": f"""SELECT {_CAPTURE}, row_number() OVER (
        PARTITION BY {_CAPTURE} ORDER BY capture_id) AS copy, capture_id
    FROM {{captures}}""",  # noqa: S608
    "quotes": """SELECT event_no, selection_id, capture_time, known_time, state, price, point
    FROM {quotes}""",
    "snapshots": f"""SELECT s.event_no, s.capture_time, s.known_time, s.scope_id, s.commence_time,
        s.snapshot_id, {{capture}} AS capture_id, s.matchup_id, s.bookmaker_count, s.in_play,
        s.day_only, s.unlisted, {_VECTOR} AS vector
    FROM {{snapshots}} s {{renumbered}}""",  # noqa: S608
    "event_statements": """SELECT s.event_no, s.capture_time, s.known_time,
        {capture} AS capture_id, s.matchup_id, s.commence_time, s.day_only, s.completed,
        s.home_score, s.away_score, s.score_time, s.home_margin
    FROM {event_statements} s {renumbered}""",
}

# Where each side's rows stand, and how a staged capture gets the number of the stored one.
_STAGED = {table: f"pg_temp.{table}" for table in FACTS} | {
    "capture": "coalesce(m.stored, -s.capture_id)",
    "renumbered": "LEFT JOIN same_captures m ON m.staged = s.capture_id",
}
_PUBLIC = {table: f"public.{table}" for table in FACTS} | {
    "capture": "s.capture_id",
    "renumbered": "",
}

_SAME = """SELECT a.capture_id AS staged, b.capture_id AS stored
FROM ({staged}) a JOIN ({stored}) b ON (a.raw_id, a.known_time, a.capture_time, a.basis, a.kind,
    a.listing, a.event_count, a.copy) = (b.raw_id, b.known_time, b.capture_time, b.basis, b.kind,
    b.listing, b.event_count, b.copy)
    AND a.sport_id IS NOT DISTINCT FROM b.sport_id AND a.scope_id IS NOT DISTINCT FROM b.scope_id
    AND a.asked_events IS NOT DISTINCT FROM b.asked_events"""


def compare(conn: Connection, day: Day) -> list[Difference]:
    """How the stored day differs from the staged one; it leaves the differences staged."""
    conn.execute("SET LOCAL timezone = 'UTC'")
    day_rows = sql.SQL("WHERE capture_time >= {} AND capture_time < {}").format(day.start, day.end)
    staged, stored = _STAGED, _PUBLIC | _united(conn, day)
    captures = [
        sql.SQL("{} {}").format(sql.SQL(_KEYS["captures"].format(**names)), day_rows)
        for names in (staged, stored)
    ]
    conn.execute(
        sql.SQL("CREATE TEMP TABLE same_captures ON COMMIT DROP AS ")
        + sql.SQL(_SAME).format(staged=captures[0], stored=captures[1])
    )
    found = [_captures(conn, day)]
    for table in ("snapshots", "quotes", "event_statements"):
        one = sql.SQL(_KEYS[table].format(**staged))
        other = sql.SQL(_KEYS[table].format(**stored))
        found.append(
            _differences(conn, table, *(sql.SQL("{} {}").format(x, day_rows) for x in (one, other)))
        )
    return [one for one in found if one.missing or one.surplus]


def _captures(conn: Connection, day: Day) -> Difference:
    row = conn.execute(
        """SELECT
            (SELECT count(*) FROM pg_temp.captures WHERE capture_time >= %(start)s
                AND capture_time < %(end)s
                AND capture_id NOT IN (SELECT staged FROM same_captures)),
            (SELECT count(*) FROM public.captures WHERE capture_time >= %(start)s
                AND capture_time < %(end)s
                AND capture_id NOT IN (SELECT stored FROM same_captures))""",
        {"start": day.start, "end": day.end},
    ).fetchone()
    assert row is not None
    return Difference("captures", *row)


def _united(conn: Connection, day: Day) -> dict[str, str]:
    """Tables of the day's hot and archived rows together, where there are archived ones."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = {}
    time = pa.timestamp("us", "UTC")
    for one in all_current(conn):
        if one.kind == BODIES or (one.month.year, one.month.month) != day.start.timetuple()[:2]:
            continue
        wanted = (pc.field("capture_time") >= pa.scalar(day.start, time)) & (
            pc.field("capture_time") < pa.scalar(day.end, time)
        )
        rows = read_facts(one.path, one.kind, wanted)
        conn.execute(
            sql.SQL(
                "CREATE TEMP TABLE {united} ON COMMIT DROP AS SELECT * FROM {hot} "
                "WHERE capture_time >= {start} AND capture_time < {end}"
            ).format(
                united=sql.Identifier(f"united_{one.kind}"),
                hot=sql.Identifier("public", one.kind),
                start=day.start,
                end=day.end,
            )
        )
        put(conn, one.kind, f"united_{one.kind}", rows)
        names[one.kind] = f"pg_temp.united_{one.kind}"
    return names


def _differences(
    conn: Connection, table: str, staged: sql.Composed, stored: sql.Composed
) -> Difference:
    counts = []
    for name, one, other in (("missing", staged, stored), ("surplus", stored, staged)):
        kept = sql.Identifier(f"{name}_{table}")
        made = conn.execute(
            sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS ({}) EXCEPT ALL ({})").format(
                kept, one, other
            )
        )
        counts.append(made.rowcount)
    return Difference(table, *counts)


def replace(conn: Connection, day: Day) -> None:
    """Bring the stored day to the staged one: rows that differ go, rows that lack come."""
    for table in ("snapshots", "quotes", "event_statements"):
        key = _PRIMARY[table]
        conn.execute(
            sql.SQL("DELETE FROM public.{} t USING surplus_{} d WHERE {}").format(
                sql.SQL(table), sql.SQL(table), _equal("t", "d", key)
            )
        )
    conn.execute(
        """DELETE FROM public.captures WHERE capture_time >= %s AND capture_time < %s
        AND capture_id NOT IN (SELECT stored FROM same_captures)""",
        (day.start, day.end),
    )
    _add_captures(conn, day)
    for table in ("snapshots", "quotes", "event_statements"):
        _add(conn, table)
    _respan(conn)
    conn.execute("SELECT refill_series(ARRAY(SELECT event_no FROM surplus_quotes))")


_PRIMARY = {
    "snapshots": ("event_no", "capture_time", "known_time", "scope_id"),
    "quotes": ("event_no", "selection_id", "capture_time", "known_time"),
    "event_statements": ("event_no", "capture_time", "known_time"),
}


def _equal(one: str, other: str, columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier(one, name), sql.Identifier(other, name))
        for name in columns
    )


def _add_captures(conn: Connection, day: Day) -> None:
    """Captures that are not stored get numbers of their own."""
    rows = conn.execute(
        """SELECT capture_id FROM pg_temp.captures WHERE capture_time >= %s AND capture_time < %s
        AND capture_id NOT IN (SELECT staged FROM same_captures) ORDER BY capture_id""",
        (day.start, day.end),
    ).fetchall()
    for (staged,) in rows:
        conn.execute(
            sql.SQL(
                "WITH made AS (INSERT INTO public.captures ({columns}) SELECT {columns} "
                "FROM pg_temp.captures WHERE capture_id = {staged} RETURNING capture_id) "
                "INSERT INTO same_captures SELECT {staged}, capture_id FROM made"
            ).format(columns=sql.SQL(_CAPTURE), staged=staged)
        )


def _add(conn: Connection, table: str) -> None:
    columns = [
        row[0]
        for row in conn.execute(
            """SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0
            AND NOT attisdropped ORDER BY attnum""",
            (f"public.{table}",),
        )
    ]
    named = sql.SQL(", ").join(map(sql.Identifier, columns))
    chosen = sql.SQL(", ").join(
        sql.SQL("m.stored") if name == "capture_id" else sql.Identifier("s", name)
        for name in columns
    )
    joined = sql.SQL("JOIN same_captures m ON m.staged = s.capture_id")
    conn.execute(
        sql.SQL(
            "INSERT INTO public.{table} ({named}) SELECT {chosen} FROM pg_temp.{table} s {joined} "
            "JOIN missing_{table} d ON {equal}"
        ).format(
            table=sql.SQL(table),
            named=named,
            chosen=chosen,
            joined=joined if "capture_id" in columns else sql.SQL(""),
            equal=_equal("s", "d", _PRIMARY[table]),
        )
    )


def _respan(conn: Connection) -> None:
    """Bring the spans of events whose snapshots changed up to what is stored now."""
    rows = conn.execute(
        "SELECT event_no FROM missing_snapshots UNION SELECT event_no FROM surplus_snapshots"
    ).fetchall()
    events = [row[0] for row in rows]
    clear_stage(conn)
    thaw(conn, events, kinds=("snapshots",))
    conn.execute(
        """WITH spans AS (
            SELECT DISTINCT ON (event_no, scope_id) event_no, scope_id,
                min(s.capture_time) OVER all_rows AS first_capture, s.capture_time,
                NOT unlisted AS listed, s.commence_time,
                max(s.commence_time) OVER all_rows AS max_commence, e.sport_id
            FROM snapshots s JOIN event_ids e USING (event_no)
            WHERE event_no = ANY(%(events)s)
            WINDOW all_rows AS (PARTITION BY event_no, scope_id)
            ORDER BY event_no, scope_id, s.capture_time DESC, s.known_time DESC
        ), gone AS (
            DELETE FROM event_scopes o WHERE event_no = ANY(%(events)s)
              AND NOT EXISTS (SELECT FROM spans n
                WHERE n.event_no = o.event_no AND n.scope_id = o.scope_id)
        )
        INSERT INTO event_scopes (event_no, scope_id, sport_id, first_capture, last_capture,
            last_listed, last_commence, max_commence)
        SELECT event_no, scope_id, sport_id, first_capture, capture_time, listed, commence_time,
            max_commence
        FROM spans
        ON CONFLICT (event_no, scope_id) DO UPDATE SET first_capture = excluded.first_capture,
            last_capture = excluded.last_capture, last_listed = excluded.last_listed,
            last_commence = excluded.last_commence, max_commence = excluded.max_commence""",
        {"events": events},
    )


def clear_stage(conn: Connection) -> None:
    """Take the stage away."""
    for table in (*FACTS, "event_scopes", "archives"):
        conn.execute(sql.SQL("DROP TABLE pg_temp.{}").format(sql.Identifier(table)))
    conn.execute(
        "SELECT set_config('search_path', "
        "regexp_replace(current_setting('search_path'), '^pg_temp, ', ''), true)"
    )
