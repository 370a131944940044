"""The credit ledger: reserved before a call, settled after it, never changed.

Belongs here: entries and sums. Does not belong here: forecasts (``planning.rate_cards``).

Units: the provider's credits; a month is a UTC calendar month. A key is named by its
fingerprint only. `opening` books what the key had used before we first saw it, `correction`
what its headers say beyond our own calls (a charge in flight when we died, or a second user).
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from odds_pipeline.errors import BudgetExceeded
from odds_pipeline.planning.budget import Budget, Purpose
from odds_pipeline.storage import locks

Connection = psycopg.Connection[Any]
Cursor = psycopg.Cursor[Any]

_SPENT = """
SELECT coalesce(sum(credits), 0) FROM credit_ledger
WHERE key_fingerprint = %s AND entry <> 'reserved'
  AND entered_at >= date_trunc('month', clock_timestamp(), 'UTC')
"""

_OPEN = """
SELECT coalesce(sum(r.credits), 0) FROM credit_ledger r
WHERE r.key_fingerprint = %s AND r.entry = 'reserved'
  AND r.entered_at >= date_trunc('month', clock_timestamp(), 'UTC')
  AND NOT EXISTS (
      SELECT FROM credit_ledger s
      WHERE s.call_id = r.call_id AND s.entry IN ('settled', 'unknown')
  )
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One call to pay for; ``purpose`` is what its credits are spent on."""

    call_id: UUID
    key_fingerprint: str
    purpose: str
    endpoint: str
    sport_key: str
    slot_id: int


@dataclass(frozen=True, slots=True)
class Balance:
    """A key's month: credits spent, reserved in flight, and what the provider last said."""

    spent: float
    reserved: float
    provider_used: float | None
    provider_remaining: float | None


def balance(conn: Connection, key_fingerprint: str) -> Balance:
    """The month so far."""
    spent = conn.execute(_SPENT, (key_fingerprint,)).fetchone()
    reserved = conn.execute(_OPEN, (key_fingerprint,)).fetchone()
    used, remaining, _ = _last_count(ask_last_count(conn, key_fingerprint))
    assert spent is not None
    assert reserved is not None
    return Balance(float(spent[0]), float(reserved[0]), used, remaining)


def reserve(conn: Connection, call: Call, credits: float, budget: Budget) -> Balance:
    """Set the cost aside before the call is made; a free one is never refused.

    Returns the month so far, without this call.

    Raises:
        BudgetExceeded: the key's budget does not allow it for the call's purpose.
    """
    locks.take(conn, locks.LEDGER)
    now = balance(conn, call.key_fingerprint)
    refused = None
    if credits:
        refused = budget.refusal(Purpose(call.purpose), now.spent, now.reserved, credits)
    if refused:
        raise BudgetExceeded(
            f"{call.endpoint} costs {credits:g} credits, but {refused}; "
            "raise ODDS_API_QUOTA or wait for the reset",
            refused.partition(":")[0],
        )
    _enter(conn, call, "reserved", credits, None, None)
    return now


def settle(
    conn: Connection,
    call: Call,
    credits: float,
    used: float | None = None,
    remaining: float | None = None,
    last_count: Cursor | None = None,
) -> None:
    """Book what the call really cost, and what the provider's count says beyond it.

    The call's answer, if there was one, is stored already. A count that was smaller before this
    call than after the last one means that a new month began; unless the answer came before that
    of the last one and was settled late: then its cost was booked as beyond that one's, and is
    taken back. What was booked since the last count, or this month before the first, for want of
    one, is not booked again.

    ``last_count`` is asked here unless ``ask_last_count`` was sent along with something else.
    """
    before, _, uncounted = _last_count(last_count or ask_last_count(conn, call.key_fingerprint))
    if before is not None and used is not None and used < before and _came_late(conn, call):
        _enter(conn, call, "settled", credits, None, None)
        if credits:
            _enter(conn, call, "correction", -credits, None, None)
        return
    _enter(conn, call, "settled", credits, used, remaining)
    if used is None:
        return
    if before is None:
        entry, beyond = "opening", used - credits - uncounted
    elif used - credits < before:
        entry, beyond = "opening", used - credits
    else:
        entry, beyond = "correction", used - before - credits - uncounted
    if beyond:
        _enter(conn, call, entry, beyond, used, remaining)


