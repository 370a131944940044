"""What is broken: runs that failed, collection that stands still. Times UTC."""

from datetime import datetime

from odds_pipeline.catalog.alerts import Alert, AlertType, Severity


def run_failed(job: str, run_id: str, reason: str, at: datetime) -> Alert:
    """A run that failed: one alert a job and hour, since what fails is tried again."""
    return Alert(
        AlertType.SYSTEM_ERROR,
        Severity.ERROR,
        f"A run of {job} failed ({run_id[:8]}): {reason}",
        object_kind="run",
        object_id=job,
        occasion=f"{at:%Y-%m-%d %H}",
    )


def standing_still(
    last_success: datetime | None, hours: float, limit_hours: float, now: datetime
) -> Alert:
    """Captures are due and none succeeds: one alert a UTC day.

    Args:
        last_success: the last call that did; ``None`` if none ever did.
        hours: how long ago that is, or since when captures are due.
        limit_hours: how long is too long.
        now: the moment.
    """
    since = "ever" if last_success is None else f"since {last_success:%Y-%m-%d %H:%M} UTC"
    return Alert(
        AlertType.SYSTEM_ERROR,
        Severity.CRITICAL,
        f"Nothing was fetched {since}, though captures are due. `odds doctor` says more.",
        object_kind="stage",
        object_id="fetch",
        occasion=f"still {now:%Y-%m-%d}",
        threshold=limit_hours,
        actual=hours,
    )
