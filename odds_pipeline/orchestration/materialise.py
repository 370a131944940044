"""One run over one day or a range of days, day by day.

Belongs here: the loop, and what is told to Dagster after each day. Does not belong here: the work
of a day (``assets``).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

import dagster as dg
from dagster._core.events import StepMaterializationData
from dagster._core.instance.utils import RUNLESS_JOB_NAME, RUNLESS_RUN_ID

from odds_pipeline.orchestration.failures import one_line_failures
from odds_pipeline.orchestration.figures import Metadata
from odds_pipeline.orchestration.partitions import day_of
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.orchestration.tags import Order
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.recover import recover

DayWork = Callable[[dg.AssetExecutionContext, Platform, date], Metadata]


def day_by_day(
    context: dg.AssetExecutionContext, resource: PlatformResource, work: DayWork
) -> dg.MaterializeResult[None]:
    """Finish what a dead process left, then do each day of the run.

    A slot that is due waits for no such work, and for none of its faults: it comes first.

    In a range each finished day is marked at once, so that a killed run loses none of them; at
    the end Dagster marks every day again, with that day's own figures.

    Raises:
        Failure: a day could not be done; those before it are.
    """
    keys = context.partition_keys
    due = Order.of(context.run.tags) is not None
    with one_line_failures(), resource.open() as platform:
        if not due:
            recover(platform)
        for key in keys:
            metadata = work(context, platform, day_of(key))
            context.add_asset_metadata(metadata, partition_key=key)
            if len(keys) > 1:
                mark(context.instance, context.asset_key, key, metadata)
        if due:
            recover(platform)
    return dg.MaterializeResult()


def mark(instance: dg.DagsterInstance, asset: dg.AssetKey, key: str, metadata: Metadata) -> None:
    """Show a day as materialised, outside the events of any run."""
    instance.report_runless_asset_event(
        dg.AssetMaterialization(asset, partition=key, metadata=metadata)
    )


def mark_days(
    instance: dg.DagsterInstance, asset: dg.AssetKey, days: Mapping[str, Metadata]
) -> None:
    """As ``mark``, many days in one go: one statement for the events of all."""
    now = datetime.now(UTC).timestamp()
    entries = [
        dg.EventLogEntry(  # type: ignore[no-untyped-call]
            error_info=None,
            level="info",
            user_message="",
            run_id=RUNLESS_RUN_ID,
            timestamp=now,
            job_name=RUNLESS_JOB_NAME,
            dagster_event=dg.DagsterEvent(
                event_type_value=dg.DagsterEventType.ASSET_MATERIALIZATION.value,
                job_name=RUNLESS_JOB_NAME,
                event_specific_data=StepMaterializationData(
                    dg.AssetMaterialization(asset, partition=key, metadata=metadata)
                ),
            ),
        )
        for key, metadata in days.items()
    ]
    if entries:
        instance.event_log_storage.store_event_batch(entries)
