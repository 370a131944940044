"""The dirt that real files were found to hold, each found by a rule of that name."""

from pathlib import Path

import pandas as pd
import pytest

from odds_pipeline.quality.inputs import Needs, typed
from odds_pipeline.quality.registry import load_rules, run_rule
from odds_pipeline_tests.quality import recorded
from odds_pipeline_tests.quality.archives import frames, quarantine_of, read, rows_of
from odds_pipeline_tests.quality.recorded import Frames

pytestmark = pytest.mark.shared_data

NBA_OLD, NBA_NEW = "nba/nba_closing_2008_2015.csv.gz", "nba/nba_closing_2020.csv.gz"
ENGLAND = "soccer/fdcouk_england_2005_06_to_2014_15.csv.gz"


@pytest.fixture
def real(shared_data: Path) -> Path:
    return shared_data / "real"


def issues(name: str, made: Frames) -> pd.DataFrame:
    rule = load_rules()[name]
    return run_rule(rule, made[rule.needs]).issues


def nba(file: Path, game: str) -> Frames:
    """One game of an archive of closing lines."""
    return frames(read(rows_of(file, lambda row: game in row), "sbr-games"), "sbr-games")


def test_a_money_line_of_8_is_in_the_impossible_zone(real: Path) -> None:
    found = issues(
        "american_impossible_zone_refused", nba(real / NBA_OLD, "2/2/2013,TRUE,FALSE,chi,atl")
    )
    assert len(found) == 1
    assert "moneyline_away" in found["description"][0]


def test_a_tied_nba_final_is_found_though_its_quarters_sum_to_it(real: Path) -> None:
    made = nba(real / NBA_OLD, "12/26/2012,TRUE,FALSE,ny,phx")
    (described,) = issues("no_tied_final", made)["description"]
    assert described == "the final 95-95 is tied in a sport that is not"


def test_one_book_summing_below_1_is_found(real: Path) -> None:
    made = nba(real / NBA_OLD, "3/30/2008,TRUE,FALSE,dal,gs")
    (evidence,) = issues("overround_in_band", made)["evidence"]
    # -200 and +240: 2/3 + 1/3.4
    assert evidence["overround"] == pytest.approx(2 / 3 + 1 / 3.4 - 1)


def test_a_favourite_that_the_money_line_contradicts_is_found(real: Path) -> None:
    made = nba(real / NBA_NEW, "12/19/2019,TRUE,FALSE,hou,lac")
    # The file has no price of the spread, so its line comes without quotes.
    assert "spreads" not in set(made[Needs.QUOTES]["market_key"])
    both = pd.concat(
        [made[Needs.MARKETS], made[Needs.MARKETS].assign(market_key="spreads", line=5.0)]
    )
    (evidence,) = issues("spread_agrees_with_moneyline", {Needs.MARKETS: both})["evidence"]
    assert evidence["home_point"] == 5.0 and evidence["probability"] > 0.6


def england(real: Path, *words: str) -> Frames:
    """Rows of English matches that hold all the words."""
    body = rows_of(real / ENGLAND, lambda row: all(word in row for word in words))
    return frames(read(body, "football-data"), "football-data")


@pytest.fixture(scope="module")
def matches(shared_data: Path) -> pd.DataFrame:
    """The English matches of ten seasons as they stand in the file."""
    return pd.read_csv(shared_data / "real" / ENGLAND, low_memory=False)


def _row(matches: pd.DataFrame, chosen: pd.Series) -> tuple[str, ...]:
    match = matches[chosen].iloc[0]
    return match["Date"], match["HomeTeam"], match["AwayTeam"]


def test_a_price_of_0_is_found(real: Path, matches: pd.DataFrame) -> None:
    zero = matches["B365H"] == 0
    assert zero.sum() == 3
    found = issues("price_refused", england(real, *_row(matches, zero)))
    assert "decimal price 0.0 is out of range" in " ".join(found["description"])


def test_a_result_that_contradicts_the_score_is_found(real: Path, matches: pd.DataFrame) -> None:
    margin = matches["FTHG"] - matches["FTAG"]
    wrong = (matches["FTR"] == "D") & (margin != 0) & margin.notna()
    assert set(zip(matches.loc[wrong, "FTHG"], matches.loc[wrong, "FTAG"], strict=True)) == {
        (4, 0),
        (2, 0),
        (2, 1),
    }
    found = issues("result_contradicts_score", england(real, *_row(matches, wrong)))
    assert "result D contradicts the score" in found["description"][0]


def test_a_best_price_below_the_average_is_found(real: Path, matches: pd.DataFrame) -> None:
    below = (matches["BbMxH"] < matches["BbAvH"]) | (matches["BbMxA"] < matches["BbAvA"])
    below |= (matches["BbMxD"] < matches["BbAvD"]) | (matches["BbMx>2.5"] < matches["BbAv>2.5"])
    below |= matches["BbMx<2.5"] < matches["BbAv<2.5"]
    made = england(real, *_row(matches, below))
    assert len(issues("best_not_below_average", made)) >= 1


def test_a_best_price_far_above_the_average_is_found(real: Path, matches: pd.DataFrame) -> None:
    typing_error = (matches["BbMxH"] == 17.0) & (matches["BbAvH"] == 1.56)
    made = england(real, *_row(matches, typing_error))
    (described,) = issues("best_near_average", made)["description"]
    assert described.startswith("the best price 17 of ")


