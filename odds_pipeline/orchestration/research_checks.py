"""What must hold of the group `research`, as asset checks.

Belongs here: the checks, and their verdicts on an experiment wherever it was run. Does not belong
here: leaks, intervals and trials themselves (``backtesting``).
"""

from collections.abc import Iterator
from typing import NamedTuple

import dagster as dg

from odds_pipeline.orchestration.assets.research import DATASETS, RESULTS
from odds_pipeline.orchestration.failures import one_line_failures
from odds_pipeline.orchestration.figures import Metadata
from odds_pipeline.orchestration.partitions import EXPERIMENTS
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import datasets, experiments
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.experiments import Experiment

WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR

LEAKS, INTERVAL = "looks_at_no_future", "roi_has_an_interval"
TRIALS, DATA = "trials_are_counted", "dataset_is_as_frozen"
_HOLDS = {
    LEAKS: "No decision depends on what was known after it: it is the same when replayed on offers "
    "cut off there.",
    INTERVAL: "The ROI comes with its 95 % interval, drawn by event-day.",
    TRIALS: "The deflated Sharpe ratio knows of every run completed on this data before.",
    DATA: "The experiment is bound to a dataset whose files are as they were frozen, and no quote "
    "inside was voided since.",
}


class Verdict(NamedTuple):
    """What a check says of an experiment."""

    name: str
    passed: bool
    severity: dg.AssetCheckSeverity
    description: str
    metadata: Metadata

    def evaluation(self, partition: str) -> dg.AssetCheckEvaluation:
        """As Dagster keeps it of a run that it did not make."""
        return dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(RESULTS),
            check_name=self.name,
            passed=self.passed,
            severity=self.severity,
            description=self.description,
            metadata=self.metadata,
            partition=partition,
        )


def research_checks() -> list[dg.AssetChecksDefinition]:
    """Those of an experiment, and those of all datasets."""
    return [_of_an_experiment(), _datasets_as_frozen(), _nothing_voided()]


def verdicts(platform: Platform, of: Experiment) -> list[Verdict]:
    """What the checks say of a completed experiment."""
    return [_leaks(of), _interval(of), _trials(platform, of), _data(platform, of)]


def _of_an_experiment() -> dg.AssetChecksDefinition:
    specs = [
        dg.AssetCheckSpec(name, asset=RESULTS, description=holds, partitions_def=EXPERIMENTS)
        for name, holds in _HOLDS.items()
    ]

    @dg.multi_asset_check(name="backtest_honesty", specs=specs)
    def backtest_honesty(
        context: dg.AssetCheckExecutionContext,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> Iterator[dg.AssetCheckResult]:
        """Judge the experiment of the partition."""
        with one_line_failures(), platform_resource.open() as platform:
            with transaction(platform.engine) as conn:
                found = experiments.of_partition(conn, context.partition_key)
            judged = [] if found is None else verdicts(platform, found)
        for verdict in judged:
            yield dg.AssetCheckResult(
                check_name=verdict.name,
                asset_key=dg.AssetKey(RESULTS),
                passed=verdict.passed,
                severity=verdict.severity,
                description=verdict.description,
                metadata=verdict.metadata,
            )

    return backtest_honesty


def _leaks(of: Experiment) -> Verdict:
    told = of.metrics or {}
    found, replayed = told.get("leaks", 0), told.get("leak_moments", 0)
    said = f"{found} of {replayed} decisions replayed look ahead"
    if "points" in told:
        said += "; of the sweep's best point, the only one replayed"
    numbers: Metadata = {"decisions replayed": replayed, "look ahead": found, "limit": 0}
    return Verdict(LEAKS, not found, ERROR, said, numbers)


def _interval(of: Experiment) -> Verdict:
    told = of.metrics or {}
    roi, low, high = (told.get(name) for name in ("roi", "roi_low", "roi_high"))
    if roi is None or low is None or high is None:
        return Verdict(INTERVAL, False, WARN, "too few days with bets for an interval", {})
    said = f"ROI {roi:+.2%}, 95 % interval {low:+.2%} to {high:+.2%}"
    numbers: Metadata = {"ROI (%)": 100 * roi, "low (%)": 100 * low, "high (%)": 100 * high}
    return Verdict(INTERVAL, True, WARN, said, numbers)


def _trials(platform: Platform, of: Experiment) -> Verdict:
    told = of.metrics or {}
    with transaction(platform.engine) as conn:
        counted = experiments.trials_until(conn, of)
    stated = told.get("trials", 0)
    numbers: Metadata = {"trials": stated, "on record": counted}
    if told.get("deflated_sharpe") is not None:
        numbers["deflated Sharpe"] = told["deflated_sharpe"]
    said = f"trial {stated} on this data"
    return Verdict(TRIALS, stated == counted, ERROR, said, numbers)


def _data(platform: Platform, of: Experiment) -> Verdict:
    from odds_pipeline.services.datasets.examine import examined

    hashed: Metadata = {"dataset hash": of.dataset_hash or ""}
    if of.dataset_id is None:
        return Verdict(DATA, False, WARN, "bound to no dataset: it cannot be made again", hashed)
    with transaction(platform.engine) as conn:
        dataset = datasets.numbered(conn, of.dataset_id)
    found = examined(platform, dataset)
    said = f"{dataset.snapshot_id}, content hash {dataset.content_hash}"
    if found.edited:
        said += f"; edited or missing: {', '.join(found.edited)}"
    elif found.voided:
        said += f"; {len(found.voided)} quotes inside were voided since"
    numbers = hashed | {
        "dataset": dataset.snapshot_id,
        "content hash": dataset.content_hash,
        "locked": dataset.is_locked,
        "files edited": len(found.edited),
        "quotes voided since": len(found.voided),
    }
    severity = ERROR if found.edited else WARN
    return Verdict(DATA, not (found.edited or found.voided), severity, said, numbers)


def _datasets_as_frozen() -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=DATASETS, description="Every dataset's files are as they were frozen.")
    def datasets_are_as_frozen(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.AssetCheckResult:
        from odds_pipeline.services.datasets.examine import every

        with one_line_failures(), platform_resource.open() as platform:
            found = every(platform)
        edited = [one.dataset.snapshot_id for one in found if one.edited]
        return dg.AssetCheckResult(
            passed=not edited,
            description=", ".join(edited) or None,
            metadata={"datasets": len(found), "edited or missing": len(edited), "limit": 0},
        )

    return datasets_are_as_frozen


def _nothing_voided() -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=DATASETS, description="No quote in a dataset was voided since.")
    def no_quote_inside_was_voided(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.AssetCheckResult:
        from odds_pipeline.services.datasets.examine import every

        with one_line_failures(), platform_resource.open() as platform:
            found = [one for one in every(platform) if one.voided]
        return dg.AssetCheckResult(
            passed=not found,
            severity=WARN,
            description=", ".join(one.dataset.snapshot_id for one in found) or None,
            metadata={"quotes voided since": sum(len(one.voided) for one in found), "limit": 0},
        )

    return no_quote_inside_was_voided
