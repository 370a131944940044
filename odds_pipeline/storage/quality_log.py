"""The frames the quality rules read, and the log of what they found.

Belongs here: SQL around quality. Does not belong here: rules.
Days are UTC days of the capture time.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage import voids
from odds_pipeline.storage.archive.thaw import thaw_day
from odds_pipeline.storage.frames import fetch_frame
from odds_pipeline.storage.prepared import ABSENT

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]
NO_LONGER_FOUND = "no longer found"

_FOUND = (
    ("event_id", "text"),
    ("bookmaker_key", "text"),
    ("market_key", "text"),
    ("outcome_name", "text"),
    ("snapshot_time", "timestamptz"),
    ("description", "text"),
    ("until_time", "timestamptz"),
    ("about", "text"),
    ("point", "float8"),
    ("evidence", "text"),
)

# An issue that is found again is touched only where something about it changed, and what somebody
# decided about it (released, voided) stays decided.
_RECORD = f"""
WITH found AS (
    SELECT DISTINCT ON (event_id, bookmaker_key, market_key, outcome_name, snapshot_time,
        description) *
    FROM unnest({", ".join(f"%({name})s::{kind}[]" for name, kind in _FOUND)})
        AS f({", ".join(name for name, _ in _FOUND)})
), kept AS (
    INSERT INTO data_quality_logs AS l (partition, rule, issue_type, severity, event_id,
        bookmaker_key, market_key, outcome_name, snapshot_time, description, until_time, about,
        point, raw_data)
    SELECT %(day)s::date, %(rule)s, %(type)s, %(severity)s, event_id, bookmaker_key, market_key,
        outcome_name, snapshot_time, description, until_time, about, point, evidence::jsonb
    FROM found
    ON CONFLICT ON CONSTRAINT uq_data_quality_logs_issue DO UPDATE
        SET resolution = nullif(l.resolution, '{NO_LONGER_FOUND}'),
            until_time = excluded.until_time
        WHERE l.resolution = '{NO_LONGER_FOUND}'
           OR l.until_time IS DISTINCT FROM excluded.until_time
)
UPDATE data_quality_logs l SET resolution = '{NO_LONGER_FOUND}'
WHERE l.partition = %(day)s AND l.rule = %(rule)s AND l.resolution IS NULL
  AND NOT EXISTS (
      SELECT FROM found f
      WHERE f.description = l.description
        AND f.event_id IS NOT DISTINCT FROM l.event_id
        AND f.bookmaker_key IS NOT DISTINCT FROM l.bookmaker_key
        AND f.market_key IS NOT DISTINCT FROM l.market_key
        AND f.outcome_name IS NOT DISTINCT FROM l.outcome_name
        AND f.snapshot_time IS NOT DISTINCT FROM l.snapshot_time
  )
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's result on one day."""

    rule: str
    issue_type: str
    severity: str
    checked: int
    issues: Sequence[dict[Any, Any]]


def stored_quotes(
    conn: Connection, day: date, moments: Sequence[datetime] | None = None
) -> Iterator[tuple[Any, ...]]:
    """A day's quotes as plain rows, for comparison; only of captures of these times, if given."""
    thaw_day(conn, day)
    yield from conn.execute(
        """SELECT event_id, capture_time, bookmaker_key, market_key, outcome_name, description,
            point, price
        FROM stored_odds
        WHERE capture_time >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
          AND capture_time < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
          AND (%(moments)s::timestamptz[] IS NULL OR capture_time = ANY(%(moments)s))
        ORDER BY known_time""",
        {"day": day, "moments": None if moments is None else list(moments)},
    )


def quarantine_of(conn: Connection, day: date) -> "pd.DataFrame":
    """What stands open in quarantine for captures of the day (or, without one, stored that day)."""
    return fetch_frame(
        conn,
        """SELECT q.id, q.raw_id, q.capture_time, q.event_id, q.bookmaker_key, q.market_key,
            q.location, q.reason, q.evidence
        FROM quarantine q JOIN raw_responses r USING (raw_id)
        WHERE q.status = 'open'
          AND (coalesce(q.capture_time, r.known_time) AT TIME ZONE 'UTC')::date = %(day)s
        ORDER BY q.id""",
        {"day": day},
    )


