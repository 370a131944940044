"""What people, and strict mode, decide about logged issues and quarantined parts.

Belongs here: listing both, decisions, and the voids by which a wrong quote is kept from readers.
Does not belong here: finding issues (``quality_log``), what is asked of whoever decides
(``services.review``).

A quote in quarantine is a void (``voids``): it has a known time, readers give no price for it nor
the one before it, and a release lifts it. Nothing is deleted.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.errors import NotFound
from odds_pipeline.storage import voids
from odds_pipeline.storage.voids import VoidKey

Connection = psycopg.Connection[Any]

STRICT = "strict mode"
QUARANTINED, RELEASED, VOIDED = "quarantined", "released", "voided"


class Item(NamedTuple):
    """An issue (``issue`` and its number) or a quarantined part (``part``).

    Args:
        status: ``open``, or how it was resolved.
    """

    kind: str
    number: int
    day: date | None
    rule: str
    severity: str
    event_id: str | None
    bookmaker_key: str | None
    market_key: str | None
    outcome_name: str | None
    snapshot_time: datetime | None
    until_time: datetime | None
    description: str
    status: str
    evidence: str


class Decision(NamedTuple):
    """What was decided, by whom and why."""

    known_time: datetime
    action: str
    reason: str
    decided_by: str


_ITEMS = """
SELECT * FROM (
    SELECT 'issue' AS kind, l.id AS number, l.partition AS day, l.rule, l.severity, l.event_id,
        l.bookmaker_key, l.market_key, l.outcome_name, l.snapshot_time, l.until_time,
        l.description, coalesce(l.resolution, 'open') AS status, l.raw_data::text AS evidence
    FROM data_quality_logs l
    UNION ALL
    SELECT 'part', q.id, (coalesce(q.capture_time, r.known_time) AT TIME ZONE 'UTC')::date,
        'quarantined', 'warning', q.event_id, q.bookmaker_key, q.market_key, NULL,
        q.capture_time, NULL, q.reason || ' at ' || q.location || ' of raw ' || q.raw_id,
        q.status, q.evidence
    FROM quarantine q JOIN raw_responses r USING (raw_id)
) i
WHERE (%(kind)s::text IS NULL OR kind = %(kind)s)
  AND (%(number)s::int8 IS NULL OR number = %(number)s)
  AND (%(day)s::date IS NULL OR day = %(day)s)
  AND (%(rule)s::text IS NULL OR rule = %(rule)s)
  AND (%(severity)s::text IS NULL OR severity = %(severity)s)
  AND (%(status)s::text[] IS NULL OR status = ANY(%(status)s))
  -- The rule `quarantined` says of each part what the part says itself.
  AND NOT (kind = 'issue' AND rule = 'quarantined')
ORDER BY array_position(ARRAY['critical', 'error', 'warning'], severity), day DESC, kind, number
LIMIT %(limit)s
"""

# What strict mode keeps from readers: quotes of an event at a book, in full or for longer than
# before, that are wrong and not merely unusual.
_TO_QUARANTINE = """
SELECT l.id FROM data_quality_logs l
WHERE l.partition = %(day)s AND l.severity <> 'warning'
  AND l.event_id IS NOT NULL AND l.bookmaker_key IS NOT NULL AND l.snapshot_time IS NOT NULL
  AND (l.resolution IS NULL OR l.resolution = 'quarantined' AND NOT EXISTS (
      SELECT FROM voids v
      WHERE v.void_id = ANY(l.void_ids)
        AND v.to_capture >= coalesce(l.until_time, l.snapshot_time)
  ))
ORDER BY l.id
"""

_KEY = """
SELECT e.event_no, b.bookmaker_id, m.market_id, o.name_id, d.name_id,
    l.snapshot_time, coalesce(l.until_time, l.snapshot_time), l.rule || ': ' || l.description
