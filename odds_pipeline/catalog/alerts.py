"""The words of alerts: their types, severities, and one alert before it is kept.

Belongs here: what an alert is and what names it. Does not belong here: when one is raised
(``alerts.rules``), the outbox (``storage.outbox``), sending (``services.alerting``).
"""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2s


class Severity(StrEnum):
    """How soon somebody should look; the last one is the worst."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the mildest."""
        return list(Severity).index(self)


class AlertType(StrEnum):
    """What an alert is about."""

    ARBITRAGE = "arbitrage"
    EXPECTED_VALUE = "expected_value"
    LARGE_MOVEMENT = "large_movement"
    DATA_QUALITY = "data_quality"
    SYSTEM_ERROR = "system_error"
    QUOTA = "quota"
    DEGRADED_STAGE = "degraded_stage"
    DAILY_SUMMARY = "daily_summary"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to tell.

    Args:
        alert_type: what it is about.
        severity: how soon somebody should look.
        message: a sentence or two of plain text; foreign names in it are not to be trusted.
        object_kind: kind of thing it is about: event, edge, day, key, stage, run, alerts.
        object_id: which one.
        occasion: what tells two alerts about the same object apart, such as a UTC day.
        threshold: the value it is judged by, where there is one.
        actual: the value that was found.
    """

    alert_type: AlertType
    severity: Severity
    message: str
    object_kind: str
    object_id: str
    occasion: str
    threshold: float | None = None
    actual: float | None = None

    @property
    def key(self) -> str:
        """Its stable name, 16 hexadecimal digits: the same alert has it whenever it is raised."""
        parts = (self.alert_type, self.object_kind, self.object_id, self.occasion)
        return blake2s("\x1f".join(parts).encode(), digest_size=8).hexdigest()
