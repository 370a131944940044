"""Plug-ins of an installed distribution: found, checked, logged, and harmless when broken."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from odds_pipeline import plugins
from odds_pipeline.alerts.channels.registry import open_channels
from odds_pipeline.backtesting.strategies import STRATEGIES, find, strategies
from odds_pipeline.catalog.alerts import Severity
from odds_pipeline.cli.main import run
from odds_pipeline.plugins import Group, seen
from odds_pipeline.quality.registry import load_rules, run_rule
from odds_pipeline.services.code_version import code_version
from odds_pipeline.services.doctor.configuration import plugins as examined
from odds_pipeline.services.doctor.examination import Examination
from odds_pipeline.services.doctor.look import installed_plugins
from odds_pipeline.settings import Settings
from odds_pipeline.sources.archives.layouts.registry import LAYOUTS, layout_of, layouts
from odds_pipeline.sources.archives.parse import request_of
from odds_pipeline_tests.quality.frames import clean_quotes

MODULE = '''
import numpy as np

from odds_pipeline.backtesting.strategies import FavouriteStrategy
from odds_pipeline.backtesting.strategy import Picks, Strategy
from odds_pipeline.catalog.observations import OddsFormat
from odds_pipeline.quality.inputs import Needs
from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Severity, rule
from odds_pipeline.sources.archives.layout import Layout


class Nothing(Strategy):
    name = "nothing"
    summary = "Bets on nothing."

    def opportunities(self, offers):
        return Picks.single([])


@rule(issue_type="too_round", severity=Severity.WARNING, needs=Needs.QUOTES)
def too_round(quotes):
    """Prices are not 2.7."""
    bad = quotes[quotes["decimal_price"] == 2.7]
    return issues_of(bad, ["it is 2.7"] * len(bad), ["decimal_price"])


LAYOUT = Layout(
    name="my-league", required=("day", "h", "a", "hg"), odds_format=OddsFormat.DECIMAL,
    sport="icehockey_nhl", date="day", home="h", away="a", home_score="hg", away_score="ag",
)


class Pager:
    name = "pager"

    def send(self, message, severity):
        raise RuntimeError("no battery")


def pagers(settings):
    return [Pager()]


def unopened(settings):
    raise KeyError("MY_TOKEN")
'''
ENTRY_POINTS = """
[odds_pipeline.strategies]
nothing = my_odds:Nothing
favourite = my_odds:FavouriteStrategy
other = my_odds:Nothing
number = my_odds:LAYOUT
absent = my_odds:Absent
gone = my_gone
quits = my_quits

[odds_pipeline.rules]
too_round = my_odds:too_round
price_above_one = my_odds:too_round

[odds_pipeline.layouts]
my-league = my_odds:LAYOUT

[odds_pipeline.channels]
pagers = my_odds:pagers
unopened = my_odds:unopened
no_function = my_odds:LAYOUT
"""
FAULTS = {
    "favourite": "another is called 'favourite' already",
    "other": "it calls itself 'nothing': give both one name",
    "number": "it is no Strategy (odds_pipeline.backtesting.strategy)",
    "absent": "AttributeError: module 'my_odds' has no attribute 'Absent'",
    "gone": "ModuleNotFoundError: No module named 'my_gone'",
    "quits": "SystemExit: 3",
    "price_above_one": "another is called 'price_above_one' already",
    "no_function": "it is no function that opens channels",
}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A distribution as pip leaves it in a folder of the path, nothing of it loaded yet."""
    kept = tmp_path / "my_odds-1.2.dist-info"
    kept.mkdir()
    (kept / "METADATA").write_text("Metadata-Version: 2.1\nName: my-odds\nVersion: 1.2\n")
    (kept / "entry_points.txt").write_text(ENTRY_POINTS)
    (tmp_path / "my_odds.py").write_text(MODULE)
    (tmp_path / "my_quits.py").write_text("raise SystemExit(3)")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(plugins, "_found", {})
    yield tmp_path
    sys.modules.pop("my_odds", None)


def test_each_registry_has_what_a_plugin_adds(installed: Path) -> None:
    nothing = find("nothing")
    assert list(strategies()) == [*STRATEGIES, "nothing"]
    assert (nothing.summary, nothing.__module__) == ("Bets on nothing.", "my_odds")
    assert code_version(nothing) != code_version(find("favourite"))
    found = run_rule(load_rules()["too_round"], clean_quotes())
    assert (len(found.issues), found.rule.documentation) == (6, "Prices are not 2.7.")
    assert list(layouts()) == [*LAYOUTS, "my-league"]
    assert layout_of(["day", "h", "a", "hg", "x"]) is layouts()["my-league"]
    assert list(request_of(layouts()["my-league"])) == ["mapping"], "it is read without the plug-in"
    (pager,) = open_channels(Settings(_env_file=None))
    with pytest.raises(RuntimeError, match="no battery"):
        pager.send("told", Severity.INFO)


def test_a_broken_one_is_left_out_with_one_line_and_takes_nothing_with_it(
    installed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "odds.plugins")
    for _ in range(2):  # the second time nothing is loaded, or told, again
        strategies(), load_rules(), layouts()
        assert len(open_channels(Settings(_env_file=None))) == 1
    assert {one.name: one.fault for one in seen() if one.fault} == FAULTS
    broken = [record for record in caplog.records if record.message == "plugin_broken"]
    loaded = [record for record in caplog.records if record.message == "plugin_loaded"]
    assert len(loaded) == 5
    assert len(broken) == len(FAULTS) + 2, "an opener that fails says so at each opening"
    assert broken[-1].__dict__["why"] == "KeyError: 'MY_TOKEN'"
    assert {record.__dict__["plugin"] for record in loaded} >= {
        "odds_pipeline.layouts: my-league (my-odds 1.2)"
    }
    with pytest.raises(
        ValueError, match=r"no strategy 'gone'; plug-in my-odds 1\.2 is broken: Mod"
    ):
        find("gone")


def test_the_command_line_shows_them(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["backtest", "strategies"]) == 0
    assert "Bets on nothing." in capsys.readouterr().out
    (installed / "games.csv").write_text("day,h,a,hg,ag\n2025-10-07,Boston,Buffalo,4,2\n")
    assert run(["import", "my-league", str(installed / "games.csv"), "--dry-run", "--json"]) == 0
    assert '"events": 1' in capsys.readouterr().out
    assert run(["import", "--help"]) == 0
    assert "my-league" in capsys.readouterr().out


def test_the_doctor_lists_them(installed: Path) -> None:
    assert examined(cast("Examination", SimpleNamespace(plugins=()))).found == "none installed"
    told = examined(cast("Examination", SimpleNamespace(plugins=installed_plugins())))
    assert told.status == "warn"
    assert "strategies: nothing (my-odds 1.2);" in told.found
    assert "strategies: quits (my-odds 1.2) is broken: SystemExit: 3" in told.found
    assert "layouts: my-league (my-odds 1.2)" in told.found


def test_a_command_that_needs_none_loads_none(installed: Path) -> None:
    """Foreign code runs where its registry is asked, and nowhere else."""
    (installed / "my_odds.py").write_text("raise SystemExit('loaded')")
    done = subprocess.run(
        [sys.executable, "-c", "from odds_pipeline.cli.main import run; run(['events', '--help'])"],
        env={"PYTHONPATH": f"{installed}:{Path(__file__).parents[1]}", "ODDS_HOME": "none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_groups_are_named_once() -> None:
    assert {str(group) for group in Group} == {
        *(f"odds_pipeline.{what}" for what in ("strategies", "rules", "layouts", "channels")),
    }
