"""`odds quota`: this month, and what other plans would cost."""

from odds_pipeline_tests.cli.conftest import Odds, is_one_line


def test_each_key_says_what_it_has_and_refuses(odds: Odds) -> None:
    now = odds("quota", "--json").json
    (key,) = now["keys"]
    assert (now["quota"], key["quota"], key["others"]) == (20_000, 20_000, 0)
    assert key["refused"] == {}
    assert "Remaining" in odds("quota").out


def test_what_if_compares_plans_and_prices_a_backfill(odds: Odds) -> None:
    asked = ("quota", "--plan", "--interval", "20", "--backfill", "2026-01-01:2026-01-03")
    found = odds(*asked, "--json").json
    (sport,) = found["sports"]
    assert sport["basis"].startswith("an assumed league")
    plans = {plan["plan"]: plan for plan in sport["plans"]}
    assert (
        plans["fixed 30 min"]["credits"] - plans["fixed 30 min"]["calls"] * 3 == 58
    )  # scores, once an evening
    assert plans["fixed 20 min"]["calls"] == 72 * 30
    assert plans["planned"]["mean_gap_minutes"] == 2
    assert plans["planned"]["cheapest_plan"] == "20K"
    assert not plans["fixed 1 min"]["fits"]
    assert found["backfill"]["days"] == 3
    assert not found["backfill"]["exact"]
    shown = odds(*asked)
    assert "adaptive" in shown.out
    assert shown.code == 0


def test_more_books_and_the_original_card_cost_otherwise(odds: Odds) -> None:
    def call(*options: str) -> float:
        (sport,) = odds("quota", "--plan", *options, "--json").json["sports"]
        return float(sport["credits_per_call"])

    assert call("--books", "11") == 6
    assert call("--markets", "1") == 1
    assert call("--card", "cost_per_object") == 23  # three evenings of seven games and a few


def test_what_cannot_be_compared_is_one_line(odds: Odds) -> None:
    assert is_one_line(odds("quota", "--plan", "--interval", "7"), 2)
    assert is_one_line(odds("quota", "--plan", "--card", "dear"), 2)
    assert is_one_line(odds("quota", "--plan", "--backfill", "soon"), 2)
    assert is_one_line(odds("quota", "--plan", "--sports", ","), 2)
