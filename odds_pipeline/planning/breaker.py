"""When calls with a key should pause, judged by how its last ones went.

Belongs here: the rule. Does not belong here: reading the fetch log, refusing (``services``).

- Five failed calls in a row (no answer, 5xx, 429): a minute, twice as long after each further one,
  at most half an hour. Then one call may try; any other answer ends the streak.
- The key is refused (a 401 that is not about credits or the plan): an hour.
- The credits are used up: paid calls pause until the month's reset, unless an answer after that
  says that some are left (free calls go on, so a larger plan is noticed).

Units: UTC times.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import NamedTuple

FAILURES = 5
FIRST, LONGEST = timedelta(minutes=1), timedelta(minutes=30)
REFUSED_KEY = timedelta(hours=1)
DOUBLINGS = 5

OUT_OF_CREDITS = "OUT_OF_USAGE_CREDITS"
_OF_THE_PLAN = frozenset({OUT_OF_CREDITS, "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN"})


class Outcome(NamedTuple):
    """How one call went: HTTP status (``None`` = no answer), error code, credits left if said."""

    at: datetime
    status: int | None
    code: str
    remaining: float | None


class Pause(NamedTuple):
    """Until when nothing should be asked, and why."""

    until: datetime
    reason: str


def pause(newest_first: Sequence[Outcome], now: datetime, paid: bool) -> Pause | None:
    """The pause that holds now, if any.

    Args:
        newest_first: the key's last calls.
        now: the present, by the clock of the calls' times.
        paid: whether the call that is thought of costs credits.
    """
    pauses = [_after_failures(newest_first), _after_refused_key(newest_first)]
    if paid:
        pauses.append(_after_last_credit(newest_first))
    return next((found for found in pauses if found is not None and found.until > now), None)


def _after_failures(outcomes: Sequence[Outcome]) -> Pause | None:
    streak = sum(1 for _ in takewhile(_failed, outcomes))
    if streak < FAILURES:
        return None
    wait = min(FIRST * 2 ** min(streak - FAILURES, DOUBLINGS), LONGEST)
    return Pause(outcomes[0].at + wait, f"the last {streak} calls failed")


def _after_refused_key(outcomes: Sequence[Outcome]) -> Pause | None:
    if not outcomes or outcomes[0].status != 401 or outcomes[0].code in _OF_THE_PLAN:
        return None
    return Pause(outcomes[0].at + REFUSED_KEY, "the provider refuses this key; check ODDS_API_KEY")


def _after_last_credit(outcomes: Sequence[Outcome]) -> Pause | None:
    for outcome in outcomes:
        if outcome.code == OUT_OF_CREDITS:
            return Pause(_next_month(outcome.at), "the month's credits are used up")
        if outcome.remaining is not None and outcome.remaining > 0:
            return None
    return None


def _failed(outcome: Outcome) -> bool:
    return outcome.status is None or outcome.status == 429 or outcome.status >= 500


def _next_month(moment: datetime) -> datetime:
    at = moment.astimezone(UTC)
    year, month = (at.year + 1, 1) if at.month == 12 else (at.year, at.month + 1)
    return datetime(year, month, 1, tzinfo=UTC)
