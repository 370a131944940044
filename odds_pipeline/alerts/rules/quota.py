"""A key's month of credits: four fifths used, and used up. Percent of the quota."""

from collections.abc import Iterator
from datetime import datetime

from odds_pipeline.catalog.alerts import Alert, AlertType, Severity

WARNED, EXHAUSTED = "80 %", "exhausted"
PERCENT = 100


def quota_alerts(
    key: str, used: float, quota: float, warning: str | None, now: datetime
) -> Iterator[Alert]:
    """One alert a key and month, once most is used.

    Args:
        key: the key's fingerprint.
        used: credits spent and in flight this month.
        quota: credits of the month.
        warning: what the budget says of it; ``None`` before there is anything to say.
        now: in which month.
    """
    if warning is None:
        return
    yield Alert(
        AlertType.QUOTA,
        Severity.WARNING,
        f"Key {key}: {warning}. `odds quota` says where the month leads.",
        object_kind="key",
        object_id=key,
        occasion=f"{WARNED} {now:%Y-%m}",
        threshold=80,
        actual=PERCENT * used / quota,
    )


def exhausted(key: str, refusal: str, now: datetime) -> Alert:
    """The alert that a key's credits are used up: once a month."""
    return Alert(
        AlertType.QUOTA,
        Severity.CRITICAL,
        f"Key {key} has no credits left: {refusal}. Nothing is collected with it any more.",
        object_kind="key",
        object_id=key,
        occasion=f"{EXHAUSTED} {now:%Y-%m}",
        threshold=100,
    )
