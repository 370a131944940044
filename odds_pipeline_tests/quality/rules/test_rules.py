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
    ("in_play_leakage", put("commence_time", NOON, "h2h", "Boston")),
    ("points_in_range", put("point", 41.0, "spreads", "Miami")),
    ("points_in_range", put("point", 21.5, "totals", "Over")),
    ("points_on_grid", put("point", 5.4, "spreads", "Miami")),
    ("lay_not_below_back", put("decimal_price", 2.6, "h2h_lay", "Miami")),
    ("spread_agrees_with_moneyline", put("decimal_price", 3.6, "h2h", "Boston")),
    ("arbitrage_too_good", put("decimal_price", 4.5, "h2h", "Miami")),
    ("updates_keep_pace", put("last_update", NOON - timedelta(minutes=12), "h2h", "Boston")),
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


# --- rules that see more than one market ---


def _books(quotes: pd.DataFrame, *more: str) -> pd.DataFrame:
    """The quotes with further books that price like draftkings."""
    like = quotes[quotes["bookmaker_key"] == "draftkings"]
    return pd.concat([quotes, *(like.assign(bookmaker_key=book) for book in more)])


def test_a_book_far_from_its_peers_is_found_and_one_that_swapped_its_sides_as_such() -> None:
    quotes = _books(clean_quotes(), "fanduel", "betmgm", "bovada").reset_index(drop=True)
    assert judged("far_from_peers", quotes).passed
    home, away = at(quotes, "h2h", "Boston"), at(quotes, "h2h", "Miami")
    quotes.loc[home, "decimal_price"], quotes.loc[away, "decimal_price"] = 2.7, 1.5
    for name in ("far_from_peers", "swapped_outcomes"):
        (issue,) = judged(name, quotes).issues.to_dict("records")
        assert (issue["bookmaker_key"], issue["market_key"]) == ("draftkings", "h2h")
    quotes.loc[home, "decimal_price"], quotes.loc[away, "decimal_price"] = 1.95, 1.85
    assert len(judged("far_from_peers", quotes).issues) == 1
    assert judged("swapped_outcomes", quotes).passed


@pytest.mark.parametrize(
    ("name", "column", "market", "outcomes", "values"),
    [
        ("probability_jump", "decimal_price", "h2h", ("Boston", "Miami"), (2.4, 1.58)),
        ("probability_jump", "decimal_price", "totals", ("Over", "Under"), (1.5, 2.6)),
        ("line_jump", "point", "spreads", ("Boston", "Miami"), (-16.5, 16.5)),
    ],
)
def test_a_jump_between_captures_is_found_at_the_later_one(
    name: str, column: str, market: str, outcomes: tuple[str, str], values: tuple[float, float]
) -> None:
    quotes = clean_quotes()
    later = quotes["snapshot_time"] > NOON
    for outcome, value in zip(outcomes, values, strict=True):
        chosen = later & (quotes["market_key"] == market) & (quotes["outcome_name"] == outcome)
        quotes.loc[chosen & (quotes["bookmaker_key"] == "draftkings"), column] = value
    (issue,) = judged(name, quotes).issues.to_dict("records")
    assert issue["snapshot_time"] == NOON + timedelta(minutes=30)
    assert judged(name, quotes.assign(in_play=True)).passed
    quotes.loc[later, ["snapshot_time", "until_time"]] += timedelta(hours=3)  # a day may do that
    assert judged(name, quotes).passed


def test_an_overround_that_is_not_the_books_own_is_found_inside_the_band_of_its_class() -> None:
    quotes = pd.concat(
        [clean_quotes().assign(event_id=f"e{n}") for n in range(1, 4)], ignore_index=True
    )
    quotes = quotes[quotes["sport_key"] == "basketball_nba"].reset_index(drop=True)
    quotes.loc[at(quotes, "spreads", "Miami"), "decimal_price"] = 1.65  # 13 % where 4.7 % is usual
    assert judged("overround_in_band", quotes).passed
    (issue,) = judged("margin_is_the_books_own", quotes).issues.to_dict("records")
    assert (issue["bookmaker_key"], issue["event_id"]) == ("draftkings", "e1")


def test_an_update_that_runs_backwards_is_found() -> None:
    quotes = clean_quotes()
    later = quotes["snapshot_time"] > NOON
    quotes.loc[later, "last_update"] = NOON - timedelta(minutes=11)
    found = judged("updates_in_order", quotes).issues
    assert set(found["snapshot_time"]) == {pd.Timestamp(NOON + timedelta(minutes=30))}
    quotes.loc[later, "last_update"] = NOON - timedelta(minutes=10)
    assert judged("updates_in_order", quotes).passed


