"""What goes out now: one by one, in one summary, or later.

Belongs here: flood, rate limit, quiet hours. Does not belong here: sending (``services.alerting``).

Pure. What does not go out now waits; nothing is dropped.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import NamedTuple

from odds_pipeline.catalog.alerts import Alert, AlertType, Severity

# More at once are told in one message.
FLOOD = 5
SHOWN = 3


class Waiting(NamedTuple):
    """An alert of the outbox that no channel has told yet."""

    id: int
    key: str
    alert_type: str
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be sent.

    Args:
        per_hour: messages an hour; critical ones may bring it to twice as many.
        quiet: from and until which time of day, UTC, only critical ones are sent; ``None``: never.
    """

    per_hour: int
    quiet: tuple[time, time] | None = None

    def is_quiet(self, now: datetime) -> bool:
        """Whether only critical alerts are sent now; the end itself is not quiet."""
        if self.quiet is None:
            return False
        begin, end = self.quiet
        at = now.time()
        return begin <= at < end if begin <= end else at >= begin or at < end


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What to do now: send ``single`` as they are, or put ``together`` into one message."""

    single: tuple[Waiting, ...] = ()
    together: tuple[Waiting, ...] = ()


def outgoing(
    waiting: Sequence[Waiting], sent_last_hour: int, limits: Limits, now: datetime
) -> Outgoing:
    """Choose what goes out.

    Args:
        waiting: all that no channel has told yet.
        sent_last_hour: messages of the last hour.
        limits: how many are allowed, and when.
        now: the moment, UTC.
    """
    due = list(waiting)
    room = limits.per_hour - sent_last_hour
    if limits.is_quiet(now) or room <= 0:
        due = [alert for alert in due if alert.severity is Severity.CRITICAL]
        room = 2 * limits.per_hour - sent_last_hour
    if not due or room <= 0:
        return Outgoing()
    if len(due) > min(FLOOD, room):
        return Outgoing(together=tuple(due))
    return Outgoing(single=tuple(due))


def summary_of(alerts: Sequence[Waiting]) -> Alert:
    """One alert that tells of many: how many of what, and the worst of them in full.

    It is named after the newest of them, so that the same ones give the same summary.
    """
    counts = Counter((alert.severity, alert.alert_type) for alert in alerts)
    listed = sorted(counts.items(), key=lambda each: (-each[0][0].rank, -each[1], each[0][1]))
    told = ", ".join(f"{n:,} {severity} {kind}" for (severity, kind), n in listed)
    worst = sorted(alerts, key=lambda alert: (-alert.severity.rank, -alert.id))[:SHOWN]
    shown = "\n".join(f"{alert.severity}: {alert.message}" for alert in worst)
    return Alert(
        AlertType.SUMMARY,
        max((alert.severity for alert in alerts), key=lambda severity: severity.rank),
        f"{len(alerts):,} alerts at once: {told}. The worst:\n{shown}\n"
        "`odds alerts list` shows all.",
        object_kind="alerts",
        object_id=str(max(alert.id for alert in alerts)),
        occasion=str(len(alerts)),
        actual=len(alerts),
    )
