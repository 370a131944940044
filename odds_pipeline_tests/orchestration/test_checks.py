"""A rule's result as Dagster shows it."""

from datetime import date

import dagster as dg
import pytest

from odds_pipeline.orchestration.checks import WORST, evaluations
from odds_pipeline.quality.registry import RuleResult, load_rules, run_rule
from odds_pipeline_tests.quality.frames import clean_quotes

DAY = date(2026, 1, 31)


def _judged(name: str, column: str, value: float) -> RuleResult:
    quotes = clean_quotes()
    quotes[column] = value
    return run_rule(load_rules()[name], quotes)


@pytest.mark.parametrize(
    ("name", "severity"), [("price_above_one", "WARN"), ("price_finite_and_in_range", "ERROR")]
)
def test_a_failed_rule_shows_its_numbers_and_worst_offenders(name: str, severity: str) -> None:
    result = _judged(name, "decimal_price", 1.0 if name == "price_above_one" else float("nan"))
    with dg.instance_for_test() as instance:
        (shown,) = evaluations(instance, [result], DAY)
    assert not shown.passed
    assert shown.severity.value == severity
    assert (shown.partition, shown.blocking) == ("2026-01-31", False)
    assert shown.metadata["checked"].value == result.checked
    assert shown.metadata["issues"].value == len(result.issues) > 0
    worst, sample = shown.metadata["worst offenders"], shown.metadata["sample"]
    assert isinstance(worst, dg.TableMetadataValue) and isinstance(sample, dg.TableMetadataValue)
    counted = result.issues.groupby(["bookmaker_key", "market_key"]).size().max()
    assert worst.records[0].data["issues"] == counted
    assert shown.metadata["bookmakers with issues"].value == 3
    assert len(sample.records) == min(WORST, len(result.issues))
    assert sample.records[0].data["description"]


def test_a_passed_rule_shows_what_it_checked() -> None:
    result = run_rule(load_rules()["price_above_one"], clean_quotes())
    with dg.instance_for_test() as instance:
        (shown,) = evaluations(instance, [result], DAY)
    assert shown.passed
    assert shown.metadata["issues"].value == 0
    assert "worst offenders" not in shown.metadata
