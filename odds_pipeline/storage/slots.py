"""Slots: every planned capture, who may make it, and how it ended.

Belongs here: planning, claiming and closing slots. Does not belong here: when to capture
(``planning``), what is fetched (``services``).

A slot ends as ok, gap (with its reason) or healed. A claim expires, so that a dead process never
holds a slot; whoever takes it over looks at the spool and the ledger first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

Connection = psycopg.Connection[Any]
NOT_THERE = "the provider has no snapshot of that time"


@dataclass(frozen=True, slots=True)
class Slot:
    """One planned capture of one sport for one purpose (live, history, scores, events)."""

    slot_id: int
    purpose: str
    sport_key: str
    slot_time: datetime
    status: str
    reason: str | None


def plan(conn: Connection, purpose: str, sport_key: str, times: Iterable[datetime]) -> int:
    """Plan captures; those planned before stay as they are. Returns how many are new."""
    return conn.execute(
        """INSERT INTO slots (purpose, sport_key, slot_time)
        SELECT %s, %s, t FROM unnest(%s::timestamptz[]) t ON CONFLICT DO NOTHING""",
        (purpose, sport_key, list(times)),
    ).rowcount


def claim(
    conn: Connection,
    purpose: str,
    sport_key: str,
    slot_time: datetime,
    call_id: UUID,
    lease: timedelta,
) -> int | None:
    """Claim one capture for a call; ``None`` when it is done or somebody else's.

    Of any number of claimers exactly one wins. A gap may be claimed again; an expired claim is
    made one first (``expired_claims``).
    """
    plan(conn, purpose, sport_key, [slot_time])
    row = conn.execute(
        """UPDATE slots SET status = 'claimed', reason = NULL, call_id = %s,
            claim_expires = clock_timestamp() + %s
        WHERE purpose = %s AND sport_key = %s AND slot_time = %s
          AND status IN ('planned', 'gap')
        RETURNING slot_id""",
        (call_id, lease, purpose, sport_key, slot_time),
    ).fetchone()
    return None if row is None else int(row[0])


def fetched(conn: Connection, slot_id: int, call_id: UUID) -> None:
    """The answer of the call that claimed it is stored; normalising it makes the slot ok."""
    conn.execute(
        "UPDATE slots SET status = 'fetched' WHERE slot_id = %s AND call_id = %s",
        (slot_id, call_id),
    )


def healed(conn: Connection, slot_id: int) -> None:
    """A missed live capture was bought from history."""
    conn.execute(
        "UPDATE slots SET status = 'healed' WHERE slot_id = %s AND status = 'ok'", (slot_id,)
    )


def gap(conn: Connection, slot_id: int, call_id: UUID, reason: str) -> None:
    """The capture was not made by the call that claimed it, and why."""
    conn.execute(
        "UPDATE slots SET status = 'gap', reason = %s WHERE slot_id = %s AND call_id = %s",
        (reason, slot_id, call_id),
    )


def not_there(conn: Connection, slot_id: int) -> None:
    """The capture was bought, but the provider's answer is of another time."""
    conn.execute(
        "UPDATE slots SET status = 'gap', reason = %s WHERE slot_id = %s AND status = 'ok'",
        (NOT_THERE, slot_id),
    )


def expired_claims(conn: Connection) -> list[tuple[int, UUID]]:
    """Claims whose holder is gone: (slot, call)."""
    rows = conn.execute(
        """SELECT slot_id, call_id FROM slots
        WHERE status = 'claimed' AND claim_expires < clock_timestamp() FOR UPDATE SKIP LOCKED"""
    )
    return [(row[0], row[1]) for row in rows]


def of_day(conn: Connection, day: date, purposes: Iterable[str]) -> list[Slot]:
    """The slots of a UTC day, by time."""
    rows = conn.execute(
        """SELECT slot_id, purpose, sport_key, slot_time, status, reason FROM slots
        WHERE slot_time >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
          AND slot_time < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
          AND purpose = ANY(%(purposes)s)
        ORDER BY slot_time, sport_key""",
        {"day": day, "purposes": list(purposes)},
    )
    return [Slot(*row) for row in rows]


def captured_within(conn: Connection, slot_id: int, step: timedelta) -> bool:
    """Whether the slot's answer was captured in (slot time - step, slot time]."""
    row = conn.execute(
        """SELECT EXISTS (
            SELECT FROM slots s JOIN raw_responses r USING (call_id) JOIN captures c USING (raw_id)
            WHERE s.slot_id = %s
              AND c.capture_time <= s.slot_time AND c.capture_time > s.slot_time - %s
        )""",
        (slot_id, step),
    ).fetchone()
    return row is not None and bool(row[0])
