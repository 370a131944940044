"""What goes by the clock alone: the fixed mode, and tidying.

Belongs here: schedules. Does not belong here: what follows the games, the gaps or other runs
(``sensors``), what a tick finds (``ticks``).

Dagster schedules do not catch up, and a clock that is a little fast asks before a slot is due. So
the fixed mode looks every minute and captures each slot once, in the minutes it may still be.
"""

import dagster as dg

from odds_pipeline.orchestration.assets.backups import backup_schedule
from odds_pipeline.orchestration.descriptions import OWNERS
from odds_pipeline.orchestration.jobs import CAPTURE, SWEEP, WATCH
from odds_pipeline.orchestration.modes import TICKERS
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.orchestration.ticks import ordered
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.redaction import clean_errors
from odds_pipeline.services.collect import live_cost
from odds_pipeline.settings import Settings

MINUTES_AN_HOUR = 60


def build_schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """Odds in fixed mode, the look at the platform's health, the daily sweep and backup."""
    return [_collect(settings), _watch(), _sweep(), backup_schedule(settings)]


def every(minutes: int) -> str:
    """An interval in words: every minute, every 30 minutes, every 6 hours."""
    whole = minutes % MINUTES_AN_HOUR == 0
    count, unit = (minutes // MINUTES_AN_HOUR, "hour") if whole else (minutes, "minute")
    return f"every {unit}" if count == 1 else f"every {count} {unit}s"


def _collect(settings: Settings) -> dg.ScheduleDefinition:
    interval = every(settings.fixed_interval_minutes).capitalize()
    fixed = settings.sampling_mode is SamplingMode.FIXED

    @dg.schedule(
        name=TICKERS[SamplingMode.FIXED],
        job_name=CAPTURE,
        cron_schedule="* * * * *",
        execution_timezone="UTC",
        default_status=_status(running=fixed),
        description=f"{interval} while games lie ahead, up to {live_cost(settings)} credits each "
        "time; looks every minute, so that no slot is missed for a late start or a wrong clock.",
        owners=OWNERS,
    )
    @clean_errors()
    def tick(
        context: dg.ScheduleEvaluationContext,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> list[dg.RunRequest] | dg.SkipReason:
        runs, reason = ordered(platform_resource, SamplingMode.FIXED)
        context.log.info(reason)
        return runs

    return tick


def _watch() -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=WATCH,
        job_name=WATCH,
        cron_schedule="*/15 * * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every 15 minutes.",
        owners=OWNERS,
    )


def _sweep() -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=SWEEP,
        job_name=SWEEP,
        cron_schedule="45 0 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Once a day.",
        owners=OWNERS,
    )


def _status(*, running: bool) -> dg.DefaultScheduleStatus:
    return dg.DefaultScheduleStatus.RUNNING if running else dg.DefaultScheduleStatus.STOPPED
