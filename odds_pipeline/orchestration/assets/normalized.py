"""Group `normalized`: quotes read from raw responses.

Belongs here: finishing what waits, and a day's figures. Does not belong here: reading responses
(``services.normalise``).
"""

from datetime import date

import dagster as dg

from odds_pipeline.orchestration.descriptions import daily_asset
from odds_pipeline.orchestration.figures import Metadata, odds_metadata
from odds_pipeline.orchestration.materialise import day_by_day
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.services.platform import Platform


def normalized_assets(days: dg.DailyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The odds."""
    return [_odds(days)]


def _odds(days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    @daily_asset(
        days,
        group="normalized",
        table="odds",
        layer="sql",
        deps=["odds_snapshots"],
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def odds(
        context: dg.AssetExecutionContext,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.MaterializeResult[None]:
        """One row per outcome per snapshot, read from the raw responses; costs nothing."""
        return day_by_day(context, platform_resource, _figures)

    return odds


def _figures(_: dg.AssetExecutionContext, platform: Platform, day: date) -> Metadata:
    return odds_metadata(platform, day, "odds")
