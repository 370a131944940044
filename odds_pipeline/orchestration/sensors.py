"""What follows the games, the gaps and other runs.

Belongs here: sensors, each with its reason for every tick. Does not belong here: deciding
(``services``), the runs they start (``jobs``).

A sensor may be evaluated any number of times, by any number of daemons, with or without its
cursor: a run's key names the work, and work that is done costs nothing.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from hashlib import sha256

import dagster as dg
from dagster._core.events import DagsterEventType
from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES

from odds_pipeline.orchestration.alerts import failed_runs
from odds_pipeline.orchestration.descriptions import OWNERS
from odds_pipeline.orchestration.jobs import (
    CAPTURE,
    CLOSE_DAY,
    HEAL,
    JUDGE,
    LIST,
    SEND_ALERTS,
    SETTLE,
)
from odds_pipeline.orchestration.modes import TICKERS, mode_in_force
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.orchestration.tags import REASON, SPORTS
from odds_pipeline.orchestration.ticks import Ordered, ordered
from odds_pipeline.orchestration.workers import reap
from odds_pipeline.planning.budget import Purpose
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.redaction import clean_errors
from odds_pipeline.services import gaps
from odds_pipeline.services.alerting.daily import raise_daily
from odds_pipeline.services.alerting.raising import NEWS, run_failed
from odds_pipeline.services.alerting.sending import due_now
from odds_pipeline.services.budgets import purses, refusal
from odds_pipeline.services.lifecycle import scores_tick
from odds_pipeline.services.listings import listing_tick
from odds_pipeline.services.platform import Platform
from odds_pipeline.settings import Settings

TICK_SECONDS = 30
MINUTE_SECONDS = 60
# A day is closed when its last slot's grace and the captures in flight are over.
CLOSE_AFTER = timedelta(minutes=15)
CAPTURES, JUDGED = dg.AssetKey("odds_snapshots"), dg.AssetKey("data_quality_log")

Body = Callable[[dg.SensorEvaluationContext, PlatformResource], Ordered]


def build_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """One for each mode but the fixed one, and those that run in every mode."""
    followed = [mode for mode in SamplingMode if mode is not SamplingMode.FIXED]
    return [
        *(_collect(mode, settings) for mode in followed),
        _sensor("collect_scores", SETTLE, MINUTE_SECONDS, _scores, "When events have ended."),
        _sensor("list_events", LIST, MINUTE_SECONDS, _listing, "Every hour; free."),
        _sensor(
            "find_gaps", HEAL, TICK_SECONDS, _gaps, "When captures were missed that can be healed."
        ),
        _sensor("judge_captures", JUDGE, TICK_SECONDS, _unjudged, "After captures."),
        _sensor("close_day", CLOSE_DAY, MINUTE_SECONDS, _ended, "At 00:15 UTC, or when next up."),
        _sensor("reap_runs", None, TICK_SECONDS, _reap, "Fails runs whose process is gone."),
        _sensor(SEND_ALERTS, SEND_ALERTS, TICK_SECONDS, _alerts, "When alerts are due to go out."),
    ]


def _sensor(
    name: str,
    job: str | None,
    seconds: int,
    body: Body,
    description: str,
    *,
    running: bool = True,
) -> dg.SensorDefinition:
    status = dg.DefaultSensorStatus

    @dg.sensor(
        name=name,
        job_name=job,
        minimum_interval_seconds=seconds,
        default_status=status.RUNNING if running else status.STOPPED,
        description=description,
        owners=OWNERS,
    )
    @clean_errors()
    def evaluate(
        context: dg.SensorEvaluationContext,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> Ordered:
        runs = body(context, platform_resource)
        told = [runs.skip_message] if isinstance(runs, dg.SkipReason) else _reasons(runs)
        for reason in told:
            context.log.info(reason)
        return runs

    return evaluate


def _reasons(runs: Iterable[dg.RunRequest]) -> list[str]:
    return sorted({run.tags[REASON] for run in runs})


def _collect(mode: SamplingMode, settings: Settings) -> dg.SensorDefinition:
    def tick(_: dg.SensorEvaluationContext, resource: PlatformResource) -> Ordered:
        return ordered(resource, mode)[0]

    return _sensor(
        TICKERS[mode],
        CAPTURE,
        TICK_SECONDS,
        tick,
        f"Sampling mode {mode}: captures the slot that is due, and says why.",
        running=settings.sampling_mode is mode,
    )


def _scores(_: dg.SensorEvaluationContext, resource: PlatformResource) -> Ordered:
    with resource.open() as platform:
        found = scores_tick(platform)
        refused = refusal(purses(platform), Purpose.SCORES, found.credits)
        today = platform.now().date()
    if not found.sports:
        return dg.SkipReason(found.reason)
    if refused is not None:
        return dg.SkipReason(f"skipped: {refused.words} ({found.reason})")
    reason = f"{found.reason}, {found.credits} credits"
    tags = {SPORTS: ",".join(found.sports), REASON: reason}
    # The slot may have begun yesterday; what can still be told is told by today's answer.
    return [_request(found.slot_time.isoformat(), today.isoformat(), tags)]


def _listing(_: dg.SensorEvaluationContext, resource: PlatformResource) -> Ordered:
    with resource.open() as platform:
        found = listing_tick(platform)
    if not found.sports:
        return dg.SkipReason(found.reason)
    slot = found.slot_time
    return [_request(slot.isoformat(), slot.date().isoformat(), {REASON: found.reason})]


def _gaps(context: dg.SensorEvaluationContext, resource: PlatformResource) -> Ordered:
    with resource.open() as platform:
        new = gaps.find_missed(platform, mode_in_force(context.instance, platform.settings))
        found = gaps.open_gaps(platform)
        allowed = gaps.heal_allowance(platform)
        key = _healing_key(platform, found)
    told = f"{len(found.gaps)} gaps open, {new} new"
    if not found.healable:
        return dg.SkipReason(told if found.gaps else "no gaps")
    reason = f"{told}; {found.healable} can be healed for {found.credits} credits, {allowed:g} left"
    cheapest = min(gap.credits for gap in found.gaps if gap.note is None)
    if allowed < cheapest:
        return dg.SkipReason(f"skipped: heal budget: {reason}")
    return [dg.RunRequest(run_key=key, tags={REASON: reason})]


def _healing_key(platform: Platform, found: gaps.Gaps) -> str:
    """The gaps as they are: a pass that could not close them is made again in an hour, not now."""
    slots = ",".join(str(gap.slot_id) for gap in found.gaps if gap.note is None)
    return f"{platform.now():%Y-%m-%dT%H} {sha256(slots.encode()).hexdigest()[:12]}"


def _unjudged(context: dg.SensorEvaluationContext, resource: PlatformResource) -> Ordered:
    """Days captured since they were judged: all captures of some minutes in one run."""
    busy = context.instance.get_runs(
        dg.RunsFilter(job_name=JUDGE, statuses=list(IN_PROGRESS_RUN_STATUSES)), limit=1
    )
    if busy:
        return dg.SkipReason("the captures before are still being judged")
    with resource.open() as platform:
        today = platform.now().date()
    days = {(today - timedelta(days=back)).isoformat() for back in (0, 1)}
    captured = _newest(context.instance, CAPTURES, days)
    judged = _newest(context.instance, JUDGED, days)
    waiting = sorted(day for day in captured if captured[day] > judged.get(day, -1))
    if not waiting:
        return dg.SkipReason("no capture since the last judgement")
    return [
        _request(f"{day} {captured[day]}", day, {REASON: f"captures of {day} to judge"})
        for day in waiting
    ]


def _newest(instance: dg.DagsterInstance, asset: dg.AssetKey, days: set[str]) -> dict[str, int]:
    """The newest materialisation of each day, by the number of its event."""
    materialised = DagsterEventType.ASSET_MATERIALIZATION
    storage = instance.event_log_storage
    return dict(storage.get_latest_storage_id_by_partition(asset, materialised, days))


def _ended(context: dg.SensorEvaluationContext, resource: PlatformResource) -> Ordered:
    """Each day that ended since the last one that was closed, whenever that was."""
    with resource.open() as platform:
        newest = (platform.now() - CLOSE_AFTER).date() - timedelta(days=1)
    closed = date.fromisoformat(context.cursor) if context.cursor else None
    first = newest if closed is None else closed + timedelta(days=1)
    days = [first + timedelta(days=n) for n in range((newest - first).days + 1)]
    if not days:
        return dg.SkipReason(f"{newest} is closed; next at 00:15 UTC")
    context.update_cursor(newest.isoformat())
    return [
        _request(day.isoformat(), day.isoformat(), {REASON: f"{day} has ended"}) for day in days
    ]


def _alerts(context: dg.SensorEvaluationContext, resource: PlatformResource) -> Ordered:
    """Raise what nothing of ours raises (runs that failed, the day's summary), then look."""
    if not resource.settings.alert_enabled:
        return dg.SkipReason("alerts are off: ALERT_ENABLED is false")
    with resource.open() as platform:
        looked = platform.now()
        since = datetime.fromisoformat(context.cursor) if context.cursor else looked - NEWS
        for run in failed_runs(context.instance, since):
            run_failed(platform, *run)
        # The same run may be seen twice, and is the same alert.
        context.update_cursor((looked - timedelta(seconds=MINUTE_SECONDS)).isoformat())
        raise_daily(platform)
        due = due_now(platform)
        now = platform.now()
    if due is None:
        return dg.SkipReason("nothing is due to go out")
    # What a channel did not take is tried again every five minutes, what is new at once.
    key = f"{due.newest} {now:%Y-%m-%dT%H}:{now.minute // 5}"
    return [dg.RunRequest(run_key=key, tags={REASON: due.words})]


def _reap(context: dg.SensorEvaluationContext, _: PlatformResource) -> Ordered:
    reaped = reap(context.instance)
    if not reaped:
        return dg.SkipReason("every running run has its process")
    return dg.SkipReason(f"failed, for their process is gone: {', '.join(reaped)}")


def _request(key: str, day: str, tags: dict[str, str]) -> dg.RunRequest:
    return dg.RunRequest(run_key=key, partition_key=day, tags=tags)
