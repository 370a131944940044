"""Recall on planted faults, rule by rule, and silence on clean data."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odds_pipeline.quality.registry import Needs, RuleResult, load_rules, run_rule
from odds_pipeline_tests.quality import recorded
from odds_pipeline_tests.quality.frames import (
    NOON,
    american,
    at,
    clean_quotes,
    coverage,
    priced,
    quarantine,
    reconciled,
    scores,
    shares,
    slots,
)

CLEAN: dict[Needs, Callable[[], pd.DataFrame]] = {
    Needs.QUOTES: clean_quotes,
    Needs.MARKETS: lambda: priced(Needs.MARKETS),
    Needs.BOARDS: lambda: priced(Needs.BOARDS),
    Needs.SNAPSHOTS: lambda: priced(Needs.SNAPSHOTS),
    Needs.EVENTS: lambda: priced(Needs.EVENTS),
    Needs.COVERAGE: lambda: coverage(4, 4, 3, 4, 4),
    Needs.SCORES: scores,
    Needs.QUARANTINE: quarantine,
    Needs.SHARES: shares,
    Needs.SLOTS: lambda: slots("ok", "healed", "ok"),
    Needs.RECONCILIATION: reconciled,
}
Value = float | str | datetime | None
Fault = Callable[[pd.DataFrame], pd.DataFrame]


def judged(name: str, frame: pd.DataFrame) -> RuleResult:
    """A rule's result on its own frame, or on the one that these quotes make."""
    rule = load_rules()[name]
    if "decimal_price" in frame and rule.needs is not Needs.QUOTES:
        frame = recorded.frames_of(frame)[rule.needs]
    return run_rule(rule, frame)


@pytest.mark.parametrize("name", load_rules())
def test_clean_data_raises_no_alarm(name: str) -> None:
    rule = load_rules()[name]
    result = run_rule(rule, CLEAN[rule.needs]())
    assert result.passed, result.issues.to_dict("records")


@pytest.mark.parametrize("name", load_rules())
def test_the_index_of_a_frame_means_nothing(name: str) -> None:
    rule = load_rules()[name]
    frame = CLEAN[rule.needs]()
    assert run_rule(rule, frame.set_index(pd.Index([0] * len(frame)))).passed


@pytest.mark.parametrize("name", load_rules())
def test_an_empty_frame_raises_no_alarm(name: str) -> None:
    rule = load_rules()[name]
    assert run_rule(rule, CLEAN[rule.needs]().head(0)).passed


@pytest.mark.parametrize("name", load_rules())
def test_a_day_without_anything_as_sql_gives_it_raises_no_alarm(name: str) -> None:
    rule = load_rules()[name]
    assert run_rule(rule, pd.DataFrame(columns=CLEAN[rule.needs]().columns)).passed


EVERYWHERE: list[tuple[str, dict[str, float | str | datetime]]] = [
    ("price_finite_and_in_range", {"decimal_price": float("nan")}),
    ("price_above_one", {"decimal_price": 1.0}),
    ("american_impossible_zone", {"american_price": 7}),
    ("required_fields", {"sport_key": ""}),
    ("outcomes_match_market", {"home_team": "Nobody", "away_team": "Noone"}),
]


@pytest.mark.parametrize(("name", "fault"), EVERYWHERE)
def test_every_faulty_quote_gives_an_issue_of_its_own(
    name: str, fault: dict[str, float | str | datetime]
) -> None:
    quotes = clean_quotes()
    second = quotes[quotes["market_key"] == "player_points"].assign(description="B. Forward")
    frame = pd.concat([quotes, second], ignore_index=True).assign(**fault)
    issues = judged(name, frame.astype(quotes.dtypes)).issues.drop(columns="evidence")
    sided = ~frame["outcome_name"].isin(["Over", "Under", "Draw"])
    assert len(issues) == (sided.sum() if name == "outcomes_match_market" else len(frame))
    assert not issues.duplicated().any()


def put(column: str, value: Value, market: str, outcome: str, book: str = "draftkings") -> Fault:
    def plant(quotes: pd.DataFrame) -> pd.DataFrame:
        quotes.loc[at(quotes, market, outcome, book), column] = value
        return quotes

    return plant


def drop(market: str, outcome: str, event: str = "e1") -> Fault:
    return lambda quotes: quotes[~at(quotes, market, outcome, event=event)]


def repeat(market: str, outcome: str, **changed: float) -> Fault:
    def plant(quotes: pd.DataFrame) -> pd.DataFrame:
        copy = quotes[at(quotes, market, outcome)].head(1).assign(**changed)
        return pd.concat([quotes, copy.astype(quotes.dtypes)], ignore_index=True)

    return plant


