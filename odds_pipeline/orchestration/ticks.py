"""What a tick of collection does, in whatever mode: the service's answer as runs or a reason.

Belongs here: the translation. Does not belong here: what is due (``services.sampling``), when a
tick comes (``schedules``, ``sensors``).

A run's key is its slot, so that two daemons start it once; the slot's claim in the database is
what keeps it from being paid twice.
"""

from collections import defaultdict
from datetime import datetime

import dagster as dg

from odds_pipeline.orchestration.jobs import COLLECT, DISCOVER
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.orchestration.tags import PURPOSE, REASON, SLOT, SPORTS
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.services.sampling import Due, Tick, tick

REASON_LENGTH = 250


def collection_tick(
    resource: PlatformResource, mode: SamplingMode
) -> tuple[str, list[dg.RunRequest]]:
    """Plan ahead; the reason in words, and the runs that are due.

    Raises:
        StorageError: the database cannot be asked.
    """
    with resource.open() as platform:
        found = tick(platform, mode)
        now = platform.now()
    runs = [_capture(slot_time, due, found) for slot_time, due in _by_slot(found).items()]
    if found.discover:
        runs.append(_discovery(now))
    return found.reason, runs


def _by_slot(found: Tick) -> dict[datetime, list[Due]]:
    by_slot: dict[datetime, list[Due]] = defaultdict(list)
    for due in found.due:
        by_slot[due.slot_time].append(due)
    return by_slot


def _capture(slot_time: datetime, due: list[Due], found: Tick) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"collect {slot_time.isoformat()}",
        job_name=COLLECT,
        partition_key=slot_time.date().isoformat(),
        tags={
            SLOT: slot_time.isoformat(),
            SPORTS: ",".join(each.sport_key for each in due),
            PURPOSE: str(min(due, key=_rank).purpose),
            REASON: found.reason[:REASON_LENGTH],
        },
    )


def _rank(due: Due) -> int:
    return list(type(due.purpose)).index(due.purpose)


def _discovery(now: datetime) -> dg.RunRequest:
    """Ask for the free list of events; at most once in ten minutes, should it fail."""
    slot = now.replace(minute=now.minute // 10 * 10, second=0, microsecond=0)
    return dg.RunRequest(
        run_key=f"discover {slot.isoformat()}",
        job_name=DISCOVER,
        partition_key=now.date().isoformat(),
    )
