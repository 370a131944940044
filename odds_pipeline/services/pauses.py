"""Whether a key may be called now, or pauses after failures.

Belongs here: the fetch log held against the rule, and the gap of a capture that is not asked for.
Does not belong here: the rule (``planning.breaker``).
"""

from datetime import datetime

from odds_pipeline.errors import CallsPaused
from odds_pipeline.planning import breaker
from odds_pipeline.planning.breaker import Pause
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import fetch_log, slots
from odds_pipeline.storage.engine import Connection, transaction


def current_pause(platform: Platform, paid: bool = True) -> Pause | None:
    """The pause that holds now for calls with the configured key, if any."""
    with transaction(platform.engine) as conn:
        return _pause(conn, platform, paid)


def require_open(
    platform: Platform, purpose: str, sport_key: str, slot_time: datetime, *, paid: bool
) -> bool:
    """Whether a capture may be asked for; ``False`` in a pause, if it is made or claimed anyway.

    Raises:
        CallsPaused: the capture is recorded as a gap with the same reason.
    """
    with transaction(platform.engine) as conn:
        found = _pause(conn, platform, paid)
        if found is None:
            return True
        until = _told(found.until)
        if not slots.skip(conn, purpose, sport_key, slot_time, f"breaker open until {until}"):
            return False
    raise CallsPaused(f"nothing is asked until {until}: {found.reason}")


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _pause(conn: Connection, platform: Platform, paid: bool) -> Pause | None:
    now, outcomes = fetch_log.last_outcomes(conn, platform.key_fingerprint)
    return breaker.pause([breaker.Outcome(*outcome) for outcome in outcomes], now, paid)
