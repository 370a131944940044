"""Sums up the day before, once, from the stated time of day on.

Belongs here: when, and the figures. Does not belong here: the words (``alerts.rules.daily``).
"""

from datetime import timedelta

from odds_pipeline.alerts.rules.daily import DayTold, daily_summary
from odds_pipeline.services.alerting.raising import raise_alerts
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.status import quota
from odds_pipeline.storage import alert_causes, outbox
from odds_pipeline.storage.engine import transaction

_NOTHING = DayTold(0, 0, 0, 0, 0, 0, 0, 0.0, 0.0)


def raise_daily(platform: Platform) -> bool:
    """Raise the summary of the UTC day before, if it is time; returns whether it is new."""
    settings, now = platform.settings, platform.now()
    at = settings.daily_summary_at
    if not settings.alert_enabled or at is None or now.time() < at:
        return False
    day = now.date() - timedelta(days=1)
    with transaction(platform.engine) as conn:
        if outbox.stands(conn, daily_summary(day, _NOTHING).key):
            return False
    left = quota(platform).remaining
    with transaction(platform.engine) as conn:
        brought = alert_causes.day_brought(conn, day)
        alert = daily_summary(day, DayTold(*brought, quota_left=left))
        return bool(raise_alerts(conn, platform, [alert]))
