"""Group `research`: frozen datasets, the backtests run on them, and the record of all.

Belongs here: which service each calls. Does not belong here: freezing and running themselves
(``services``), what a person fills in (``research_config``), numbers and pictures
(``research_figures``).
"""

import dagster as dg

from odds_pipeline.orchestration import research_figures as figures
from odds_pipeline.orchestration.descriptions import whole_asset
from odds_pipeline.orchestration.failures import one_line_failures
from odds_pipeline.orchestration.partitions import EXPERIMENTS
from odds_pipeline.orchestration.research_config import BacktestConfig, FreezeConfig
from odds_pipeline.orchestration.resources import PlatformResource

Run = dg.AssetExecutionContext
DATASETS, RESULTS = "datasets", "backtest_results"


def research_assets() -> list[dg.AssetsDefinition]:
    """Datasets, results of backtests, experiments."""
    return [_datasets(), _backtest_results(), _experiments()]


def _datasets() -> dg.AssetsDefinition:
    @whole_asset(
        group="research", table="dataset_snapshots", deps=["odds", "closing_lines", "scores"]
    )
    def datasets(
        context: Run,
        config: FreezeConfig,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.MaterializeResult[None]:
        """Frozen selections of what was on offer at decisions, and how it ended: hashed, versioned.

        Freezes the one that the run configuration names, such as `ops: {datasets: {config: {name:
        nba-november, sports: [basketball_nba], start: "2026-11-01", end: "2026-11-30"}}}`; without
        a name it only looks at those there are.
        """
        from odds_pipeline.services.datasets.freeze import freeze

        with one_line_failures(), platform_resource.open() as platform:
            frozen = None
            if config.name:
                frozen, new = freeze(
                    platform,
                    config.name,
                    config.terms(),
                    config.labels(),
                    progress=lambda done, of: context.log.info(f"{done} of {of} events read"),
                )
                context.log.info(f"{frozen.snapshot_id} is {'new' if new else 'as it was'}")
            return dg.MaterializeResult(metadata=figures.datasets(platform, frozen))

    return datasets


def _backtest_results() -> dg.AssetsDefinition:
    @whole_asset(
        group="research", table="backtest_results", deps=[DATASETS], partitions=EXPERIMENTS
    )
    def backtest_results(
        context: Run,
        config: BacktestConfig,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.MaterializeResult[None]:
        """One backtest a partition: its figures, what they are worth, and its equity.

        **Materialize…**, *Add a partition*, *Launch 1 run*: a new partition runs the strategy
        `favourite` on the dataset frozen last. To run another, choose *Config*, *Add config*
        before, whose editor begins empty: paste `ops: {backtest_results: {config: {dataset:
        nba-november, strategy: ev, parameters: {min_ev: "0.02"}}}}`; the types of all fields stand
        beside it. The launchpad of the job `backtest` begins with all fields, for a partition that
        is there. A partition that `odds backtest run --draft` put on record runs that, and needs
        none. A completed one is made again from its dataset and held against the record.
        """
        from odds_pipeline.services.launch import launch

        key = context.partition_key
        with one_line_failures(), platform_resource.open() as platform:
            done = launch(platform, key, config.order(key))
            again = "made again, the same" if done.again else "completed"
            context.log.info(
                f"experiment {done.experiment.id} {again}; tearsheet: `odds backtest show "
                f"{done.experiment.id} --html tearsheet.html`"
            )
            return dg.MaterializeResult(metadata=figures.backtest(done))

    return backtest_results


def _experiments() -> dg.AssetsDefinition:
    @whole_asset(group="research", table="experiments", deps=[RESULTS])
    def experiments(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.MaterializeResult[None]:
        """Every backtest ever begun: how many there are, and how each ended.

        Those whose process was killed end as failed.
        """
        with one_line_failures(), platform_resource.open() as platform:
            return dg.MaterializeResult(metadata=figures.experiments(platform))

    return experiments
