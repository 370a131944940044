"""Slots: every planned capture, who may make it, and how it ended.

Belongs here: planning, claiming and closing slots. Does not belong here: when to capture
(``planning``), what is fetched (``services``).

A slot ends as ok, gap (with its reason) or healed. A claim expires, so that a dead machine never
holds a slot; whoever takes it over looks at the spool and the ledger first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from odds_pipeline.planning.captures import PlannedCapture, Window
from odds_pipeline.storage import locks

Connection = psycopg.Connection[Any]
NOT_THERE = "the provider has no snapshot of that time"
LONGEST_STEP = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Slot:
    """One planned capture of one sport for one purpose (live, history, scores, events)."""

    slot_id: int
    purpose: str
    sport_key: str
    slot_time: datetime
    status: str
    reason: str | None
    why: str | None


def plan(conn: Connection, purpose: str, sport_key: str, times: Iterable[datetime]) -> int:
    """Plan captures; those planned before stay as they are. Returns how many are new."""
    return conn.execute(
        """INSERT INTO slots (purpose, sport_key, slot_time)
        SELECT %s, %s, t FROM unnest(%s::timestamptz[]) t ON CONFLICT DO NOTHING""",
        (purpose, sport_key, list(times)),
    ).rowcount


def replan(
    conn: Connection,
    purpose: str,
    sport_key: str,
    window: Window,
    captures: Iterable[PlannedCapture],
) -> int:
    """Make the plan of a window what is wanted now; returns how many slots are new.

    A slot that is merely planned and no longer wanted goes: a plan that changed before its time
    is no missed capture. Any other stays as it is. The window begins now or later, so that what
    was due is never taken out of the plan.
    """
    wanted = {
        capture.slot_time: capture.why
        for capture in captures
        if window.begin <= capture.slot_time < window.end
    }
    conn.execute(
        """DELETE FROM slots
        WHERE purpose = %s AND sport_key = %s AND slot_time >= %s AND slot_time < %s
          AND status = 'planned' AND NOT slot_time = ANY(%s::timestamptz[])""",
        (purpose, sport_key, window.begin, window.end, list(wanted)),
    )
    # Planned before for another reason: the newer one is shown, unless it is made already.
    return conn.execute(
        """INSERT INTO slots AS s (purpose, sport_key, slot_time, why)
        SELECT %s, %s, t, w FROM unnest(%s::timestamptz[], %s::text[]) AS a(t, w)
        ON CONFLICT (purpose, sport_key, slot_time) DO UPDATE SET why = excluded.why
        WHERE s.status = 'planned' AND s.why IS DISTINCT FROM excluded.why""",
        (purpose, sport_key, list(wanted), list(wanted.values())),
    ).rowcount


def claim(
    conn: Connection,
    purpose: str,
    sport_key: str,
    slot_time: datetime,
    call_id: UUID,
    lease: timedelta,
    after: UUID | None = None,
) -> int | None:
    """Claim one capture for a call; ``None`` when it is done or somebody else's.

    Of any number of claimers exactly one wins. A gap may be claimed again; the claim of a dead
    one is made a gap first (``claims_of``, ``expired_claims``). A slot that the call ``after``
    made is claimed once more by the next of several calls that make it together.
    """
    plan(conn, purpose, sport_key, [slot_time])
    row = conn.execute(
        """UPDATE slots SET status = 'claimed', reason = NULL, call_id = %s,
            claim_expires = clock_timestamp() + %s
        WHERE purpose = %s AND sport_key = %s AND slot_time = %s
          AND (status IN ('planned', 'gap') OR call_id = %s)
        RETURNING slot_id""",
        (call_id, lease, purpose, sport_key, slot_time, after),
    ).fetchone()
    return None if row is None else int(row[0])


def renew(conn: Connection, slot_id: int, call_id: UUID, lease: timedelta) -> bool:
    """Start the lease anew; ``False`` when the claim was closed meanwhile."""
    renewed = conn.execute(
        """UPDATE slots SET claim_expires = clock_timestamp() + %s
        WHERE slot_id = %s AND call_id = %s AND status = 'claimed'""",
        (lease, slot_id, call_id),
    )
    return renewed.rowcount == 1


def fetched(conn: Connection, slot_id: int, call_id: UUID) -> None:
    """The answer of the call that claimed it is stored; normalising it makes the slot ok.

    So it is too where the claim was given up for dead before the answer turned up.
    """
    conn.execute(
        """UPDATE slots SET status = 'fetched', reason = NULL
        WHERE slot_id = %s AND call_id = %s""",
        (slot_id, call_id),
    )


def hand_back(conn: Connection, slot_id: int, call_id: UUID, to: UUID) -> None:
    """The call brought nothing, but the slot was made by the one before it."""
    locks.take(conn, locks.NORMALISER)  # so that its document is either pending or done
    conn.execute(
        """UPDATE slots SET call_id = %(to)s, status = CASE WHEN EXISTS (
            SELECT FROM raw_responses JOIN pending_raw USING (raw_id) WHERE call_id = %(to)s
        ) THEN 'fetched' ELSE 'ok' END
        WHERE slot_id = %(slot)s AND call_id = %(call)s""",
        {"to": to, "slot": slot_id, "call": call_id},
    )


def finish(conn: Connection, gaps: Mapping[int, str | None]) -> None:
    """Close the slots of documents that are read, by what their answers turned out to be.

    An answer from history has to be of the slot's time, captured in (slot time - feed step, slot
    time]: then it heals a live slot; otherwise the provider has nothing of that time. What else it
    makes is ``share_answers``'.

    Args:
        conn: a connection inside the transaction of the marks, in which their captures stand.
        gaps: why an answer makes no capture, by raw id; ``None`` for one that does.
    """
    conn.execute(
        """WITH done AS (
            SELECT s.slot_id, a.gap,
                r.endpoint <> 'historical_odds' OR EXISTS (
                    SELECT FROM captures c
                    WHERE c.raw_id = r.raw_id AND c.capture_time <= s.slot_time
                      AND c.capture_time > s.slot_time - feed_step(s.slot_time)
                ) AS in_time,
                r.endpoint = 'historical_odds' AND s.purpose = 'live' AS heals
            FROM unnest(%s::bigint[], %s::text[]) AS a(raw_id, gap)
            JOIN raw_responses r USING (raw_id) JOIN slots s USING (call_id)
            WHERE s.status = 'fetched'
        )
        UPDATE slots s SET
            status = CASE WHEN gap IS NOT NULL OR NOT in_time THEN 'gap'
                WHEN heals THEN 'healed' ELSE 'ok' END,
            reason = CASE WHEN gap IS NOT NULL THEN gap WHEN NOT in_time THEN %s END
        FROM done WHERE s.slot_id = done.slot_id""",
        (list(gaps), list(gaps.values()), NOT_THERE),
    )


def reopen(conn: Connection, raw_id: int, reasons: Sequence[str]) -> None:
    """Let the slot of a document that is a gap for one of these reasons be closed anew."""
    conn.execute(
        """UPDATE slots s SET status = 'fetched', reason = NULL
        FROM raw_responses r
        WHERE r.raw_id = %s AND s.call_id = r.call_id AND s.status = 'gap'
          AND s.reason = ANY(%s)""",
        (raw_id, list(reasons)),
    )


def share(conn: Connection, sport_key: str, window: Window) -> None:
    """Close the missing slots of a window whose snapshots from history are stored already."""
    rows = conn.execute(
        """SELECT DISTINCT c.raw_id
        FROM captures c JOIN raw_responses r USING (raw_id) JOIN normalisations n USING (raw_id)
        WHERE c.capture_time >= %s AND c.capture_time < %s AND r.endpoint = 'historical_odds'
          AND r.request ->> 'sport' = %s AND n.status = 'ok' AND n.snapshots > 0""",
        (window.begin - LONGEST_STEP, window.end, sport_key),
    )
    share_answers(conn, [row[0] for row in rows])


def share_answers(conn: Connection, raw_ids: Sequence[int]) -> None:
    """Close the missing slots of whose time answers from history are, besides those asked for.

    So no snapshot is paid for twice. A slot that is only planned for live collection is left to
    it. Answers of now are nobody else's.
    """
    conn.execute(
        """UPDATE slots s SET reason = NULL, call_id = r.call_id,
            status = CASE s.purpose WHEN 'live' THEN 'healed' ELSE 'ok' END
        FROM captures c JOIN raw_responses r USING (raw_id)
        WHERE c.raw_id = ANY(%s) AND r.endpoint = 'historical_odds' AND c.kind = 'odds'
          AND s.sport_key = r.request ->> 'sport'
          AND (s.status = 'gap' AND s.purpose IN ('live', 'history')
               OR s.status = 'planned' AND s.purpose = 'history')
          AND s.slot_time >= c.capture_time AND s.slot_time < c.capture_time + %s
          AND c.capture_time > s.slot_time - feed_step(s.slot_time)""",
        (list(raw_ids), LONGEST_STEP),
    )


def is_made(conn: Connection, slot_id: int) -> bool:
    """Whether the capture is stored, by whichever call."""
    found = conn.execute(
        "SELECT FROM slots WHERE slot_id = %s AND status IN ('ok', 'healed')", (slot_id,)
    )
    return found.fetchone() is not None


def skip(conn: Connection, purpose: str, sport_key: str, slot_time: datetime, reason: str) -> bool:
    """Record that nothing was asked for a capture, and why; ``False`` if it is made or claimed."""
    plan(conn, purpose, sport_key, [slot_time])
    skipped = conn.execute(
        """UPDATE slots SET status = 'gap', reason = coalesce(reason, %s)
        WHERE purpose = %s AND sport_key = %s AND slot_time = %s
          AND status IN ('planned', 'gap')""",
        (reason, purpose, sport_key, slot_time),
    )
    return skipped.rowcount == 1


def gap(conn: Connection, slot_id: int, call_id: UUID, reason: str) -> None:
    """The capture was not made by the call that claimed it, and why."""
    conn.execute(
        "UPDATE slots SET status = 'gap', reason = %s WHERE slot_id = %s AND call_id = %s",
        (reason, slot_id, call_id),
    )


def claims_of(conn: Connection, call_id: UUID) -> list[tuple[int, UUID]]:
    """The claim of a call that is known to be dead, if it stands: (slot, call)."""
    rows = conn.execute(
        "SELECT slot_id, call_id FROM slots WHERE call_id = %s AND status = 'claimed' FOR UPDATE",
        (call_id,),
    )
    return [(row[0], row[1]) for row in rows]


def expired_claims(conn: Connection) -> list[tuple[int, UUID]]:
    """Claims whose lease has ended: (slot, call)."""
    rows = conn.execute(
        """SELECT slot_id, call_id FROM slots
        WHERE status = 'claimed' AND claim_expires < clock_timestamp() FOR UPDATE SKIP LOCKED"""
    )
    return [(row[0], row[1]) for row in rows]


def between(conn: Connection, purpose: str, sport_key: str, window: Window) -> list[Slot]:
    """The slots of one purpose and sport in a window, by time."""
    rows = conn.execute(
        """SELECT slot_id, purpose, sport_key, slot_time, status, reason, why FROM slots
        WHERE purpose = %s AND sport_key = %s AND slot_time >= %s AND slot_time < %s
        ORDER BY slot_time""",
        (purpose, sport_key, window.begin, window.end),
    )
    return [Slot(*row) for row in rows]


def of_day(conn: Connection, day: date, purposes: Iterable[str]) -> list[Slot]:
    """The slots of a UTC day, by time."""
    rows = conn.execute(
        """SELECT slot_id, purpose, sport_key, slot_time, status, reason, why FROM slots
        WHERE slot_time >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
          AND slot_time < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
          AND purpose = ANY(%(purposes)s)
        ORDER BY slot_time, sport_key""",
        {"day": day, "purposes": list(purposes)},
    )
    return [Slot(*row) for row in rows]
