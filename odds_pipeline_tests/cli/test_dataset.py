"""`odds dataset`, and backtests on one: what a person types, sees and is refused."""

from pathlib import Path

import pytest

from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline.services.platform import Platform
from odds_pipeline_tests.cli.conftest import Odds, is_one_line
from odds_pipeline_tests.services.seasons import SPORT, bring

MONTH = ("--sport", SPORT, "--start", "2025-01-01", "--end", "2025-01-31")
FREEZE = ("dataset", "freeze", "nhl", *MONTH, "--offset", "-360", "--close", "--tag", "mine")


def keys(of: str) -> set[str]:
    return {key for key in JSON_KEYS[of] if "[]" not in key}


@pytest.fixture
def season(odds: Odds, platform: Platform, home: Path) -> Odds:
    """Imported without the runs in Dagster that the command adds: they are not what is tested."""
    bring(platform, home)
    return odds


def test_from_freezing_to_making_an_experiment_again(season: Odds, home: Path) -> None:
    assert "No dataset was frozen yet" in season("dataset", "list").out
    frozen = season(*FREEZE, "--week", "2", "--json").json
    assert set(frozen) == keys("dataset freeze")
    assert (frozen["snapshot_id"], frozen["week"], frozen["new"]) == ("nhl@1", "2", True)
    assert "holds the same already" in season(*FREEZE).out

    run = ("backtest", "run", "favourite", "--dataset", "nhl", "--stake", "flat:1")
    made = season(*run, "--json").json
    assert (made["dataset"], made["total_bets"], made["winning_bets"]) == ("nhl@1", 8, 6)
    again = ("backtest", "reproduce", str(made["experiment"]))
    refused = season(*again)
    assert "`odds dataset lock nhl@1` first" in refused.err
    assert is_one_line(refused, 2)
    assert season("dataset", "lock", "nhl", "--json").json["is_locked"]
    assert "comes out the same to the last bit on nhl@1" in season(*again).out
    told = season(*again, "--json").json
    assert (set(told), told["same"]) == (keys("backtest reproduce"), True)

    draft = season(*run, "--draft", "--json").json
    assert draft == {"experiment": made["experiment"] + 1, "status": "draft"}
    listed = season("backtest", "list", "--json").json
    assert [(row["status"], row["dataset"], row["week"]) for row in listed] == [
        ("draft", "nhl@1", "2"),
        ("completed", "nhl@1", "2"),
    ]
    assert season("backtest", "list", "--min-roi", "0.5", "--json").json == []
    assert len(season("backtest", "list", "--min-roi", "0.1", "--json").json) == 1
    (shown,) = season("dataset", "list", "--tag", "mine", "--json").json
    assert (set(shown), shown["experiments"]) == (keys("dataset list"), 2)
    assert "nhl@1" in season("dataset", "list").out
    assert "as it was frozen (locked)" in season("dataset", "show", "nhl").out
    assert set(season("dataset", "show", "nhl", "--json").json) == keys("dataset show")

    refused = season("dataset", "delete", "nhl@1")
    assert "nhl@1 is locked" in refused.err
    assert is_one_line(refused, 4)
    path = home / "datasets" / "nhl" / "1" / "offers.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"x")
    for arguments in (run, again):
        refused = season(*arguments)
        assert "nhl@1 is not as it was frozen: offers.parquet" in refused.err
        assert is_one_line(refused, 4)
    verified = season("dataset", "verify", "nhl")
    assert (verified.code, "offers.parquet edited or missing" in verified.out) == (1, True)
    rebuilt = season("dataset", "rebuild", "nhl", "--json").json
    assert set(rebuilt) == keys("dataset rebuild")
    assert (rebuilt["same"], rebuilt["put"]) == (True, True)
    assert set(season("dataset", "verify", "nhl", "--json").json) == keys("dataset verify")


@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        (("dataset", "freeze", "No", *MONTH), 2, "cannot be a dataset's name"),
        (("dataset", "freeze", "nhl", *MONTH[:-1], "soon"), 2, "--end: 'soon' is not a day"),
        (("dataset", "freeze", "nhl", *MONTH), 3, f"no {SPORT} events"),
        (("dataset", "show", "nhl"), 3, "no dataset 'nhl'"),
        (("backtest", "run", "ev", "--dataset", "nhl", *MONTH), 2, "--dataset says what is bet on"),
        (("backtest", "run", "ev"), 2, "--sport, --start and --end, or --dataset"),
        (("backtest", "run", "ev", *MONTH, "--draft"), 2, "--draft needs a --dataset"),
        (("backtest", "reproduce", "7"), 3, "no experiment 7"),
    ],
)
def test_a_wrong_argument_is_one_line(
    odds: Odds, wrong: tuple[str, ...], code: int, words: str
) -> None:
    ended = odds(*wrong)
    assert words in ended.err
    assert is_one_line(ended, code)