FAULTS: list[tuple[str, Fault]] = [
    ("price_finite_and_in_range", put("decimal_price", float("nan"), "h2h", "Miami")),
    ("price_finite_and_in_range", put("decimal_price", float("inf"), "h2h", "Miami")),
    ("price_finite_and_in_range", put("decimal_price", 0.99, "h2h", "Miami")),
    ("price_finite_and_in_range", put("decimal_price", 1e6, "h2h", "Miami")),
    ("price_finite_and_in_range", put("decimal_price", -150.0, "h2h", "Miami")),
    ("price_above_one", put("decimal_price", 1.0, "h2h", "Boston")),
    ("american_impossible_zone", put("american_price", 2, "h2h", "Miami")),
    ("american_impossible_zone", put("american_price", -99, "h2h", "Miami")),
    ("required_fields", put("point", None, "spreads", "Miami")),
    ("required_fields", put("point", None, "player_points", "Over")),
    ("required_fields", put("decimal_price", None, "h2h", "Miami")),
    ("required_fields", put("outcome_name", "", "h2h", "Miami")),
    ("required_fields", put("commence_time", None, "h2h", "Miami")),
    ("capture_time_not_in_future", put("known_time", NOON - timedelta(seconds=3), "h2h", "Boston")),
    (
        "capture_time_not_in_future",
        put("last_update", NOON + timedelta(seconds=3), "h2h", "Boston"),
    ),
    ("overround_in_band", put("decimal_price", 27.0, "h2h", "Miami")),  # shifted decimal point
    ("overround_in_band", put("decimal_price", 1.27, "h2h", "Miami")),
    ("overround_in_band", put("decimal_price", 2.3, "totals", "Over")),
    ("overround_in_band", put("decimal_price", 1.7, "spreads", "Boston", "pinnacle")),
    ("overround_in_band", put("decimal_price", 3.3, "h2h", "Miami", "betfair_ex_eu")),
    ("overround_in_band", put("decimal_price", 2.5, "player_points", "Over")),
    ("overround_in_band", put("decimal_price", 9.0, "alternate_spreads", "Miami")),
    ("both_sides_present", drop("h2h", "Miami")),
    ("both_sides_present", drop("spreads", "Boston")),
    ("both_sides_present", drop("totals", "Over")),
    ("both_sides_present", drop("h2h", "Draw", event="e2")),
    ("both_sides_present", drop("h2h_3_way", "Draw")),
    ("overround_in_band", put("decimal_price", 3.0, "h2h_3_way", "Draw")),
    ("mirrored_points", put("point", -5.5, "spreads", "Miami")),
    ("mirrored_points", put("point", 6.0, "spreads", "Miami")),
    ("mirrored_points", put("point", 222.0, "totals", "Over")),
    ("duplicate_outcomes", repeat("h2h", "Miami")),
    ("duplicate_outcomes", repeat("spreads", "Miami", point=6.5)),
    ("duplicate_outcomes", repeat("player_points", "Over", decimal_price=1.95)),
    ("outcomes_match_market", put("outcome_name", "Chicago", "h2h", "Miami")),
    ("outcomes_match_market", put("outcome_name", "Boston", "totals", "Over")),
    ("in_play_leakage", put("commence_time", NOON, "h2h", "Miami")),
]


@pytest.mark.parametrize(("name", "plant"), FAULTS)
def test_a_planted_fault_is_found_where_it_is(name: str, plant: Fault) -> None:
    result = judged(name, plant(clean_quotes()))
    found = result.issues
    assert not result.passed
    assert set(found["snapshot_time"]) == {pd.Timestamp(NOON)}
    assert found["event_id"].nunique() == 1
    assert all(found["evidence"].map(bool)) and all(found["description"])
    assert not found.drop(columns="evidence").duplicated().any()


def test_an_unreviewed_quarantine_is_found() -> None:
    waiting = quarantine("American price -50 is in the impossible zone", "no outcome name")
    assert len(judged("quarantined", waiting).issues) == 2
    named = judged("american_impossible_zone_refused", waiting).issues
    assert list(named["description"]) == [
        "American price -50 is in the impossible zone at [0].bookmakers[0] of raw 7"
    ]


def test_an_event_that_could_not_be_written_is_found() -> None:
    waiting = quarantine("cannot be written: CheckViolation: no", "price is not a number")
    issues = judged("dead_letters", waiting).issues
    assert list(issues["event_id"]) == ["e1"]
    assert issues["description"][0].startswith("cannot be written: CheckViolation: no (")


@pytest.mark.parametrize(
    ("quarantined", "parts", "found"), [(6, 60, 0), (7, 60, 1), (1, 1, 1), (60, 60, 1)]
)
def test_a_document_of_which_much_cannot_be_used_is_found(
    quarantined: int, parts: int, found: int
) -> None:
    issues = judged("quarantine_share", shares(quarantined, parts)).issues
    assert len(issues) == found
    if found:
        assert f"{quarantined} of {parts} parts" in issues["description"][0]


