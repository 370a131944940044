"""Group `ingest`: what is bought from the provider.

Belongs here: which service makes a day complete. Does not belong here: how a call is made and
paid (``services``). Every asset may be materialised again: what is bought is never bought twice.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime

import dagster as dg

from odds_pipeline.orchestration.descriptions import Decorator, daily_asset
from odds_pipeline.orchestration.figures import (
    Metadata,
    events_metadata,
    latency,
    odds_metadata,
    refusals,
    spending,
)
from odds_pipeline.orchestration.materialise import day_by_day
from odds_pipeline.orchestration.partitions import Era, era_of
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.orchestration.tags import PURPOSE, SLOT, SPORTS
from odds_pipeline.planning.budget import Purpose
from odds_pipeline.services import collect, history
from odds_pipeline.services.collect import Collected
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.sampling import GRACE, provider_now

# Ten days a run: few run starts, and little to repeat after a kill. Each day is committed alone.
PAID_RANGE = dg.BackfillPolicy.multi_run(max_partitions_per_run=10)

# Safe because a capture that was made is not made again; refusals are never retried (failures).
FETCH_AGAIN = dg.RetryPolicy(
    max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)


def ingest_assets(days: dg.DailyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Events, odds snapshots and scores."""
    return [_events(days), _odds_snapshots(days), _scores(days)]


def _paid(table: str, days: dg.DailyPartitionsDefinition, deps: Sequence[str] = ()) -> Decorator:
    return daily_asset(
        days,
        group="ingest",
        table=table,
        layer="paid",
        backfill_policy=PAID_RANGE,
        retry_policy=FETCH_AGAIN,
        pool="odds_api",
        deps=deps,
    )


def _events(days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    @_paid("events", days)
    def events(
        context: dg.AssetExecutionContext,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.MaterializeResult[None]:
        """Events and their stated starts: today's from the free list, a past day's from history.

        The list of a past day costs one credit a sport, once.
        """
        return day_by_day(context, platform_resource, _list_events)

    return events


def _odds_snapshots(days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    @_paid("odds_snapshots", days, deps=["events"])
    def odds_snapshots(
        context: dg.AssetExecutionContext,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.MaterializeResult[None]:
        """Every planned capture of the day's odds, as the provider sent it.

        Today takes the current slot. A past day buys exactly the captures its plan lacks, from
        the historical endpoint; a complete day costs nothing.
        """
        return day_by_day(context, platform_resource, _capture_odds)

    return odds_snapshots


def _scores(days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    @_paid("events", days, deps=["events"])
    def scores(
        context: dg.AssetExecutionContext,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.MaterializeResult[None]:
        """Scores of the day's events: two credits a sport, asked at most once in six hours.

        The provider tells the last three days; for an older day nothing is asked.
        """
        return day_by_day(context, platform_resource, _ask_scores)

    return scores


def _list_events(context: dg.AssetExecutionContext, platform: Platform, day: date) -> Metadata:
    numbers: Metadata = {}
    if _is_live(platform, day):
        numbers = _spent(platform, collect.collect_events(platform))
    elif _may_buy_history(context):
        numbers = spending(platform, history.list_events(platform, day))
    return numbers | events_metadata(platform, day)


def _capture_odds(context: dg.AssetExecutionContext, platform: Platform, day: date) -> Metadata:
    numbers: Metadata = {}
    if _is_due(context, platform, day):
        collected = _capture_due(context, platform)
        numbers = _spent(platform, collected) | _refused(context, collected.refused)
    elif _may_buy_history(context):
        done = history.complete_day(platform, day, _progress(context, day))
        numbers = spending(platform, done.credits) | _refused(context, done.refused)
    return numbers | odds_metadata(platform, day, "odds_snapshots")


def _ask_scores(context: dg.AssetExecutionContext, platform: Platform, day: date) -> Metadata:
    numbers: Metadata = {}
    if _is_live(platform, day) or collect.scores_reach(platform, day):
        numbers = _spent(platform, collect.collect_scores(platform, _sports(context)))
    else:
        numbers["note"] = f"the provider no longer tells scores of {day}: it keeps three days"
        context.log.info(numbers["note"])
    return numbers | events_metadata(platform, day)


def _capture_due(context: dg.AssetExecutionContext, platform: Platform) -> Collected:
    """The slot that a tick found due, or, started by hand, the current one of the grid."""
    slot = _slot(context)
    if slot is None:
        return collect.collect_odds(platform)
    purpose = Purpose(context.run.tags.get(PURPOSE, Purpose.LIVE))
    return collect.collect_odds(platform, _sports(context), slot, purpose)


def _is_due(context: dg.AssetExecutionContext, platform: Platform, day: date) -> bool:
    """Whether to capture now: a tick's slot within its grace, or by hand on its own day.

    Beyond its grace a slot is missed: the provider would show the prices of another time.
    """
    slot = _slot(context)
    if slot is None:
        return _is_live(platform, day)
    return abs(provider_now(platform) - slot) <= GRACE


def _slot(context: dg.AssetExecutionContext) -> datetime | None:
    slot = context.run.tags.get(SLOT)
    return None if slot is None else datetime.fromisoformat(slot)


def _sports(context: dg.AssetExecutionContext) -> list[str] | None:
    """The sports that a tick found due; ``None``: all that are configured."""
    named = context.run.tags.get(SPORTS)
    return named.split(",") if named else None


def _is_live(platform: Platform, day: date) -> bool:
    return era_of(day, platform.now()) is Era.TODAY


def _may_buy_history(context: dg.AssetExecutionContext) -> bool:
    """A late tick must not turn into a purchase of yesterday: nobody asked for its price."""
    slot = _slot(context)
    if slot is not None:
        context.log.warning(f"slot {slot.isoformat()} is past its grace: nothing is bought for it")
    return slot is None


def _spent(platform: Platform, collected: Collected) -> Metadata:
    return spending(platform, collected.credits) | latency(collected)


def _refused(context: dg.AssetExecutionContext, refused: Sequence[str]) -> Metadata:
    if refused:
        names = ", ".join(refused)
        context.log.warning(f"the provider refused the markets {names}; the others were captured")
    return refusals(refused)


def _progress(context: dg.AssetExecutionContext, day: date) -> Callable[[int, int], None]:
    return lambda done, planned: context.log.info(f"{day}: {done} of {planned} slots")
