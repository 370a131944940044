"""What the platform is doing and what it has left to spend.

Belongs here: the status panel's and the quota's figures. Does not belong here: drawing them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from odds_pipeline.planning.budget import Purpose, month_begin, month_end
from odds_pipeline.planning.captures import Window
from odds_pipeline.planning.comparison import typical_slate
from odds_pipeline.planning.fixed import month_cost
from odds_pipeline.planning.policies import SamplingMode, plan
from odds_pipeline.services.budgets import Purse, purses
from odds_pipeline.services.calls import forecast as forecast_call
from odds_pipeline.services.collect import DAYS_FROM, live_cost
from odds_pipeline.services.history import slot_cost
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.sampling import cadence, calls_ahead
from odds_pipeline.sources.the_odds_api.queries import ScoresRequest
from odds_pipeline.storage import deployment, ledger, statistics
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.statistics import Statistics


@dataclass(frozen=True, slots=True)
class KeyQuota:
    """One key's month, named by its fingerprint.

    ``floor`` is what no call may touch, ``warning`` what to say once most is used, ``others`` what
    somebody else spent with the key; ``refused`` says for each purpose refused now, why.
    """

    key: str
    quota: int
    used: float
    reserved: float
    floor: float
    provider_remaining: float | None
    others: float
    warning: str | None
    refused: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Quota:
    """The month's credits: used and reserved by us, left, and where live collection leads.

    ``forecast`` is what will be used by the reset in the configured mode; ``resets_at`` is
    the first of next month, UTC. ``provider_remaining`` is what the provider last said. All are
    sums over ``keys``.
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
    keys: tuple[KeyQuota, ...]


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
    keys = tuple(map(_key_quota, purses(platform)))
    reset = month_end(platform.now())
    tick = live_cost(settings)
    total = sum(key.quota for key in keys)
    used, reserved = sum(key.used for key in keys), sum(key.reserved for key in keys)
    told = [key.provider_remaining for key in keys if key.provider_remaining is not None]
    forecast = used + reserved + round(_captures_ahead(platform, reset)) * tick
    return Quota(
        quota=total,
        used=used,
        reserved=reserved,
        remaining=total - used - reserved,
        provider_remaining=sum(told) if told else None,
        cost_per_tick=tick,
        forecast=forecast,
        fits=forecast <= total - sum(key.floor for key in keys),
        resets_at=reset,
        keys=keys,
    )


def _captures_ahead(platform: Platform, reset: datetime) -> float:
    """Live captures until the reset; for the fixed grid at most, as if no day were without games.

    One of all sports together, as ``live_cost`` counts.
    """
    settings = platform.settings
    if settings.sampling_mode is SamplingMode.FIXED:
        minutes = (reset - platform.now()) / timedelta(minutes=1)
        return minutes // settings.fixed_interval_minutes
    return calls_ahead(platform, settings.sampling_mode) / len(settings.sports)


def _key_quota(purse: Purse) -> KeyQuota:
    platform, balance = purse.platform, purse.balance
    costs = {
        Purpose.SCORES: forecast_call(ScoresRequest("any", DAYS_FROM)),
        **dict.fromkeys((Purpose.CLOSING, Purpose.LIVE), live_cost(platform.settings)),
        **dict.fromkeys((Purpose.HEAL, Purpose.BACKFILL), slot_cost(platform.settings)),
    }
    refused = {purpose: purse.refusal(purpose, costs[purpose]) for purpose in Purpose}
    with transaction(platform.engine) as conn:
        others = ledger.spent_by_others(conn, platform.key_fingerprint)
    return KeyQuota(
        key=platform.key_fingerprint,
        quota=platform.quota,
        used=balance.spent,
        reserved=balance.reserved,
        floor=purse.budget.floor,
        provider_remaining=balance.provider_remaining,
        others=others,
        warning=purse.budget.warning(purse.used),
        refused={str(purpose): why.words for purpose, why in refused.items() if why is not None},
    )


def status(platform: Platform) -> Status:
    """The state of the platform now."""
    with transaction(platform.engine) as conn:
        figures = statistics.statistics(conn)
        kind = deployment.kind_of(conn)
    return Status(kind, platform.key_fingerprint, figures, quota(platform))


def monthly_cost(platform: Platform) -> int:
    """Credits a month of live collection costs: at most if fixed, else on an assumed league."""
    settings = platform.settings
    begin, end = month_begin(platform.now()), month_end(platform.now())
    days = (end - begin).days
    call = live_cost(settings)
    if settings.sampling_mode is SamplingMode.FIXED:
        return month_cost(call, settings.fixed_interval_minutes, days)
    starts = typical_slate(begin, days)
    captures = plan(settings.sampling_mode, cadence(settings), Window(begin, end), starts)
    return call * len(captures)
