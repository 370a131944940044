"""What a tick of a sampling mode makes of what is due: runs to start, or why there is none.

Belongs here: that translation. Does not belong here: what is due (``services.sampling``), which
schedule or sensor asks (``schedules``, ``sensors``).

A run's key is its slot, so a sensor that lost its cursor starts none twice; the slot's claim in
our database is what keeps two daemons from paying twice.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC

import dagster as dg

from odds_pipeline.orchestration.jobs import CAPTURE
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.orchestration.tags import Order
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.services.sampling import Due, tick

Ordered = list[dg.RunRequest] | dg.SkipReason


def ordered(resource: PlatformResource, mode: SamplingMode) -> tuple[Ordered, str]:
    """The runs that a tick of the mode starts now, and its reason in words."""
    with resource.open() as platform:
        found = tick(platform, mode)
    if not found.due:
        return dg.SkipReason(found.reason), found.reason
    return [_request(order, found.reason) for order in _orders(found.due)], found.reason


def _orders(due: Sequence[Due]) -> list[Order]:
    """One for each slot time and purpose, with its sports."""
    sports = defaultdict(list)
    for one in due:
        sports[one.slot_time.astimezone(UTC), one.purpose].append(one.sport_key)
    return [Order(slot_time, keys, purpose) for (slot_time, purpose), keys in sports.items()]


def _request(order: Order, reason: str) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"{order.slot_time.isoformat()} {order.purpose}",
        job_name=CAPTURE,
        partition_key=order.slot_time.date().isoformat(),
        tags=order.tags(reason),
    )
