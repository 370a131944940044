"""What is looked at again and again: the modes that follow the games, gaps, scores, dead runs.

Belongs here: how often, and the answer of a look. Does not belong here: what is found
(``services``, ``ticks``, ``reaper``).
"""

from collections.abc import Sequence

import dagster as dg

from odds_pipeline.orchestration.descriptions import OWNERS
from odds_pipeline.orchestration.jobs import COLLECT, DISCOVER, HEAL, SETTLE, Job
from odds_pipeline.orchestration.modes import MODE_SENSORS, mode_in_force
from odds_pipeline.orchestration.reaper import reap
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.orchestration.tags import REASON, SLOT, SPORTS
from odds_pipeline.orchestration.ticks import collection_tick
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.redaction import clean_errors
from odds_pipeline.services.gaps import find_missed, heal_allowance, open_gaps
from odds_pipeline.services.lifecycle import scores_tick
from odds_pipeline.settings import Settings

GAPS, SCORES, DEAD_RUNS = "find_gaps", "settle_ended", "reap_dead_runs"
LOOK_SECONDS, MINUTE, SCORES_SECONDS = 30, 60, 300
_WORDS = {
    SamplingMode.ADAPTIVE: "By how near the next start is: far, medium, near, imminent.",
    SamplingMode.PLANNED: "At decision points before each start; the best close for the credits.",
}

Answer = dg.SensorResult | dg.SkipReason


def build_sensors(settings: Settings, jobs: Sequence[Job]) -> list[dg.SensorDefinition]:
    """The sampling modes but the fixed one, the gap finder, scores of ended games, the reaper.

    Args:
        settings: all settings.
        jobs: those of ``build_jobs``.
    """
    started = [job for job in jobs if job.name in {COLLECT, DISCOVER}]
    modes = [_mode(mode, name, settings, started) for mode, name in MODE_SENSORS.items()]
    return [*modes, _find_gaps(settings), _settle_ended(), _reap()]


def _mode(
    mode: SamplingMode, name: str, settings: Settings, jobs: Sequence[Job]
) -> dg.SensorDefinition:
    on = settings.sampling_mode is mode

    @dg.sensor(
        name=name,
        jobs=jobs,
        minimum_interval_seconds=LOOK_SECONDS,
        default_status=_status(on),
        description=_WORDS[mode],
        owners=OWNERS,
    )
    @clean_errors()
    def look(
        context: dg.SensorEvaluationContext,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> Answer:
        reason, runs = collection_tick(platform_resource, mode)
        context.log.info(reason)
        return dg.SensorResult(run_requests=runs) if runs else dg.SkipReason(reason)

    return look


def _status(on: bool) -> dg.DefaultSensorStatus:
    return dg.DefaultSensorStatus.RUNNING if on else dg.DefaultSensorStatus.STOPPED


def _find_gaps(settings: Settings) -> dg.SensorDefinition:
    @dg.sensor(
        name=GAPS,
        job_name=HEAL,
        minimum_interval_seconds=MINUTE,
        default_status=_status(True),
        description="Missed captures are recorded as gaps within a minute and healed from history.",
        owners=OWNERS,
    )
    @clean_errors()
    def look(
        context: dg.SensorEvaluationContext,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> Answer:
        mode = mode_in_force(context.instance, settings)
        with platform_resource.open() as platform:
            missed = find_missed(platform, mode)
            gaps = open_gaps(platform)
            allowance = heal_allowance(platform)
        newest = max((gap.slot_time for gap in gaps.gaps if gap.note is None), default=None)
        told = (
            f"{missed} newly missed, {len(gaps.gaps)} open, {gaps.healable} can be healed for "
            f"{gaps.credits} credits, {allowance:g} left to heal with this month"
        )
        context.log.info(told)
        cheapest = min((gap.credits for gap in gaps.gaps if gap.note is None), default=0)
        if newest is None or allowance < cheapest:
            return dg.SkipReason(told)
        key = f"heal {newest.isoformat()} {gaps.healable}"
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=key, tags={REASON: told})])

    return look


def _settle_ended() -> dg.SensorDefinition:
    @dg.sensor(
        name=SCORES,
        job_name=SETTLE,
        minimum_interval_seconds=SCORES_SECONDS,
        default_status=_status(True),
        description="Scores, in slots of six hours, when a game should have ended.",
        owners=OWNERS,
    )
    @clean_errors()
    def look(
        context: dg.SensorEvaluationContext,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> Answer:
        with platform_resource.open() as platform:
            found = scores_tick(platform)
        context.log.info(found.reason)
        if not found.sports:
            return dg.SkipReason(found.reason)
        request = dg.RunRequest(
            run_key=f"settle {found.slot_time.isoformat()} {','.join(found.sports)}",
            partition_key=found.slot_time.date().isoformat(),
            tags={
                SLOT: found.slot_time.isoformat(),
                SPORTS: ",".join(found.sports),
                REASON: f"{found.reason}, {found.credits} credits",
            },
        )
        return dg.SensorResult(run_requests=[request])

    return look


def _reap() -> dg.SensorDefinition:
    @dg.sensor(
        name=DEAD_RUNS,
        minimum_interval_seconds=MINUTE,
        default_status=_status(True),
        description="Runs whose process is gone are ended as failed; Dagster would wait for ever.",
        owners=OWNERS,
    )
    @clean_errors()
    def look(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        reaped = reap(context.instance)
        told = f"ended {', '.join(reaped)}: the process is gone" if reaped else "none is dead"
        context.log.info(told)
        return dg.SkipReason(told)

    return look