def spent_by_others(conn: Connection, key_fingerprint: str) -> float:
    """Credits of this month that the provider counted beyond our own calls.

    What a call of ours that died in flight may have cost is not counted: that was us.
    """
    row = conn.execute(
        """SELECT greatest(0, coalesce(sum(l.credits) FILTER (WHERE l.entry = 'correction'), 0)
            - coalesce(sum(r.credits) FILTER (WHERE l.entry = 'unknown'), 0))
        FROM credit_ledger l
        LEFT JOIN credit_ledger r ON r.call_id = l.call_id AND r.entry = 'reserved'
        WHERE l.key_fingerprint = %s AND l.entry IN ('correction', 'unknown')
          AND l.entered_at >= date_trunc('month', clock_timestamp(), 'UTC')""",
        (key_fingerprint,),
    ).fetchone()
    assert row is not None
    return float(row[0])


def spent_on(conn: Connection, purpose: Purpose) -> float:
    """Credits of this month spent, or set aside in flight, for one purpose by all keys."""
    row = conn.execute(
        """SELECT coalesce(sum(credits), 0) FROM credit_ledger l
        WHERE purpose = %s AND entered_at >= date_trunc('month', clock_timestamp(), 'UTC')
          AND (entry = 'settled' OR entry = 'reserved' AND NOT EXISTS (
              SELECT FROM credit_ledger s
              WHERE s.call_id = l.call_id AND s.entry IN ('settled', 'unknown')
          ))""",
        (purpose,),
    ).fetchone()
    assert row is not None
    return float(row[0])


def charge_unknown(conn: Connection, call_id: UUID) -> None:
    """Close a reservation whose call died in flight; the next headers tell what it cost."""
    conn.execute(
        """INSERT INTO credit_ledger (call_id, entry, credits, key_fingerprint, purpose, endpoint,
            sport_key, slot_id)
        SELECT call_id, 'unknown', 0, key_fingerprint, purpose, endpoint, sport_key, slot_id
        FROM credit_ledger WHERE call_id = %s AND entry = 'reserved'
        ON CONFLICT DO NOTHING""",
        (call_id,),
    )


def ask_last_count(conn: Connection, key_fingerprint: str) -> Cursor:
    """Ask for the provider's last count, which ``settle`` books against."""
    return conn.execute(
        """SELECT h.provider_used::float8, h.provider_remaining::float8, (
            SELECT coalesce(sum(credits), 0)::float8 FROM credit_ledger
            WHERE key_fingerprint = %(key)s AND entry <> 'reserved'
              AND entry_id > coalesce(h.entry_id, 0) AND (h.entry_id IS NOT NULL
                  OR entered_at >= date_trunc('month', clock_timestamp(), 'UTC'))
        ) FROM (SELECT) one LEFT JOIN LATERAL (
            SELECT entry_id, provider_used, provider_remaining FROM credit_ledger
            WHERE key_fingerprint = %(key)s AND provider_used IS NOT NULL
            ORDER BY entry_id DESC LIMIT 1
        ) h ON true""",
        {"key": key_fingerprint},
    )


def _last_count(asked: Cursor) -> tuple[float | None, float | None, float]:
    """The provider's last count (used, remaining), and the credits booked without one since."""
    row = asked.fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def _came_late(conn: Connection, call: Call) -> bool:
    """Whether an answer settled before this one came after it, by our own clock."""
    row = conn.execute(
        """SELECT mine.clock_at < last.clock_at
        FROM raw_responses mine, raw_responses last
        WHERE mine.call_id = %s AND last.call_id = (
            SELECT call_id FROM credit_ledger
            WHERE key_fingerprint = %s AND provider_used IS NOT NULL
            ORDER BY entry_id DESC LIMIT 1
        )""",
        (call.call_id, call.key_fingerprint),
    ).fetchone()
    return row is not None and bool(row[0])


def _enter(
    conn: Connection,
    call: Call,
    entry: str,
    credits: float,
    used: float | None,
    remaining: float | None,
) -> None:
    conn.execute(
        """INSERT INTO credit_ledger (call_id, entry, credits, key_fingerprint, purpose, endpoint,
            sport_key, slot_id, provider_used, provider_remaining)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
        (
            call.call_id,
            entry,
            credits,
            call.key_fingerprint,
            call.purpose,
            call.endpoint,
            call.sport_key,
            call.slot_id,
            used,
            remaining,
        ),
    )
