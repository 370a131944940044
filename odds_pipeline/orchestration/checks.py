"""One asset check for each quality rule, all fed by one validation pass.

Belongs here: rules and their results as Dagster shows them. Does not belong here: rules
(``quality.rules``: a new file there is a new check here).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData as Target,
)

from odds_pipeline.orchestration.failures import one_line_failures
from odds_pipeline.orchestration.partitions import day_of
from odds_pipeline.orchestration.resources import PlatformResource, Validations
from odds_pipeline.quality.inputs import ROWS
from odds_pipeline.quality.issues import ISSUE_KEYS
from odds_pipeline.quality.registry import Rule, RuleResult, Severity, load_rules
from odds_pipeline.settings import Settings

ASSET = dg.AssetKey("odds")
LOG = "data_quality_log"
WORST = 10
# Whom an issue is about, as far as it says.
OFFENDER = ["bookmaker_key", "market_key"]


def quality_checks(
    settings: Settings, days: dg.DailyPartitionsDefinition
) -> list[dg.AssetChecksDefinition]:
    """The checks on `odds`; none while ENABLE_VALIDATION is false."""
    if not settings.enable_validation:
        return []
    specs = [_spec(rule, days, settings) for rule in load_rules().values()]

    @dg.multi_asset_check(name="odds_quality", specs=specs, can_subset=True)
    def odds_quality(
        context: dg.AssetCheckExecutionContext,
        platform_resource: dg.ResourceParam[PlatformResource],
        validations: dg.ResourceParam[Validations],
    ) -> Iterator[dg.AssetCheckEvaluation | dg.Output[None]]:
        """Judge each day of the run by every selected rule."""
        chosen = {key.name for key in context.selected_asset_check_keys}
        with one_line_failures(), platform_resource.open() as platform:
            for key in context.partition_keys:
                results = validations.of_day(platform, day_of(key))
                selected = [result for result in results if result.rule.name in chosen]
                yield from evaluations(
                    context.instance, selected, day_of(key), settings.reject_invalid_odds
                )
        for spec in specs:
            if spec.name in chosen:
                yield dg.Output(None, spec.get_python_identifier())

    return [odds_quality]


def evaluations(
    instance: dg.DagsterInstance, results: Sequence[RuleResult], day: date, strict: bool = False
) -> list[dg.AssetCheckEvaluation]:
    """The rules' results on a day, as checks of that partition as it was last materialised.

    Args:
        instance: Dagster's instance.
        results: what the rules found.
        day: UTC day they judged.
        strict: whether what is wrong stops what would be made of it.
    """
    target = _last_materialised(instance, day)
    return [_evaluation(result, day, target, strict) for result in results]


def _last_materialised(instance: dg.DagsterInstance, day: date) -> Target | None:
    wanted = dg.AssetRecordsFilter(asset_key=ASSET, asset_partitions=[day.isoformat()])
    found = instance.fetch_materializations(wanted, limit=1).records
    if not found:
        return None
    newest = found[0]
    return Target(storage_id=newest.storage_id, run_id=newest.run_id, timestamp=newest.timestamp)


def blocks(rule: Rule, strict: bool) -> bool:
    """Whether a rule's issues stop what depends on the day's odds: in strict mode, and if wrong."""
    return strict and rule.severity is not Severity.WARNING


def _evaluation(
    result: RuleResult, day: date, target: Target | None, strict: bool
) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=ASSET,
        check_name=result.rule.name,
        passed=result.passed,
        severity=_severity(result.rule),
        description=_verdict(result),
        metadata=_numbers(result) | _worst(result) | _sample(result),
        partition=day.isoformat(),
        target_materialization_data=target,
        blocking=blocks(result.rule, strict),
    )


def _spec(rule: Rule, days: dg.DailyPartitionsDefinition, settings: Settings) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        rule.name,
        asset=ASSET,
        description=rule.documentation,
        # The log validates; coming after it, the checks find that pass done.
        additional_deps=[LOG],
        partitions_def=days,
        blocking=blocks(rule, settings.reject_invalid_odds),
        metadata={
            "issue type": rule.issue_type,
            "severity": str(rule.severity),
            "judges": str(rule.needs),
        }
        | _limit(rule),
    )


def _severity(rule: Rule) -> dg.AssetCheckSeverity:
    mild = rule.severity is Severity.WARNING
    return dg.AssetCheckSeverity.WARN if mild else dg.AssetCheckSeverity.ERROR


def _verdict(result: RuleResult) -> str:
    count = len(result.issues)
    found = "1 issue" if count == 1 else f"{count:,} issues" if count else "no issues"
    return f"{found} in {result.checked:,} {ROWS[result.rule.needs]}"


def _numbers(result: RuleResult) -> dict[str, Any]:
    found = result.issues
    counts = {
        "checked": result.checked,
        "issues": len(found),
        "issues (%)": 100 * len(found) / max(result.checked, 1),
        "events with issues": int(found["event_id"].nunique()),
        "bookmakers with issues": int(found["bookmaker_key"].nunique()),
    }
    return counts | _limit(result.rule)


def _limit(rule: Rule) -> dict[str, Any]:
    if rule.limit is None:
        return {}
    return {f"limit ({rule.unit})" if rule.unit else "limit": rule.limit}


def _worst(result: RuleResult) -> dict[str, Any]:
    if result.passed:
        return {}
    counted = result.issues.groupby(OFFENDER, dropna=False)
    found = counted.agg(issues=("description", "size"), events=("event_id", "nunique"))
    worst = found.sort_values("issues", ascending=False, kind="stable").head(WORST).reset_index()
    rows = worst.to_dict("records")
    records = [
        dg.TableRecord({**{key: _cell(row[key]) for key in OFFENDER}, **_counts(row)})
        for row in rows
    ]
    return {"worst offenders": dg.MetadataValue.table(records)}


def _counts(row: dict[Any, Any]) -> dict[str, int]:
    return {name: int(row[name]) for name in ("issues", "events")}


def _sample(result: RuleResult) -> dict[str, Any]:
    if result.passed:
        return {}
    columns = [*ISSUE_KEYS, "description", "evidence"]
    rows = result.issues.head(WORST)[columns].to_dict("records")
    records = [dg.TableRecord({str(k): _cell(v) for k, v in row.items()}) for row in rows]
    return {"sample": dg.MetadataValue.table(records)}


def _cell(value: object) -> str:
    return (
        "" if value is None or value != value else str(value)
    )  # NaN and NaT differ from themselves
