"""Gaps: planned captures that were not made, and what would tell what they are worth.

Belongs here: finding, counting and listing them, and the proof that a closed one is closed. Does
not belong here: the states of a slot (``slots``), what to buy first (``planning.healing``).

Units: UTC times.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.planning.captures import Window

Connection = psycopg.Connection[Any]
MISSED = "missed"


class OpenGap(NamedTuple):
    """One capture that was not made: where, when, why not, and why it was planned."""

    slot_id: int
    sport_key: str
    slot_time: datetime
    reason: str
    why: str | None


class GapCount(NamedTuple):
    """How many slots of a day, sport and purpose ended (or stand) alike."""

    day: date
    sport_key: str
    purpose: str
    status: str
    reason: str | None
    slots: int


def mark_missed(conn: Connection, purpose: str, now: datetime, grace: timedelta) -> int:
    """Make a gap of each planned slot that nobody will make any more; returns how many.

    That is one past its grace, or followed by another one that is due already.
    """
    return conn.execute(
        """UPDATE slots s SET status = 'gap', reason = %(reason)s
        WHERE s.purpose = %(purpose)s AND s.status = 'planned' AND s.slot_time <= %(now)s
          AND (s.slot_time <= %(late)s OR EXISTS (
              SELECT FROM slots n
              WHERE n.purpose = s.purpose AND n.sport_key = s.sport_key
                AND n.slot_time > s.slot_time AND n.slot_time <= %(now)s
          ))""",
        {"purpose": purpose, "now": now, "late": now - grace, "reason": MISSED},
    ).rowcount


def add_missed(
    conn: Connection, purpose: str, sport_key: str, whys: Iterable[tuple[datetime, str]]
) -> int:
    """Enter captures that nobody planned in time as gaps; returns how many are new."""
    wanted = dict(whys)
    return conn.execute(
        """INSERT INTO slots (purpose, sport_key, slot_time, status, reason, why)
        SELECT %s, %s, t, 'gap', %s, w FROM unnest(%s::timestamptz[], %s::text[]) AS a(t, w)
        ON CONFLICT DO NOTHING""",
        (purpose, sport_key, MISSED, list(wanted), list(wanted.values())),
    ).rowcount


def silences(conn: Connection, window: Window, longest: timedelta) -> list[Window]:
    """Stretches of a window in which nothing was asked for longer than that, by time.

    The last one ends with the window. Before the first call there was no silence.
    """
    rows = conn.execute(
        """SELECT capture_time, next_at FROM (
            SELECT capture_time,
                lead(capture_time, 1, %(end)s) OVER (ORDER BY capture_time) AS next_at
            FROM captures
            WHERE basis IN ('clock', 'date_header')
              AND capture_time >= %(begin)s AND capture_time < %(end)s
        ) a WHERE next_at - capture_time > %(longest)s ORDER BY capture_time""",
        {"begin": window.begin, "end": window.end, "longest": longest},
    )
    return [Window(*row) for row in rows]


def open_gaps(conn: Connection, purpose: str, window: Window) -> list[OpenGap]:
    """The gaps of a purpose, by time."""
    rows = conn.execute(
        """SELECT slot_id, sport_key, slot_time, reason, why FROM slots
        WHERE purpose = %s AND status = 'gap' AND slot_time >= %s AND slot_time < %s
        ORDER BY slot_time, sport_key""",
        (purpose, window.begin, window.end),
    )
    return [OpenGap(*row) for row in rows]


def counts(conn: Connection, purposes: Iterable[str], window: Window) -> list[GapCount]:
    """The slots of a window by UTC day, sport, purpose, status and reason."""
    rows = conn.execute(
        """SELECT (slot_time AT TIME ZONE 'UTC')::date, sport_key, purpose, status, reason, count(*)
        FROM slots
        WHERE purpose = ANY(%s) AND slot_time >= %s AND slot_time < %s
        GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5""",
        (list(purposes), window.begin, window.end),
    )
    return [GapCount(*row) for row in rows]


def made(conn: Connection, sport_key: str, window: Window) -> list[datetime]:
    """When the sport's odds were captured, live or from history."""
    rows = conn.execute(
        """SELECT capture_time FROM captures c JOIN sports USING (sport_id)
        WHERE c.kind = 'odds' AND sport_key = %s AND capture_time >= %s AND capture_time < %s
        ORDER BY capture_time""",
        (sport_key, window.begin, window.end),
    )
    return [row[0] for row in rows]


def starts_within(conn: Connection, sport_key: str, window: Window) -> list[datetime]:
    """Starts of the sport's events that were to be played then, one an event, by all known now."""
    rows = conn.execute(
        """SELECT e.commence_time FROM events_as_of(clock_timestamp(), 'infinity') e
        WHERE e.id = ANY(ARRAY(
                SELECT event_id FROM starts_stated
                WHERE commence_time >= %(begin)s AND commence_time < %(end)s
            ))
          AND e.sport_key = %(sport)s AND e.status NOT IN ('cancelled', 'postponed')
          AND e.start_precision = 'exact'
          AND e.commence_time >= %(begin)s AND e.commence_time < %(end)s
        ORDER BY e.commence_time""",
        {"sport": sport_key, "begin": window.begin, "end": window.end},
    )
    return [row[0] for row in rows]


def unproven(conn: Connection, window: Window) -> list[int]:
    """Healed slots without a snapshot of their time in the answer that healed them: none."""
    rows = conn.execute(
        """SELECT s.slot_id FROM slots s
        WHERE s.status = 'healed' AND s.slot_time >= %s AND s.slot_time < %s AND NOT EXISTS (
            SELECT FROM raw_responses r JOIN captures c USING (raw_id)
            WHERE r.call_id = s.call_id AND r.request ->> 'sport' = s.sport_key
              AND c.capture_time <= s.slot_time
              AND c.capture_time > s.slot_time - feed_step(s.slot_time)
        ) ORDER BY s.slot_id""",
        (window.begin, window.end),
    )
    return [row[0] for row in rows]
