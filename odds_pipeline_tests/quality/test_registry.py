import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from odds_pipeline.errors import UsageError
from odds_pipeline.quality import rules
from odds_pipeline.quality.issues import ISSUE_COLUMNS, issues_of
from odds_pipeline.quality.registry import Needs, Severity, load_rules, rule, run_rule
from odds_pipeline_tests.quality.frames import clean_quotes

THROW_AWAY = '''
from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule


@rule(issue_type="too_round", severity=Severity.WARNING, needs=Needs.QUOTES, limit=2.7)
def throw_away(quotes):
    """Prices are not 2.7."""
    bad = quotes[quotes["decimal_price"] == 2.7]
    return issues_of(bad, ["it is 2.7"] * len(bad), ["decimal_price", "point"])
'''


def test_a_rule_is_one_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "throw_away_rule.py").write_text(THROW_AWAY)
    monkeypatch.setattr(rules, "__path__", [*rules.__path__, str(tmp_path)])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    found = load_rules()["throw_away"]
    result = run_rule(found, clean_quotes())

    monkeypatch.delitem(sys.modules, "odds_pipeline.quality.rules.throw_away_rule")
    assert found.documentation == "Prices are not 2.7."
    assert (found.severity, found.needs, found.limit) == ("warning", "quotes", 2.7)
    assert not result.passed
    assert result.checked == len(clean_quotes())
    assert len(result.issues) == 6


def test_every_rule_is_documented_and_named_once() -> None:
    loaded = load_rules()
    assert len(loaded) >= 15
    assert all(one.documentation and one.issue_type for one in loaded.values())


def test_two_rules_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clash = THROW_AWAY.replace("throw_away", "quarantined")
    (tmp_path / "zz_clash_rule.py").write_text(clash)
    monkeypatch.setattr(rules, "__path__", [*rules.__path__, str(tmp_path)])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    with pytest.raises(UsageError, match="two rules are called 'quarantined'"):
        load_rules()
    monkeypatch.delitem(sys.modules, "odds_pipeline.quality.rules.zz_clash_rule")


def test_a_rule_without_docstring_is_refused() -> None:
    with pytest.raises(UsageError, match="no docstring"):

        @rule(issue_type="x", severity=Severity.ERROR, needs=Needs.QUOTES)
        def silent(quotes: pd.DataFrame) -> pd.DataFrame:
            return quotes


def test_issues_are_ready_for_json_and_typed_even_when_empty() -> None:
    quotes = clean_quotes().head(1).assign(decimal_price=float("inf"))
    issues = issues_of(quotes, ["odd"], ["decimal_price", "point", "snapshot_time", "in_play"])
    empty = issues_of(quotes.head(0), [], ["decimal_price"])
    assert tuple(issues.columns) == tuple(empty.columns) == ISSUE_COLUMNS
    assert issues.dtypes.equals(empty.dtypes)
    assert json.loads(json.dumps(issues["evidence"][0], allow_nan=False)) == {
        "decimal_price": "inf",
        "point": None,
        "snapshot_time": "2026-03-03T12:00:00+00:00",
        "in_play": False,
    }


def test_importing_the_registry_and_all_rules_stays_cheap() -> None:
    code = (
        "import sys, odds_pipeline.catalog.fields, odds_pipeline.quality.schemas\n"
        "from odds_pipeline.quality.registry import load_rules\n"
        "load_rules()\n"
        "print([m for m in ('pandas', 'numpy', 'pandera', 'dagster') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