FROM data_quality_logs l
JOIN event_ids e USING (event_id)
LEFT JOIN bookmakers b USING (bookmaker_key)
LEFT JOIN markets m USING (market_key)
LEFT JOIN names o ON o.name = l.outcome_name
LEFT JOIN names d ON d.name = l.about
WHERE l.id = %s
"""


def items(
    conn: Connection,
    day: date | None = None,
    rule: str | None = None,
    severity: str | None = None,
    status: Sequence[str] | None = None,
    limit: int | None = None,
) -> list[Item]:
    """Issues and quarantined parts, the worst first.

    Args:
        conn: a connection inside a transaction.
        day: UTC day of the capture; default every one.
        rule: only this rule's.
        severity: only of this severity.
        status: only of these; default every one.
        limit: how many at most.
    """
    wanted = {"day": day, "rule": rule, "severity": severity, "limit": limit, "status": status}
    wanted["status"] = None if status is None else list(status)
    return [Item(*row) for row in conn.execute(_ITEMS, wanted | {"kind": None, "number": None})]


def item(conn: Connection, kind: str, number: int) -> Item:
    """One issue or part.

    Raises:
        NotFound: there is none of that number.
    """
    values = dict.fromkeys(("day", "rule", "severity", "status", "limit"))
    found = conn.execute(_ITEMS, values | {"kind": kind, "number": number}).fetchone()
    if found is None:
        raise NotFound(f"there is no {kind} {number}; `odds quality list` lists them")
    return Item(*found)


def decisions(conn: Connection, kind: str, number: int) -> list[Decision]:
    """What was decided about an item, in order."""
    rows = conn.execute(
        """SELECT known_time, action, reason, decided_by FROM quality_decisions
        WHERE CASE WHEN %s = 'issue' THEN log_id ELSE quarantine_id END = %s
        ORDER BY known_time""",
        (kind, number),
    )
    return [Decision(*row) for row in rows]


def decide(conn: Connection, kind: str, number: int, action: str, reason: str, by: str) -> None:
    """Write a decision down; what it does is done by the other functions of this module."""
    conn.execute(
        """INSERT INTO quality_decisions (log_id, quarantine_id, action, reason, decided_by)
        VALUES (%s, %s, %s, %s, %s)""",
        (
            number if kind == "issue" else None,
            number if kind == "part" else None,
            action,
            reason,
            by,
        ),
    )


def quarantine_issues(conn: Connection, day: date) -> int:
    """Keep from readers what the rules found wrong on a day; how many issues are new or grew."""
    found = [number for (number,) in conn.execute(_TO_QUARANTINE, {"day": day})]
    for number in found:
        void_issue(conn, number, QUARANTINED, STRICT)
    return len(found)


def void_issue(
    conn: Connection, number: int, resolution: str, by: str, reason: str | None = None
) -> int | None:
    """Void the quotes that an issue is about; the void's number, ``None`` if it is about none."""
    row = conn.execute(_KEY, (number,)).fetchone()
    if row is None or row[5] is None:
        return None
    *key, first, last, described = row
    why = described if reason is None else f"{described} ({reason})"
    void_id = voids.write(conn, VoidKey(*key), first, last, f"{resolution}: {why}", by)
    conn.execute(
        """UPDATE data_quality_logs SET resolution = %s, void_ids = void_ids || %s
        WHERE id = %s""",
        (resolution, void_id, number),
    )
    return void_id


def release_issue(conn: Connection, number: int, reason: str, by: str) -> list[int]:
    """Let an issue's quotes count as valid again, and lift what was voided for it: those voids."""
    row = conn.execute(
        "UPDATE data_quality_logs SET resolution = %s WHERE id = %s RETURNING void_ids",
        (RELEASED, number),
    ).fetchone()
    assert row is not None
    return [void_id for void_id in row[0] if voids.lift(conn, void_id, reason, by)]


def close_part(conn: Connection, number: int, status: str) -> None:
    """End a quarantined part's waiting: ``released`` or ``dismissed``."""
    conn.execute("UPDATE quarantine SET status = %s WHERE id = %s", (status, number))


def confirm_issue(conn: Connection, number: int) -> None:
    """What strict mode voided for an issue stays void: somebody looked at it."""
    conn.execute("UPDATE data_quality_logs SET resolution = %s WHERE id = %s", (VOIDED, number))


def place_of(conn: Connection, number: int) -> tuple[int, str, str]:
    """The document of a quarantined part, where in it, and why it was put aside."""
    row = conn.execute(
        "SELECT raw_id, location, reason FROM quarantine WHERE id = %s", (number,)
    ).fetchone()
    assert row is not None
    return int(row[0]), str(row[1]), str(row[2])
