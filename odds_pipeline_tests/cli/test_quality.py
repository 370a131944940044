"""`odds validate` and `odds quality`, and that a rule is one file for all who show it."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from odds_pipeline.cli import validate as command
from odds_pipeline.cli.docs_data import checks_page
from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline.errors import NotFound, UsageError
from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.quality import rules
from odds_pipeline.services.import_files import import_paths
from odds_pipeline.services.platform import Platform
from odds_pipeline_tests.cli.conftest import FIXTURES, Odds, is_one_line
from odds_pipeline_tests.quality.test_registry import THROW_AWAY
from odds_pipeline_tests.services.books import rows

DAY = date(2026, 1, 9)


@pytest.fixture
def seeded(odds: Odds, tmp_path: Path) -> Odds:
    """A recorded answer in which one spread's sides do not mirror."""
    events = json.loads((FIXTURES / "odds_american.json").read_text())
    spreads = next(
        market
        for event in events
        for book in event["bookmakers"]
        for market in book["markets"]
        if market["key"] == "spreads"
    )
    spreads["outcomes"][0]["point"] += 3
    file = tmp_path / "odds.json"
    file.write_text(json.dumps(events))
    done = odds("import", "the-odds-api", str(file))
    assert done.code == 0, done.err
    return odds


def test_a_day_is_judged_reviewed_and_decided(seeded: Odds) -> None:
    judged = seeded("validate", "--date", DAY.isoformat(), "--json").json
    assert set(judged) == {"date", "rules"}
    keys = {key.removeprefix("rules[].") for key in JSON_KEYS["validate"] if "[]" in key}
    assert {frozenset(rule) for rule in judged["rules"]} == {frozenset(keys)}
    found = sum(rule["issues"] for rule in judged["rules"])
    assert found > 0
    listed = seeded("quality", "list", "--date", DAY.isoformat(), "--json").json
    assert set(listed[0]) == set(JSON_KEYS["quality list"])
    name = next(row["item"] for row in listed if not row["item"].startswith("q"))
    kept = seeded("quality", "keep", name, "--reason", "asked", "--by", "ann", "--json").json
    assert (kept["item"], kept["status"]) == (name, "open")
    released = seeded("quality", "release", name, "--reason", "right", "--json").json
    assert released["status"] == "released"
    shown = seeded("quality", "show", name, "--json").json
    assert set(shown) == {key for key in JSON_KEYS["quality show"] if "[]" not in key}
    assert [one["action"] for one in shown["decisions"]] == ["keep", "release"]
    left = seeded("quality", "list", "--date", DAY.isoformat(), "--json").json
    assert name not in {row["item"] for row in left}


def test_what_cannot_be_decided_is_one_line(odds: Odds) -> None:
    done = odds("quality", "release", "12", "--reason", "right")
    assert is_one_line(done, NotFound.exit_code)
    done = odds("validate", "--date", "yesterday")
    assert is_one_line(done, UsageError.exit_code)


def test_a_rule_is_one_file_for_check_log_command_and_docs(
    platform: Platform,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "one_file_rule.py").write_text(THROW_AWAY.replace("2.7", "1.9090909090909092"))
    monkeypatch.setattr(rules, "__path__", [*rules.__path__, str(tmp_path)])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    import_paths(platform, [FIXTURES / "odds_american.json"])

    @contextmanager
    def opened() -> Iterator[Platform]:
        yield platform

    monkeypatch.setattr(command, "platform", opened)
    graph = build_definitions(platform.settings).get_repository_def().asset_graph
    specs = {key.name: graph.get_check_spec(key).description for key in graph.asset_check_keys}
    command.validate(DAY.isoformat(), as_json=True)
    shown = {one["rule"]: one["issues"] for one in json.loads(capsys.readouterr().out)["rules"]}
    logged = rows(platform, "SELECT count(*) FROM data_quality_logs WHERE rule = 'throw_away'")
    page = checks_page()

    monkeypatch.delitem(sys.modules, "odds_pipeline.quality.rules.one_file_rule")
    assert specs["throw_away"] == "Prices are not 1.9090909090909092."
    assert shown["throw_away"] > 0
    assert logged == [(shown["throw_away"],)]
    assert "## throw_away\n\nPrices are not 1.9090909090909092." in page
