"""`odds backtest`: runs on stored odds, their record, and what a person does wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline.services.platform import Platform
from odds_pipeline_tests.cli.conftest import REPOSITORY, Odds, is_one_line
from odds_pipeline_tests.services.seasons import bring

WHEN = ("--sport", "icehockey_nhl", "--start", "2025-01-01", "--end", "2025-01-31", "--close")


@pytest.fixture
def season(odds: Odds, platform: Platform, home: Path) -> Odds:
    """Imported without the runs in Dagster that the command adds: they are not what is tested."""
    bring(platform, home)
    return odds


def test_a_run_is_made_kept_and_counted(season: Odds) -> None:
    """By hand: best favourites 1.52, 1.60, 1.95 (lost) and 1.40, and one open, at 100 each."""
    found = season("backtest", "run", "favourite", *WHEN, "--json").json
    assert set(found) == {key for key in JSON_KEYS["backtest run"] if "[]" not in key}
    assert (found["total_bets"], found["winning_bets"], found["pending_bets"]) == (4, 3, 1)
    assert found["total_profit"] == pytest.approx(52.0 + 60.0 - 100.0 + 40.0)
    assert found["roi"] == pytest.approx(0.13)
    assert (found["trials"], found["days"], found["leaks"]) == (1, 4, [])

    told = season("backtest", "run", "favourite", *WHEN).out
    assert "1 bets are open: no score of their events is stored" in told
    again = season("backtest", "run", "favourite", *WHEN, "--json").json
    assert again["trials"] == 3
    assert again["dataset_hash"] == found["dataset_hash"]
    other = season("backtest", "run", "favourite", *WHEN, "--market", "totals", "--json")
    assert is_one_line(other, 3)

    listed = season("backtest", "list", "--json").json
    assert [row["status"] for row in listed] == ["failed", *["completed"] * 3]
    assert set(listed[0]) == set(JSON_KEYS["backtest list"])
    assert "nothing was on offer" in listed[0]["error"]
    shown = season("backtest", "show", str(found["experiment"]), "--json").json
    assert set(shown) == set(JSON_KEYS["backtest show"])
    assert shown["metrics"]["total_profit"] == pytest.approx(found["total_profit"])
    assert shown["metrics"]["profit_factor"] == pytest.approx(1.52)


def test_a_sweep_counts_every_point_and_is_drawn_and_compared(season: Odds, home: Path) -> None:
    """Favourites by hand, 4 bets: flat 100 gains 52; one percent of the bankroll about as much."""
    grid = ("--grid", "bookmaker=pinnacle,bovada,", "--grid", "stake=flat:100,percentage:0.01")
    swept = season("backtest", "sweep", "favourite", *WHEN, *grid, "--plot", "grid.svg", "--json")
    found = swept.json
    assert set(found) == {key for key in JSON_KEYS["backtest sweep"] if "[]" not in key}
    named = {key.partition("[].")[2] for key in JSON_KEYS["backtest sweep"] if "[]" in key}
    assert {key for point in found["points"] for key in point} == named
    assert len(found["points"]) == 6
    best_prices = found["points"][4]
    assert best_prices["parameters"] == {"bookmaker": "", "stake": "flat:100"}
    single = season("backtest", "run", "favourite", *WHEN, "--json").json
    assert {name: single[name] for name in best_prices if name in single} == {
        name: value for name, value in best_prices.items() if name in single
    }
    assert (found["trials"], single["trials"]) == (6, 7)
    assert (home / "grid.svg").read_bytes().startswith(b"<?xml")

    told = season("backtest", "sweep", "favourite", *WHEN, *grid).out
    assert "after 13 trials on this data" in told
    kept = [str(row["id"]) for row in season("backtest", "list", "--json").json]
    compared = season("backtest", "compare", *kept, "--json").json
    assert [row["trials"] for row in compared] == [13, 7, 6]
    assert set(compared[1]) == set(JSON_KEYS["backtest compare"])
    table = season("backtest", "compare", *kept).out
    in_words = [line.split()[0] for line in table.splitlines() if line.split()]
    order = ["id", "dataset_hash", "total_bets", "roi", "roi_low", "clv", "best_parameters"]
    assert [word for word in in_words if word in order] == order
    assert "above 9: `odds backtest list`" in season("backtest", "list", "--min-roi", "9").out
    for experiment in kept[:2]:
        assert season("backtest", "show", experiment, "--html", f"{experiment}.html").code == 0
        page = (home / f"{experiment}.html").read_text()
        assert "<script" not in page
        assert page.count("data:image/svg+xml;base64,") >= 6


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("--grid", "min_ev=0:1:2", "--param", "min_ev=1"), "a parameter and an axis"),
        (("--grid", "min_ev=0:1:x"), "is not FROM:TO:COUNT"),
        (("--grid", "min_ev=1,1"), "each once"),
        (("--grid", "edge=1"), "has no parameter 'edge'"),
        (("--grid", "stake=kelly"), "is not KIND:NUMBER"),
        (("--grid", "min_ev=0:1:100001"), "at most 100,000"),
    ],
)
def test_a_wrong_grid_is_one_line(odds: Odds, wrong: tuple[str, ...], words: str) -> None:
    ended = odds("backtest", "sweep", "ev", *wrong, *WHEN)
    assert words in ended.err
    assert is_one_line(ended, 2)


def test_edges_against_the_sharp_book_and_costs(season: Odds) -> None:
    """Only Bovada's 2.30 on Florida beats Pinnacle's fair price: 2.30 x .4675 = 1.075."""
    least = ("--param", "method=multiplicative", "--param", "min_ev=0.05")
    run = ("backtest", "run", "ev", *WHEN, *least)
    found = season(*run, "--stake", "kelly:0.25", "--commission", "bovada=0.05", "--json").json
    assert (found["wanted"], found["winning_bets"]) == (1, 1)
    edge = (1.80 / (1.80 + 2.05) * (1 + 1.30 * 0.95) - 1) / (1.30 * 0.95)
    assert found["total_wagered"] == pytest.approx(2_500 * edge)
    assert found["total_profit"] == pytest.approx(2_500 * edge * 1.30 * 0.95)
    told = season(*run, "--limit", "bovada=25").out
    assert "looked ahead in none of" in told
    assert "on too few days for an interval; trial 2 on this data" in told
    none = season("backtest", "run", "ev", *WHEN, "--param", "min_ev=0.9").out
    assert "⚠ no bet was settled; trial 3 on this data" in none
    assert "✓" in told
    assert "⚠" in told  # one bet proves nothing


def test_what_there_is_is_listed(odds: Odds) -> None:
    rows = odds("backtest", "strategies", "--json").json
    assert {row["name"] for row in rows} >= {"ev", "arbitrage", "favourite", "steam"}
    assert set(rows[0]) == set(JSON_KEYS["backtest strategies"])
    assert "min_ev=0.03" in odds("backtest", "strategies").out
    assert "No backtest was run yet" in odds("backtest", "list").out
    assert odds("backtest", "show", "7").code == 3


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("martingale",), "no strategy 'martingale'"),
        (("ev", "--param", "edge=1"), "has no parameter 'edge'"),
        (("ev", "--param", "edge"), "is not NAME=VALUE"),
        (("ev", "--stake", "kelly"), "is not KIND:NUMBER"),
        (("ev", "--stake", "martingale:2"), "no sizing 'martingale'"),
        (("ev", "--commission", "bovada=much"), "'much' is not a number"),
        (("ev", "--commission", "bovada=2"), "from 0 to 1"),
    ],
)
def test_a_wrong_argument_is_one_line(odds: Odds, wrong: tuple[str, ...], words: str) -> None:
    ended = odds("backtest", "run", *wrong, *WHEN)
    assert words in ended.err
    assert is_one_line(ended, 2)


def test_days_without_games_are_not_found(odds: Odds) -> None:
    ended = odds("backtest", "run", "ev", *WHEN)
    assert (ended.code, "no icehockey_nhl events" in ended.err) == (3, True)


def test_a_strategy_written_from_the_docs_alone_runs(season: Odds, home: Path) -> None:
    page = (REPOSITORY / "docs" / "backtesting.md").read_text()
    code = page.partition("```python my_strategies.py\n")[2].partition("```")[0]
    (home / "my_strategies.py").write_text(code)
    command = [sys.executable, "-m", "odds_pipeline.cli", "backtest", "run"]
    done = subprocess.run(
        [*command, "my_strategies:LongshotStrategy", *WHEN, "--param", "lowest=3", "--json"],
        env=os.environ | {"PYTHONPATH": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["strategy_name"], found["total_bets"]) == ("longshot", 2)


TELLTALE = """
import os
from odds_pipeline.backtesting.strategy import Picks, Strategy


class Telltale(Strategy):
    name = "telltale"
    summary = "Gives a secret away."

    def opportunities(self, offers):
        raise RuntimeError("cannot reach " + os.environ["DATABASE_URL"])
"""


def test_what_a_strategy_gives_away_is_not_kept(
    season: Odds, home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "telltale.py").write_text(TELLTALE)
    monkeypatch.syspath_prepend(home)
    ended = season("backtest", "run", "telltale:Telltale", *WHEN)
    assert ended.code == 1
    password = make_url(database_url).password
    assert password
    (kept,) = season("backtest", "list", "--json").json
    assert kept["error"].startswith("RuntimeError: cannot reach")
    assert str(password) not in kept["error"] + ended.err + ended.out
