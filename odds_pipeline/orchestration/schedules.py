"""When the jobs run: fixed slots of the UTC day.

Belongs here: slots as cron lines, and what a tick says of itself. Does not belong here: planning
(``planning``), collecting. A run's key is its slot, so two daemons start it once; its slot's claim
in the database is what keeps it from being paid twice. While calls pause (refused key, no credits,
a provider that fails) a tick starts no run: its slots are recorded as gaps, with the reason.
"""

from collections import defaultdict
from contextlib import suppress
from datetime import UTC, date, datetime

import dagster as dg

from odds_pipeline.errors import StorageError
from odds_pipeline.orchestration.descriptions import OWNERS
from odds_pipeline.orchestration.jobs import COLLECT, SETTLE
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.orchestration.tags import REASON, SLOT
from odds_pipeline.planning.sampling import fixed_slots, slot_of
from odds_pipeline.services.calls import forecast
from odds_pipeline.services.collect import DAYS_FROM, LIVE, SCORES, SCORES_MINUTES, live_cost
from odds_pipeline.services.pauses import skip_paused
from odds_pipeline.settings import Settings
from odds_pipeline.sources.the_odds_api.queries import ScoresRequest

ANY_DAY = date(2000, 1, 1)
MINUTES, HOURS = 60, 24


def build_schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """Odds at every slot of the fixed interval, scores every six hours."""
    scores = sum(forecast(ScoresRequest(sport, DAYS_FROM)) for sport in settings.sports)
    return [
        _schedule(
            "collect_odds", COLLECT, LIVE, settings.fixed_interval_minutes, live_cost(settings)
        ),
        _schedule("collect_scores", SETTLE, SCORES, SCORES_MINUTES, scores),
    ]


def cron_lines(interval_minutes: int) -> list[str]:
    """Cron lines that name exactly the slots of a day.

    Raises:
        UsageError: the interval does not divide a day.
    """
    minutes_of: dict[int, list[int]] = defaultdict(list)
    for slot in fixed_slots(ANY_DAY, interval_minutes):
        minutes_of[slot.hour].append(slot.minute)
    hours_of: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for hour, minutes in minutes_of.items():
        hours_of[tuple(minutes)].append(hour)
    return [
        f"{_part(minutes, MINUTES)} {_part(tuple(hours), HOURS)} * * *"
        for minutes, hours in hours_of.items()
    ]


def every(minutes: int) -> str:
    """An interval in words: every minute, every 30 minutes, every 6 hours."""
    count, unit = (minutes, "minute") if minutes % MINUTES else (minutes // MINUTES, "hour")
    return f"every {unit}" if count == 1 else f"every {count} {unit}s"


def _schedule(
    name: str, job: str, purpose: str, interval_minutes: int, cost: int
) -> dg.ScheduleDefinition:
    lines = cron_lines(interval_minutes)

    @dg.schedule(
        name=name,
        job_name=job,
        # The UI puts one line into words, a list of lines only as code.
        cron_schedule=lines[0] if len(lines) == 1 else lines,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"{every(interval_minutes).capitalize()}, up to {cost} credits each time.",
        owners=OWNERS,
    )
    def tick(
        context: dg.ScheduleEvaluationContext,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.RunRequest | dg.SkipReason:
        slot = slot_of(context.scheduled_execution_time.astimezone(UTC), interval_minutes)
        pause = _pause(platform_resource, purpose, slot)
        if pause is not None:
            return dg.SkipReason(pause)
        reason = f"slot {slot:%H:%M}, {cost} credits forecast"
        context.log.info(reason)
        return dg.RunRequest(
            run_key=f"{name} {slot.isoformat()}",
            partition_key=slot.date().isoformat(),
            tags={SLOT: slot.isoformat(), REASON: reason},
        )

    return tick


def _pause(resource: PlatformResource, purpose: str, slot: datetime) -> str | None:
    """Why the slot is not asked for; a database that cannot be asked is for the run to report."""
    with suppress(StorageError), resource.open() as platform:
        return skip_paused(platform, purpose, slot)
    return None


def _part(numbers: tuple[int, ...], whole: int) -> str:
    """The numbers as cron has them: a step where they are one, since people can read that."""
    step = whole // len(numbers)
    if len(numbers) == 1 or numbers != tuple(range(0, whole, step)):
        return ",".join(str(number) for number in numbers)
    return "*" if step == 1 else f"*/{step}"