def test_what_was_asked_for_and_never_came_is_found_once_a_day() -> None:
    (issue,) = judged("asked_books_answer", coverage(0, 0, 0)).issues.to_dict("records")
    assert issue["description"] == (
        "draftkings was asked for h2h of basketball_nba and priced no event"
    )
    assert (issue["snapshot_time"], issue["until_time"]) == (
        pd.Timestamp(NOON),
        pd.Timestamp(NOON + timedelta(hours=1)),
    )
    assert judged("asked_books_answer", coverage(0, 1, 0)).passed
    assert judged("asked_books_answer", coverage(0, 0, events=2)).passed
    absent = coverage(0, 0).assign(bookmaker_key="circasports")
    assert judged("asked_books_answer", absent).passed
    unasked = coverage(0, 0).assign(market_key="h2h_lay")  # an exchange answers it beside h2h
    assert judged("asked_books_answer", unasked).passed
    exchange = unasked.assign(bookmaker_key="betfair_ex_eu")
    assert not judged("asked_books_answer", exchange).passed


def test_a_book_that_offers_less_than_usual_is_found_by_its_own_habit() -> None:
    (issue,) = judged("book_offers_as_usual", coverage(4, 4, 1, 4, 4)).issues.to_dict("records")
    assert issue["snapshot_time"] == NOON + timedelta(hours=1)
    assert judged("book_offers_as_usual", coverage(1, 1, 1, 1, 1)).passed  # it never offers more
    assert judged("book_offers_as_usual", coverage(4, 4, 1, 4)).passed  # too few to know


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("no_tied_final", scores(95, 95)),
        ("score_in_range", scores(9, 99)),
        ("final_score_changed", scores(101, 99, before=(101, 98))),
        ("late_score", scores(after=timedelta(days=4))),
    ],
)
def test_a_score_that_cannot_be_is_found(name: str, made: pd.DataFrame) -> None:
    assert len(judged(name, made).issues) == 1


def test_scores_that_may_be_are_no_fault() -> None:
    assert judged("no_tied_final", scores(1, 1, sport="soccer_epl")).passed
    assert judged("final_score_changed", scores(101, 99, before=(101, 99))).passed
    assert judged("late_score", scores(before=(101, 99), after=timedelta(days=4))).passed


def _events(apart: timedelta, sport: str = "basketball_nba") -> pd.DataFrame:
    one = priced(Needs.EVENTS).head(1).assign(sport_key=sport)
    other = one.assign(
        event_id="again",
        commence_time=one["commence_time"] + apart,
        home_team=one["away_team"],
        away_team=one["home_team"],
    )
    return pd.concat([one, other], ignore_index=True)


@pytest.mark.parametrize(
    ("hours", "duplicate", "doubleheader"), [(0, 1, 0), (2, 1, 0), (5, 0, 1), (21, 0, 0)]
)
def test_one_game_twice_and_two_games_of_a_day_are_told_apart(
    hours: int, duplicate: int, doubleheader: int
) -> None:
    made = _events(timedelta(hours=hours))
    assert len(judged("duplicate_event", made).issues) == duplicate
    assert len(judged("doubleheader", made).issues) == doubleheader


@pytest.mark.parametrize(
    ("statuses", "late"),
    [(("ok", "ok", "gap"), False), (("ok", "gap", "gap", "gap"), True), (("gap",) * 4, True)],
)
def test_freshness_follows_the_plan(statuses: tuple[str, ...], late: bool) -> None:
    assert judged("captures_fresh", slots(*statuses)).passed != late
    assert judged("captures_fresh", slots()).passed  # no games, no alarm


def test_what_is_known_to_be_wrong_is_told_once_and_not_compared() -> None:
    quotes = clean_quotes()
    best = quotes[quotes["bookmaker_key"] == "draftkings"].assign(
        bookmaker_key="market_best", decimal_price=3.0
    )
    frame = pd.concat([quotes, best], ignore_index=True)
    (issue,) = judged("known_faults", frame).issues.to_dict("records")
    assert issue["evidence"]["quotes"] == len(best)
    assert issue["evidence"]["evidence"]
    for name in ("overround_in_band", "arbitrage_too_good", "margin_is_the_books_own"):
        assert judged(name, frame).passed
