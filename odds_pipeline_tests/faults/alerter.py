"""The process that is killed while it raises alerts and sends them.

Belongs here: the child's own work. Does not belong here: killing it (``test_killed_alerts``).
"""

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import apprise

from odds_pipeline.catalog.alerts import Alert, AlertType, Severity
from odds_pipeline.composition import open_platform
from odds_pipeline.services.alerting.raising import raise_alerts
from odds_pipeline.services.alerting.sending import send_waiting
from odds_pipeline.services.platform import Platform
from odds_pipeline.settings import load_settings
from odds_pipeline.storage import quality_log
from odds_pipeline.storage.engine import transaction

DAY = date(2026, 3, 10)
# Whoever is forked from here has every kind of channel loaded.
apprise.Apprise.instantiate("json://127.0.0.1")


def alert(number: int) -> Alert:
    """One of the alerts, by its number."""
    what = f"issue {number}"
    return Alert(AlertType.DATA_QUALITY, Severity.ERROR, what, "day", f"{DAY}", what)


def work(environment: Mapping[str, str], _: Path, count: int) -> None:
    """Log issues, each with its alert, and send what waits."""
    os.environ.update(environment)
    with open_platform(load_settings()) as platform:
        log_and_send(platform, count)


def log_and_send(platform: Platform, count: int) -> None:
    """The work, in the present process."""
    for number in range(count):
        with transaction(platform.engine) as conn:
            quality_log.note_once(conn, DAY, "test", f"issue {number}")
            raise_alerts(conn, platform, [alert(number)])
    send_waiting(platform)