def test_matches_that_stand_twice_are_found(matches: pd.DataFrame) -> None:
    # The folder holds League One of 2013-14 under two names; the importer takes each game once.
    priced = matches.dropna(subset=["B365H"])
    starts = pd.to_datetime(priced["Date"], dayfirst=True, format="mixed", utc=True)
    quotes = priced.assign(
        event_id=priced["Div"] + priced["HomeTeam"] + priced["AwayTeam"] + starts.astype(str),
        sport_key="soccer_epl",
        source="football-data",
        snapshot_time=starts,
        until_time=starts,
        known_time=starts,
        commence_time=starts,
        in_play=False,
        home_team=priced["HomeTeam"],
        away_team=priced["AwayTeam"],
        bookmaker_key="bet365",
        market_key="h2h",
        description=None,
        outcome_name=priced["HomeTeam"],
        point=None,
        decimal_price=priced["B365H"],
        american_price=pd.array([pd.NA] * len(priced), dtype="Int64"),
    )
    match = ["Div", "Date", "HomeTeam", "AwayTeam"]
    assert matches.duplicated(match).sum() == 228
    twice = priced.duplicated(match).sum()
    assert twice > 200
    found = issues("duplicate_outcomes", {Needs.QUOTES: typed(quotes, Needs.QUOTES)})
    assert len(found) == twice


def test_swapped_spread_and_total_are_out_of_range(real: Path) -> None:
    # NewOrleans at Toronto: the visitor's row holds the total (229.5), the home side's the spread.
    file = real / "nba/nba_sbr_raw_layout_2019_20_partial.csv.gz"
    body = rows_of(file, lambda row: row.startswith(("1022,501,", "1022,502,")))
    closes = [float(row.split(",")[10]) for row in body.decode().splitlines()[1:]]
    assert closes == [229.5, 6.5]
    naive = typed(
        pd.DataFrame(
            {
                **dict.fromkeys(
                    ("event_id", "source", "bookmaker_key", "outcome_name", "description"), "x"
                ),
                **dict.fromkeys(("home_team", "away_team"), "x"),
                **dict.fromkeys(
                    ("snapshot_time", "until_time", "known_time", "commence_time"),
                    pd.Timestamp("2019-10-22", tz="UTC"),
                ),
                "sport_key": "basketball_nba",
                "in_play": False,
                "market_key": ["spreads", "totals"],
                "point": closes,
                "decimal_price": 1.9,
                "american_price": pd.array([-110, -110], dtype="Int64"),
            }
        ),
        Needs.QUOTES,
    )
    assert len(issues("points_in_range", {Needs.QUOTES: naive})) == 2


def test_names_without_blanks_are_known_and_unknown_ones_never_become_teams(real: Path) -> None:
    file = real / "nba/nba_sbr_raw_layout_2019_20_partial.csv.gz"
    body = rows_of(file, lambda row: row.startswith(("1022,503,", "1022,504,")))
    known = read(body, "sbr-rows", season="2019")
    teams = {event.event.away_team for capture in known.odds for event in capture.events}
    assert teams == {"Los Angeles Lakers"}
    strange = body.replace(b"LALakers", b"LALakerz")
    waiting = quarantine_of(read(strange, "sbr-rows", season="2019"))
    (described,) = issues("unknown_team", {Needs.QUARANTINE: waiting})["description"]
    assert described.startswith("'LALakerz' is not in the list of teams of basketball_nba")


# --- The Odds API ---


@pytest.fixture(scope="module")
def afl(shared_data: Path) -> Frames:
    return recorded.frames_of(recorded.afl(shared_data).reset_index(drop=True))


def test_starts_that_move_are_found(afl: Frames, shared_data: Path) -> None:
    assert issues("start_moved", afl)["event_id"].nunique() == 16
    nba_series = recorded.frames_of(recorded.nba_daily(shared_data))
    assert issues("start_moved", nba_series)["event_id"].nunique() == 31


def test_rows_in_play_are_found_where_nobody_marked_them(afl: Frames) -> None:
    assert issues("in_play_leakage", afl).empty
    unmarked = {Needs.SNAPSHOTS: afl[Needs.SNAPSHOTS].assign(in_play=False)}
    found = issues("in_play_leakage", unmarked)
    assert found["event_id"].nunique() == 8
    in_play = afl[Needs.QUOTES][afl[Needs.QUOTES]["in_play"]]
    assert len(in_play) == 502
    assert set(found["snapshot_time"]) == set(in_play["snapshot_time"])


def test_prices_of_1_are_found(afl: Frames) -> None:
    assert len(issues("price_above_one", afl)) == 7


def test_lay_markets_are_judged_as_such_and_by_nothing_else(afl: Frames) -> None:
    lay: Frames = {
        need: frame[frame["market_key"] == "h2h_lay"]
        for need, frame in afl.items()
        if need in (Needs.QUOTES, Needs.MARKETS)
    }
    assert len(lay[Needs.QUOTES]) == 1468
    for name in ("overround_in_band", "far_from_peers", "swapped_outcomes", "probability_jump"):
        assert issues(name, lay).empty
    assert issues("lay_not_below_back", afl).empty


def test_draws_of_a_two_way_sport_are_found(afl: Frames) -> None:
    found = issues("draw_where_priced", afl)
    draws = afl[Needs.QUOTES]["outcome_name"] == "Draw"
    assert len(found) == draws.sum() == 20