@pytest.mark.parametrize("status", ["planned", "claimed", "fetched", "gap"])
def test_a_slot_that_did_not_end_well_is_found(status: str) -> None:
    issues = judged("slots_complete", slots("ok", status, "healed")).issues
    assert list(issues["description"]) == [f"slot 2 (odds, basketball_nba) is {status}"]
    assert issues["snapshot_time"][0] == NOON + timedelta(minutes=30)


@pytest.mark.parametrize(("missing", "different"), [(1, 0), (0, 1), (60, 0)])
def test_stored_quotes_that_differ_from_raw_are_found(missing: int, different: int) -> None:
    issues = judged("reconciliation", reconciled(missing, different)).issues
    assert len(issues) == 1
    assert issues["evidence"][0]["missing"] == missing


def test_thin_exchanges_lay_and_one_sided_alternates_are_no_fault() -> None:
    quotes = clean_quotes()
    quotes.loc[at(quotes, "h2h", "Miami", "betfair_ex_eu"), "decimal_price"] = 1.9
    quotes.loc[at(quotes, "h2h_lay", "Miami"), "decimal_price"] = 1000.0
    quotes = quotes[~at(quotes, "alternate_spreads", "Miami")]
    quotes = quotes[~at(quotes, "player_points", "Under")]
    assert judged("overround_in_band", quotes).passed
    assert judged("both_sides_present", quotes).passed
    assert judged("mirrored_points", quotes).passed


def test_a_three_way_market_may_take_more() -> None:
    quotes = clean_quotes()
    quotes.loc[at(quotes, "h2h", "Draw", event="e2"), "decimal_price"] = 2.35  # 18 % in all
    assert judged("overround_in_band", quotes).passed
    quotes.loc[at(quotes, "h2h", "Draw", event="e2"), "decimal_price"] = 2.2  # 21 %
    assert not judged("overround_in_band", quotes).passed


def test_a_three_way_market_without_its_draw_is_not_judged_as_two_way() -> None:
    quotes = clean_quotes()
    soccer = quotes[~at(quotes, "h2h", "Draw", event="e2")]
    assert judged("overround_in_band", soccer).passed
    period = quotes[~at(quotes, "h2h_3_way", "Draw")]
    assert judged("overround_in_band", period).passed


def test_an_in_play_market_has_its_own_band() -> None:
    quotes = clean_quotes()
    quotes.loc[at(quotes, "h2h", "Miami"), "decimal_price"] = 1.97  # overround 17.4 %
    assert not judged("overround_in_band", quotes).passed
    assert judged("overround_in_band", quotes.assign(in_play=True)).passed


def test_an_outright_without_teams_is_no_foreign_outcome() -> None:
    field = (
        clean_quotes()
        .head(2)
        .assign(
            market_key="outrights",
            home_team=None,
            away_team=None,
            outcome_name=["A. Golfer", "B. Pro"],
        )
    )
    frame = field.astype({"home_team": "str", "away_team": "str"})
    for name in ("outcomes_match_market", "both_sides_present", "overround_in_band"):
        assert judged(name, frame).passed


def test_a_market_the_catalog_does_not_know_is_not_guessed_about() -> None:
    frame = clean_quotes().assign(market_key="h2h_q1_special", outcome_name="Whoever")
    for name in ("outcomes_match_market", "both_sides_present", "overround_in_band"):
        assert judged(name, frame).passed


@settings(max_examples=40, deadline=None)
@given(
    probability=st.floats(0.02, 0.98),
    overround=st.floats(0.001, 0.149),
    factor=st.floats(1.2, 50.0),
)
def test_any_plausible_retail_market_passes_and_any_underround_is_found(
    probability: float, overround: float, factor: float
) -> None:
    quotes = clean_quotes()
    home, away = at(quotes, "h2h", "Boston"), at(quotes, "h2h", "Miami")
    for side, p in ((home, probability), (away, 1 - probability)):
        quotes.loc[side, "decimal_price"] = 1 / (p * (1 + overround))
    assert judged("overround_in_band", quotes).passed
    quotes.loc[home | away, "decimal_price"] *= factor
    assert len(judged("overround_in_band", quotes).issues) == 1


@settings(max_examples=40, deadline=None)
@given(price=st.floats(1.001, 1000))
def test_an_american_price_made_from_a_decimal_one_is_never_impossible(price: float) -> None:
    quotes = clean_quotes().head(1).assign(decimal_price=price, american_price=american(price))
    assert judged("american_impossible_zone", quotes.astype({"american_price": "Int64"})).passed
