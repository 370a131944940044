"""The plug-in that docs/how_to.md shows does what the page says."""

from pathlib import Path

import pytest

from odds_pipeline.alerts.channels.registry import open_channels
from odds_pipeline.backtesting.strategies import find
from odds_pipeline.catalog.alerts import Severity
from odds_pipeline.plugins import Group
from odds_pipeline.quality.registry import load_rules, run_rule
from odds_pipeline.services.doctor.look import installed_plugins
from odds_pipeline.services.import_files import Stated, try_paths
from odds_pipeline.settings import Settings
from odds_pipeline.sources.archives.layouts.registry import layouts
from odds_pipeline_tests.quality.frames import clean_quotes


def test_each_of_its_four_things_works(shown_plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = installed_plugins()
    assert [(one.group, one.fault) for one in found] == [(group, "") for group in Group]
    assert find("longshot").named({"lowest": "3"}).parameters.lowest == 3.0
    quotes = clean_quotes()
    quotes["decimal_price"] = 13.0
    issues = run_rule(load_rules()["price_too_long"], quotes).issues
    assert set(issues["description"]) == {"priced at 13"}
    assert len(issues) == len(quotes)
    (file,) = try_paths(
        [shown_plugin / "my-league.csv"], Stated(layout=layouts()["my-league"])
    ).files
    assert (file.status, file.events, file.quotes, file.quarantined) == ("readable", 2, 4, 0)
    monkeypatch.chdir(shown_plugin)
    (diary,) = open_channels(Settings(_env_file=None))
    diary.send("told", Severity.INFO)
    assert Path("diary.txt").read_text() == "info: told\n"
