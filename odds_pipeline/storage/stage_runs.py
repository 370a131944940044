"""How the stages of the live path ran: kept, and read beside their own history.

Belongs here: rows of ``stage_runs``, and the calls of ``fetch_logs`` seen as a stage. Does not
belong here: timing (``services.stages``), what is worse than usual (``alerts.rules.stages``).

Units: seconds; rows are events (fetch), documents (store), snapshots and quotes (normalise), rows
judged (validate), quotes (price); shares 0 to 1.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import psycopg

Connection = psycopg.Connection[Any]

STAGES = ("fetch", "store", "normalise", "validate", "price")

# A call that was answered has no error; one that was not has a code, or no answer at all.
_RUNS = """(
    SELECT 'fetch' AS stage, fetch_time AS ended_at, response_time_ms / 1000.0 AS seconds,
        coalesce(events_count, 0) AS rows, success,
        CASE WHEN NOT success THEN coalesce(nullif(error_code, ''), 'no answer') END AS error_class
    FROM fetch_logs WHERE fetch_time >= %(since)s
    UNION ALL
    SELECT stage, ended_at, seconds, rows, success, error_class
    FROM stage_runs WHERE ended_at >= %(since)s
)"""

_FIGURES = """count(*) AS runs,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)::float8 AS median_seconds,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds)::float8 AS p95_seconds,
    avg(success::int)::float8 AS success, sum(rows)::int8 AS rows,
    string_agg(DISTINCT error_class, ', ' ORDER BY error_class) AS errors"""

_SPANS = f"""
SELECT stage, ended_at >= %(recent)s AS is_recent, {_FIGURES} FROM {_RUNS} r
GROUP BY stage, is_recent
"""  # noqa: S608 - constants

_DAYS = f"""
SELECT (ended_at AT TIME ZONE 'UTC')::date AS day, stage, {_FIGURES} FROM {_RUNS} r
GROUP BY day, stage ORDER BY day DESC, stage
"""  # noqa: S608 - constants


class StageRun(NamedTuple):
    """One run of a stage; ``error_class`` is ``None`` if it succeeded."""

    stage: str
    seconds: float
    rows: int
    error_class: str | None


class Figures(NamedTuple):
    """How a stage ran over a span; times are ``None`` where nothing was timed."""

    runs: int
    median_seconds: float | None
    p95_seconds: float | None
    success: float | None
    rows: int
    errors: str | None


NOTHING = Figures(0, None, None, None, 0, None)


def record(conn: Connection, runs: Sequence[StageRun]) -> None:
    """Keep runs that have just ended."""
    conn.execute(
        """INSERT INTO stage_runs (stage, seconds, rows, success, error_class)
        SELECT stage, seconds, rows, error_class IS NULL, error_class
        FROM unnest(%s::text[], %s::float8[], %s::int[], %s::text[])
            AS r(stage, seconds, rows, error_class)""",
        [list(column) for column in zip(*runs, strict=True)],
    )


def beside_history(
    conn: Connection, recent: datetime, since: datetime
) -> dict[str, tuple[Figures, Figures]]:
    """Every stage's runs from ``recent`` on, and those from ``since`` until then."""
    found = {stage: [NOTHING, NOTHING] for stage in STAGES}
    for stage, is_recent, *figures in conn.execute(_SPANS, {"recent": recent, "since": since}):
        found[stage][0 if is_recent else 1] = Figures(*figures)
    return {stage: (now, before) for stage, (now, before) in found.items()}


def by_day(conn: Connection, since: datetime) -> list[tuple[date, str, Figures]]:
    """Every stage's runs by UTC day, the newest day first."""
    rows = conn.execute(_DAYS, {"since": since}).fetchall()
    return [(day, stage, Figures(*figures)) for day, stage, *figures in rows]


def forget(conn: Connection, before: datetime) -> int:
    """Delete runs that ended before then; returns how many."""
    return conn.execute(
        "DELETE FROM stage_runs WHERE stage = ANY(%s) AND ended_at < %s", (list(STAGES), before)
    ).rowcount
