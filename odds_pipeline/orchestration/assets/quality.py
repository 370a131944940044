"""Group `quality`: the log of what the rules found.

Belongs here: running a day's validation and showing its figures. Does not belong here: rules
(``quality``), asset checks (``checks``).
"""

from datetime import date

import dagster as dg

from odds_pipeline.orchestration.descriptions import daily_asset
from odds_pipeline.orchestration.figures import Metadata, quality_metadata
from odds_pipeline.orchestration.materialise import day_by_day
from odds_pipeline.orchestration.resources import PlatformResource, Validations
from odds_pipeline.services.platform import Platform
from odds_pipeline.settings import Settings


def quality_assets(
    settings: Settings, days: dg.DailyPartitionsDefinition
) -> list[dg.AssetsDefinition]:
    """The data quality log."""
    # In strict mode the checks of `odds` stop what depends on it; the log that they come after
    # must not be among that. It normalises what waits by itself.
    return [_data_quality_log(days, "odds_snapshots" if settings.reject_invalid_odds else "odds")]


def _data_quality_log(days: dg.DailyPartitionsDefinition, after: str) -> dg.AssetsDefinition:
    @daily_asset(
        days,
        group="quality",
        table="data_quality_logs",
        layer="sql",
        deps=[after],
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def data_quality_log(
        context: dg.AssetExecutionContext,
        platform_resource: dg.ResourceParam[PlatformResource],
        validations: dg.ResourceParam[Validations],
    ) -> dg.MaterializeResult[None]:
        """Every issue the quality rules found in the day, each once, resolved when it is gone."""

        def judge(_: dg.AssetExecutionContext, platform: Platform, day: date) -> Metadata:
            if not platform.settings.enable_validation:
                return {"note": "nothing was judged: ENABLE_VALIDATION is false"}
            return quality_metadata(validations.of_day(platform, day))

        return day_by_day(context, platform_resource, judge)

    return data_quality_log
