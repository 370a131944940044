"""Group `ingest`: what is bought from the provider.

Belongs here: which service makes a day complete. Does not belong here: how a call is made and
paid (``services``). Every asset may be materialised again: what is bought is never bought twice.
"""

from collections.abc import Callable, Sequence
from datetime import date

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
from odds_pipeline.orchestration.tags import SPORTS, Order
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
    else:
        numbers = spending(platform, history.list_events(platform, day))
    return numbers | events_metadata(platform, day)


def _capture_odds(context: dg.AssetExecutionContext, platform: Platform, day: date) -> Metadata:
    numbers: Metadata = {}
    order = Order.of(context.run.tags)
    if order is not None:
        numbers = _capture_ordered(context, platform, order)
    elif _is_live(platform, day):
        collected = collect.collect_odds(platform)
        numbers = _spent(platform, collected) | _refused(context, collected.refused)
    else:
        done = history.complete_day(platform, day, _progress(context, day))
        numbers = spending(platform, done.credits) | _refused(context, done.refused)
    return numbers | odds_metadata(platform, day, "odds_snapshots")


def _capture_ordered(
    context: dg.AssetExecutionContext, platform: Platform, order: Order
) -> Metadata:
    """Capture what a tick ordered, unless the run began so late that it is missed.

    Whatever the day: a slot before midnight may be captured after it.
    """
    if provider_now(platform) - order.slot_time > GRACE:
        note = f"slot {order.slot_time:%Y-%m-%d %H:%M} is past its grace: nothing is asked for it"
        context.log.warning(note)
        return {"note": note}
    collected = _each_sport(platform, order)
    return _spent(platform, collected) | _refused(context, collected.refused)


def _each_sport(platform: Platform, order: Order) -> Collected:
    """Capture every sport of an order, whatever becomes of the answers of those before it."""
    done = Collected((), 0)
    failures: list[Exception] = []
    for sport in order.sports:
        try:
            one = collect.collect_odds(platform, [sport], order.slot_time, order.purpose)
        except Exception as failure:  # raised below: the run fails, the other sports do not
            failures.append(failure)
            continue
        done = Collected((*done.made, *one.made), done.skipped + one.skipped)
    if failures:
        raise failures[0]
    return done


def _ask_scores(context: dg.AssetExecutionContext, platform: Platform, day: date) -> Metadata:
    numbers: Metadata = {}
    if _is_live(platform, day) or collect.scores_reach(platform, day):
        named = context.run.tags.get(SPORTS)
        sports = None if named is None else named.split(",")
        numbers = _spent(platform, collect.collect_scores(platform, sports))
    else:
        numbers["note"] = f"the provider no longer tells scores of {day}: it keeps three days"
        context.log.info(numbers["note"])
    return numbers | events_metadata(platform, day)


def _is_live(platform: Platform, day: date) -> bool:
    return era_of(day, platform.now()) is Era.TODAY


def _spent(platform: Platform, collected: Collected) -> Metadata:
    return spending(platform, collected.credits) | latency(collected)


def _refused(context: dg.AssetExecutionContext, refused: Sequence[str]) -> Metadata:
    if refused:
        names = ", ".join(refused)
        context.log.warning(f"the provider refused the markets {names}; the others were captured")
    return refusals(refused)


def _progress(context: dg.AssetExecutionContext, day: date) -> Callable[[int, int], None]:
    return lambda done, planned: context.log.info(f"{day}: {done} of {planned} slots")
