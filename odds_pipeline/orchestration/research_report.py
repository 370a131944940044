"""Datasets and backtests made outside any run of Dagster's, shown there as if it had made them.

Belongs here: their partitions, materialisations and checks. Does not belong here: making them
(``services``).
"""

import dagster as dg

from odds_pipeline.orchestration import research_figures as figures
from odds_pipeline.orchestration.assets.research import DATASETS, RESULTS
from odds_pipeline.orchestration.partitions import EXPERIMENTS
from odds_pipeline.orchestration.research_checks import verdicts
from odds_pipeline.services.backtests import Result
from odds_pipeline.services.launch import done_of
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage.datasets import Dataset
from odds_pipeline.storage.experiments import Experiment

ASSET = dg.AssetKey(RESULTS)
PLACES = EXPERIMENTS.name or ""


def report_backtest(platform: Platform, instance: dg.DagsterInstance, result: Result) -> Experiment:
    """Show a completed backtest as its partition's materialisation, with its checks.

    Args:
        platform: its database has the experiment.
        instance: Dagster's instance.
        result: what was run.
    """
    done = done_of(platform, result)
    key = done.experiment.partition_key
    instance.add_dynamic_partitions(PLACES, [key])
    instance.report_runless_asset_event(
        dg.AssetMaterialization(ASSET, partition=key, metadata=figures.backtest(done))
    )
    for verdict in verdicts(platform, done.experiment):
        instance.report_runless_asset_event(verdict.evaluation(key))
    return done.experiment


def report_dataset(platform: Platform, instance: dg.DagsterInstance, frozen: Dataset) -> None:
    """Show a dataset that was frozen elsewhere as a materialisation of all datasets."""
    instance.report_runless_asset_event(
        dg.AssetMaterialization(dg.AssetKey(DATASETS), metadata=figures.datasets(platform, frozen))
    )


def report_draft(instance: dg.DagsterInstance, experiment: int) -> None:
    """Show a draft as a partition that waits to be materialised."""
    instance.add_dynamic_partitions(PLACES, [str(experiment)])
