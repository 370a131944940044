"""Puts the Dagster definitions together: for the daemon, the CLI and the tests alike.

Belongs here: the assembly. Does not belong here: any definition. Nothing heavy is imported here,
since every run starts by loading this.
"""

import warnings

import dagster as dg

from odds_pipeline.orchestration.assets.backups import backup_assets, backup_checks
from odds_pipeline.orchestration.assets.ingest import ingest_assets
from odds_pipeline.orchestration.assets.market import market_assets
from odds_pipeline.orchestration.assets.normalized import normalized_assets
from odds_pipeline.orchestration.assets.ops import ops_assets, ops_checks
from odds_pipeline.orchestration.assets.quality import quality_assets
from odds_pipeline.orchestration.assets.research import research_assets
from odds_pipeline.orchestration.checks import quality_checks
from odds_pipeline.orchestration.jobs import build_jobs
from odds_pipeline.orchestration.market_checks import market_checks
from odds_pipeline.orchestration.partitions import daily_partitions
from odds_pipeline.orchestration.research_checks import research_checks
from odds_pipeline.orchestration.resources import build_resources
from odds_pipeline.orchestration.schedules import build_schedules
from odds_pipeline.orchestration.sensors import build_sensors
from odds_pipeline.redaction import clean_errors, install
from odds_pipeline.settings import Settings


def build_definitions(settings: Settings) -> dg.Definitions:
    """All assets, checks, jobs, schedules and sensors.

    In process by default: measured, three assets take 1.1 s so, and 24 s with a process each.
    """
    _ignore_known_warnings()
    # Every process that runs our code for Dagster comes through here first.
    install(settings)
    with clean_errors():
        return _definitions(settings)


def _definitions(settings: Settings) -> dg.Definitions:
    days = daily_partitions(settings)
    daily = [*ingest_assets(days), *normalized_assets(days), *quality_assets(settings, days)]
    assets = [
        *daily,
        *market_assets(days),
        *research_assets(),
        *ops_assets(),
        *backup_assets(),
    ]
    checks = [*quality_checks(settings, days), *market_checks(days), *research_checks()]
    return dg.Definitions(
        assets=[*dg.map_asset_specs(_as_demo, assets)] if settings.demo else assets,
        asset_checks=[*checks, *ops_checks(), *backup_checks(settings)],
        jobs=build_jobs(),
        schedules=build_schedules(settings),
        sensors=build_sensors(settings),
        resources=build_resources(settings),
        executor=dg.in_process_executor,
    )


def _ignore_known_warnings() -> None:
    # Backfill policies are in beta; the version is pinned, so we know what they do.
    for unstable in (dg.BetaWarning, dg.PreviewWarning):
        warnings.filterwarnings("ignore", category=unstable)
    # In the job `collect` the stricter policy, ten days a run, is what we want.
    warnings.filterwarnings("ignore", message="Asset job .* with varying BackfillPolicies")


def _as_demo(spec: dg.AssetSpec) -> dg.AssetSpec:
    """Let nobody take simulated odds for real ones."""
    told = f"**DEMO: simulated odds.** {spec.description}"
    return spec.replace_attributes(description=told).merge_attributes(tags={"DEMO": ""})
