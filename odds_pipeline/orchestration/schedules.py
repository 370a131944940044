"""What happens by the clock: fixed captures, the hourly list of events, a day's close, tidying.

Belongs here: cron lines and what a tick says. Does not belong here: planning (``planning``),
what a tick of collection decides (``ticks``). All times are UTC.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, timedelta

import dagster as dg

from odds_pipeline.orchestration.descriptions import OWNERS
from odds_pipeline.orchestration.jobs import CLOSE_DAY, COLLECT, DISCOVER, KEEP_BOOKS
from odds_pipeline.orchestration.modes import FIXED_SCHEDULE
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.orchestration.retention import TIDY
from odds_pipeline.orchestration.ticks import collection_tick
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.planning.sampling import fixed_slots
from odds_pipeline.redaction import clean_errors
from odds_pipeline.services.collect import live_cost
from odds_pipeline.settings import Settings

ANY_DAY = date(2000, 1, 1)
MINUTES, HOURS = 60, 24
LIST_EVENTS, CLOSE, BOOKS, TIDY_UP = "list_events", "close_yesterday", "keep_books", "tidy_runs"

Context = dg.ScheduleEvaluationContext


def build_schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """Fixed captures, events every hour, yesterday's close at 00:15, books, tidying."""
    return [
        _fixed(settings),
        _clockwork(
            LIST_EVENTS, DISCOVER, "0 * * * *", "Which games there are, every hour; free.", _today
        ),
        _clockwork(
            CLOSE,
            CLOSE_DAY,
            "15 0 * * *",
            "Yesterday is judged once more when all of it is known.",
            _yesterday,
        ),
        _clockwork(BOOKS, KEEP_BOOKS, "20 * * * *", "The ledger against the provider's count."),
        _clockwork(TIDY_UP, TIDY, "30 4 * * *", "Old runs of ticks are deleted."),
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


def _fixed(settings: Settings) -> dg.ScheduleDefinition:
    minutes, cost = settings.fixed_interval_minutes, live_cost(settings)
    lines = cron_lines(minutes)
    on = settings.sampling_mode is SamplingMode.FIXED

    @dg.schedule(
        name=FIXED_SCHEDULE,
        job_name=COLLECT,
        # The UI puts one line into words, a list of lines only as code.
        cron_schedule=lines[0] if len(lines) == 1 else lines,
        execution_timezone="UTC",
        default_status=_status(on),
        description=f"{every(minutes).capitalize()}, up to {cost} credits each time.",
        owners=OWNERS,
    )
    @clean_errors()
    def tick(
        context: Context, platform_resource: dg.ResourceParam[PlatformResource]
    ) -> list[dg.RunRequest] | dg.SkipReason:
        reason, runs = collection_tick(platform_resource, SamplingMode.FIXED)
        context.log.info(reason)
        # A schedule starts runs of its own job only; the hourly list of events is another's.
        captures = [run for run in runs if run.job_name == COLLECT]
        return captures or dg.SkipReason(reason)

    return tick


def _today(context: Context) -> str:
    return context.scheduled_execution_time.astimezone(UTC).date().isoformat()


def _yesterday(context: Context) -> str:
    moment = context.scheduled_execution_time.astimezone(UTC)
    return (moment.date() - timedelta(days=1)).isoformat()


def _clockwork(
    name: str,
    job: str,
    cron: str,
    description: str,
    partition: Callable[[Context], str] | None = None,
) -> dg.ScheduleDefinition:
    """A schedule that always starts its job, for the day that ``partition`` names if it has one."""

    @dg.schedule(
        name=name,
        job_name=job,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=_status(True),
        description=description,
        owners=OWNERS,
    )
    def tick(context: Context) -> dg.RunRequest:
        moment = context.scheduled_execution_time.astimezone(UTC)
        day = None if partition is None else partition(context)
        return dg.RunRequest(run_key=f"{name} {moment.isoformat()}", partition_key=day)

    return tick


def _status(on: bool) -> dg.DefaultScheduleStatus:
    return dg.DefaultScheduleStatus.RUNNING if on else dg.DefaultScheduleStatus.STOPPED


def _part(numbers: tuple[int, ...], whole: int) -> str:
    """The numbers as cron has them: a step where they are one, since people can read that."""
    step = whole // len(numbers)
    if len(numbers) == 1 or numbers != tuple(range(0, whole, step)):
        return ",".join(str(number) for number in numbers)
    return "*" if step == 1 else f"*/{step}"
