"""What the platform is doing and what it has left to spend.

Belongs here: the status panel's and the quota's figures. Does not belong here: drawing them.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from odds_pipeline.planning.sampling import month_cost
from odds_pipeline.services.collect import live_cost
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import deployment, ledger, statistics
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.statistics import Statistics


@dataclass(frozen=True, slots=True)
class Quota:
    """The month's credits: used and reserved by us, left, and where live collection leads.

    ``forecast`` is what will be used by the reset at the configured interval; ``resets_at`` is
    the first of next month, UTC. ``provider_remaining`` is what the provider last said.
    """

    quota: int
    used: float
    reserved: float
    remaining: float
    provider_remaining: float | None
    cost_per_tick: int
    forecast: float
    fits: bool
    resets_at: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """Everything the status panel shows; ``kind`` is demo, real or None before the first call.

    ``key`` is the API key's fingerprint.
    """

    kind: str | None
    key: str
    statistics: Statistics
    quota: Quota


def quota(platform: Platform) -> Quota:
    """The month so far and to come."""
    settings = platform.settings
    with transaction(platform.engine) as conn:
        balance = ledger.balance(conn, platform.key_fingerprint)
    now = platform.now()
    resets_at = _next_month(now)
    tick = live_cost(settings)
    minutes = (resets_at - now) / timedelta(minutes=1)
    ticks = int(minutes // settings.fixed_interval_minutes)
    used = balance.spent + balance.reserved
    forecast = used + ticks * tick
    return Quota(
        settings.odds_api_quota,
        balance.spent,
        balance.reserved,
        settings.odds_api_quota - used,
        balance.provider_remaining,
        tick,
        forecast,
        forecast <= settings.odds_api_quota,
        resets_at,
    )


def status(platform: Platform) -> Status:
    """The state of the platform now."""
    with transaction(platform.engine) as conn:
        figures = statistics.statistics(conn)
        kind = deployment.kind_of(conn)
    return Status(kind, platform.key_fingerprint, figures, quota(platform))


def monthly_cost(platform: Platform) -> int:
    """Credits a full month of live collection costs at the configured interval."""
    settings = platform.settings
    now = platform.now()
    days = monthrange(now.year, now.month)[1]
    return month_cost(live_cost(settings), settings.fixed_interval_minutes, days)


def _next_month(now: datetime) -> datetime:
    year, month = (now.year + 1, 1) if now.month == 12 else (now.year, now.month + 1)
    return datetime(year, month, 1, tzinfo=UTC)