def shares_of(conn: Connection, day: date) -> "pd.DataFrame":
    """How much of each document stands in quarantine, for documents of which anything does.

    A bookmaker's market counts once, however many of its outcomes are set aside; a part that is
    not known to belong to one counts for itself.
    """
    return fetch_frame(
        conn,
        """WITH open AS (
            SELECT q.raw_id, min(coalesce(q.capture_time, r.known_time)) AS capture_time,
                r.endpoint,
                count(DISTINCT (q.capture_time, q.event_id, q.bookmaker_key, q.market_key))
                    FILTER (WHERE q.market_key IS NOT NULL) AS boards,
                count(*) FILTER (WHERE q.market_key IS NULL) AS others
            FROM quarantine q JOIN raw_responses r USING (raw_id)
            WHERE q.status = 'open'
              AND (coalesce(q.capture_time, r.known_time) AT TIME ZONE 'UTC')::date = %(day)s
            GROUP BY q.raw_id, r.endpoint
        ), usable AS (
            SELECT c.raw_id,
                sum(CASE c.kind WHEN 'odds' THEN s.boards ELSE c.event_count END) AS parts
            FROM captures c
            LEFT JOIN LATERAL (
                SELECT sum(cardinality(array_remove(ages, %(absent)s))) AS boards FROM snapshots
                WHERE capture_id = c.capture_id AND capture_time = c.capture_time
            ) s ON true
            WHERE c.raw_id IN (SELECT raw_id FROM open)
              AND c.capture_time >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
              AND c.capture_time < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
            GROUP BY c.raw_id
        )
        SELECT raw_id, capture_time, endpoint,
            greatest(coalesce(parts, 0), boards)::int8 + others AS parts,
            boards + others AS quarantined
        FROM open LEFT JOIN usable USING (raw_id) ORDER BY raw_id""",
        {"day": day, "absent": ABSENT},
    )


def slots_of(conn: Connection, day: date) -> "pd.DataFrame":
    """The day's odds captures that were due by now."""
    return fetch_frame(
        conn,
        """SELECT slot_id, purpose, sport_key, slot_time, status, reason, why FROM slots
        WHERE slot_time >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
          AND slot_time < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
          AND purpose IN ('live', 'history')
          AND slot_time <= clock_timestamp() - interval '5 minutes'
        ORDER BY slot_time""",
        {"day": day},
    )


def raw_of(conn: Connection, day: date) -> list[int]:
    """Raw documents with an odds capture on the day, in known order."""
    rows = conn.execute(
        """SELECT DISTINCT raw_id, known_time FROM captures
        WHERE kind = 'odds'
          AND capture_time >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
          AND capture_time < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
        ORDER BY known_time""",
        {"day": day},
    )
    return [row[0] for row in rows]


def dead_letters_of(conn: Connection, raw_id: int) -> frozenset[str]:
    """Events of a document that were read and could not be written."""
    rows = conn.execute(
        """SELECT event_id FROM quarantine
        WHERE raw_id = %s AND status <> 'released' AND location = 'event ' || event_id""",
        (raw_id,),
    )
    return frozenset(event_id for (event_id,) in rows)


def record(conn: Connection, day: date, findings: Iterable[Finding]) -> None:
    """Log rules' results: each issue once; those no longer found, or of voids, are resolved."""
    with conn.pipeline():
        for finding in findings:
            _record(conn, day, finding)
        voids.mark_issues(conn, day)


def note_once(conn: Connection, day: date, rule: str, description: str) -> int:
    """Log a warning unless the same one was ever logged, on whatever day; 1 if it is new."""
    new = conn.execute(
        """INSERT INTO data_quality_logs (partition, rule, issue_type, severity, description)
        SELECT %(day)s, %(rule)s, %(rule)s, 'warning', %(what)s
        WHERE NOT EXISTS (
            SELECT FROM data_quality_logs WHERE rule = %(rule)s AND description = %(what)s
        ) RETURNING id""",
        {"day": day, "rule": rule, "what": description},
    )
    return len(new.fetchall())


def _record(conn: Connection, day: date, finding: Finding) -> None:
    conn.execute(
        """INSERT INTO quality_runs (partition, rule, checked, issues) VALUES (%s, %s, %s, %s)
        ON CONFLICT (partition, rule) DO UPDATE SET checked = excluded.checked,
            issues = excluded.issues, run_at = clock_timestamp()""",
        (day, finding.rule, finding.checked, len(finding.issues)),
    )
    rows = [_row(issue) for issue in finding.issues]
    columns: list[list[Any]] = [list(c) for c in zip(*rows, strict=True)] or [[] for _ in _FOUND]
    names = [name for name, _ in _FOUND]
    conn.execute(
        _RECORD,
        {
            "day": day,
            "rule": finding.rule,
            "type": finding.issue_type,
            "severity": finding.severity,
            **dict(zip(names, columns, strict=True)),
        },
    )


def _row(issue: dict[Any, Any]) -> tuple[Any, ...]:
    *keys, _ = (name for name, _ in _FOUND)
    return (
        *(_plain(issue.get(key)) for key in keys),
        json.dumps(issue["evidence"], default=str),
    )


def _plain(value: object) -> object:
    if value is None or value != value:  # NaN and NaT differ from themselves
        return None
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
