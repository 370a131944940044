# ruff: noqa: S608  (every text here is a constant of this module; values are bound)
"""The outbox of alerts: kept with what raises them, read by whoever sends them.

Belongs here: rows of ``alerts`` and ``alert_deliveries``. Does not belong here: what is raised
(``alerts.rules``), what is sent when (``alerts.policy``).

An alert is kept once by its key. It is sent when every channel has taken it, or when the summary
that tells of it has been. Times UTC.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from odds_pipeline.catalog.alerts import Alert
from odds_pipeline.errors import NotFound

Connection = psycopg.Connection[Any]
Told = tuple[int, str, str, str, str]  # id, key, type, severity, message

_ADD = """
INSERT INTO alerts (alert_key, alert_type, severity, object_kind, object_id, threshold_value,
    actual_value, message)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[],
    %s::text[], %s::float8[], %s::float8[], %s::text[])
ON CONFLICT (alert_key) DO NOTHING RETURNING id
"""

_COLUMNS = """id, alert_key, alert_type, severity, triggered_at, object_kind, object_id,
    threshold_value, actual_value, message, sent, sent_at, acknowledged_at, told_in"""

_UNTOLD = """SELECT id, alert_key, alert_type, severity, message FROM alerts
WHERE NOT sent AND told_in IS NULL"""
_BEGUN = """(alert_type = 'summary'
    OR EXISTS (SELECT FROM alert_deliveries d WHERE d.alert_id = alerts.id))"""

UNSENT = (
    f"SELECT {_COLUMNS} FROM alerts WHERE NOT sent ORDER BY triggered_at DESC, id DESC LIMIT %s"
)
_NEWEST = f"""SELECT {_COLUMNS} FROM alerts
WHERE (%(type)s::text IS NULL OR alert_type = %(type)s)
  AND (NOT %(open)s OR acknowledged_at IS NULL)
ORDER BY triggered_at DESC, id DESC LIMIT %(limit)s"""


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """One row of the outbox; ``told_in`` is the summary that tells of it."""

    id: int
    alert_key: str
    alert_type: str
    severity: str
    triggered_at: datetime
    object_kind: str | None
    object_id: str | None
    threshold_value: float | None
    actual_value: float | None
    message: str
    sent: bool
    sent_at: datetime | None
    acknowledged_at: datetime | None
    told_in: int | None


def add(conn: Connection, alerts: Iterable[Alert]) -> int:
    """Keep alerts, those that stand here already left out; returns how many are new."""
    rows = [
        (
            alert.key,
            str(alert.alert_type),
            str(alert.severity),
            alert.object_kind,
            alert.object_id,
            alert.threshold,
            alert.actual,
            alert.message,
        )
        for alert in {alert.key: alert for alert in alerts}.values()
    ]
    if not rows:
        return 0
    columns = [list(column) for column in zip(*rows, strict=True)]
    return len(conn.execute(_ADD, columns).fetchall())


def stands(conn: Connection, key: str) -> bool:
    """Whether an alert of that key was ever kept."""
    row = conn.execute("SELECT 1 FROM alerts WHERE alert_key = %s", (key,)).fetchone()
    return row is not None


def waiting(conn: Connection) -> list[Told]:
    """What nobody has been told of yet, oldest first."""
    return conn.execute(f"{_UNTOLD} AND NOT {_BEGUN} ORDER BY triggered_at, id").fetchall()


def begun(conn: Connection) -> list[Told]:
    """Summaries that are not sent, and what some channels have taken and others have not."""
    return conn.execute(f"{_UNTOLD} AND {_BEGUN} ORDER BY triggered_at, id").fetchall()


def sent_since(conn: Connection, since: datetime) -> int:
    """Messages sent since then; what a summary told of counts as its one message."""
    row = conn.execute(
        "SELECT count(*) FROM alerts WHERE sent_at > %s AND told_in IS NULL", (since,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def put_together(conn: Connection, summary: Alert, of: Sequence[int]) -> int:
    """Keep a summary and note in each of its alerts that it tells of them; returns its id."""
    add(conn, [summary])
    row = conn.execute("SELECT id FROM alerts WHERE alert_key = %s", (summary.key,)).fetchone()
    assert row is not None
    conn.execute(
        "UPDATE alerts SET told_in = %s WHERE id = ANY(%s) AND NOT sent AND told_in IS NULL",
        (row[0], list(of)),
    )
    return int(row[0])


def taken_by(conn: Connection, alert: int) -> set[str]:
    """The channels that have taken an alert."""
    rows = conn.execute("SELECT channel FROM alert_deliveries WHERE alert_id = %s", (alert,))
    return {str(channel) for (channel,) in rows}


def took(conn: Connection, alert: int, channel: str) -> None:
    """Note that a channel has taken an alert."""
    conn.execute(
        "INSERT INTO alert_deliveries (alert_id, channel) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (alert, channel),
    )


def finish(conn: Connection, alert: int) -> int:
    """Note that every channel has taken an alert: it is sent, and so is all it tells of.

    Returns how many alerts have been told by it.
    """
    done = conn.execute(
        """UPDATE alerts SET sent = true, sent_at = clock_timestamp()
        WHERE (id = %(id)s OR told_in = %(id)s) AND NOT sent""",
        {"id": alert},
    )
    return max(1, done.rowcount - 1) if done.rowcount else 0


def unsent(conn: Connection, limit: int) -> list[StoredAlert]:
    """What is not sent yet, newest first."""
    with conn.cursor(row_factory=class_row(StoredAlert)) as cursor:
        return cursor.execute(UNSENT, (limit,)).fetchall()


def newest(
    conn: Connection, limit: int, alert_type: str | None = None, *, only_open: bool = False
) -> list[StoredAlert]:
    """Alerts, newest first; of one type, or those that nobody acknowledged, if so asked."""
    values = {"limit": limit, "type": alert_type, "open": only_open}
    with conn.cursor(row_factory=class_row(StoredAlert)) as cursor:
        return cursor.execute(_NEWEST, values).fetchall()


def acknowledge(conn: Connection, key: str) -> list[StoredAlert]:
    """Note that somebody saw an alert, and with a summary all it tells of; returns them.

    Raises:
        NotFound: there is no alert of that key.
    """
    with conn.cursor(row_factory=class_row(StoredAlert)) as cursor:
        found = cursor.execute(
            f"""UPDATE alerts SET acknowledged_at = coalesce(acknowledged_at, clock_timestamp())
            WHERE alert_key = %(key)s
               OR told_in = (SELECT id FROM alerts WHERE alert_key = %(key)s)
            RETURNING {_COLUMNS}""",
            {"key": key},
        ).fetchall()
    if not found:
        raise NotFound(f"no alert {key!r}; `odds alerts list` shows those there are")
    return found


def count_unsent(conn: Connection) -> tuple[int, datetime | None]:
    """How many are not sent, and since when the oldest waits."""
    row = conn.execute("SELECT count(*), min(triggered_at) FROM alerts WHERE NOT sent").fetchone()
    assert row is not None
    return int(row[0]), row[1]
