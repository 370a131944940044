"""What past edges were worth, by stored rows: results, closing line value; and who moved first."""

from datetime import date, timedelta

import pandas as pd
import pytest

from odds_pipeline.betting.closing_line_value import (
    NO_CLOSE,
    NO_DISTRIBUTION,
    closing_line_value,
)
from odds_pipeline.betting.lines.known import known_distribution
from odds_pipeline.betting.lines.mean import solve_mean
from odds_pipeline.services.market import results as ended
from odds_pipeline.services.market.calibration import without_lone_openings
from odds_pipeline.services.market.closing_value import closing_values
from odds_pipeline.services.market.day import price_day
from odds_pipeline.services.market.edge_statistics import judge_edges
from odds_pipeline.services.market.lines import close_day
from odds_pipeline.services.market.movements import move_day
from odds_pipeline.services.market.results import results, unsettled_reasons
from odds_pipeline.services.market.scorecards import score_day
from odds_pipeline.services.market.settling import settle_prices
from odds_pipeline.services.market.steam_moves import steam_moves
from odds_pipeline.services.market.terms import Terms
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.storage import market_checks
from odds_pipeline.storage.edge_values import edge_values
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.services.books import rows
from odds_pipeline_tests.services.documents import NOON, store
from odds_pipeline_tests.services.market.quotes import START, Market, capture, h2h

DAY = date(2026, 3, 10)
MINUTE = timedelta(minutes=1)

FINALS = [
    ("nba", "final", "basketball_nba", 100.0, 90.0, 10.0),
    ("nhl", "final", "icehockey_nhl", 3.0, 2.0, 1.0),
    ("clear", "final", "icehockey_nhl", 4.0, 2.0, 2.0),
    ("tied", "final", "americanfootball_nfl", 20.0, 20.0, 0.0),
    ("epl", "final", "soccer_epl", 1.0, 1.0, 0.0),
    ("afl", "final", "aussierules_afl", None, None, 12.0),
    ("live", "live", "basketball_nba", 50.0, 40.0, None),
]


@pytest.mark.parametrize(
    ("event", "market", "outcome", "point", "result", "reason"),
    [
        ("nba", "h2h", "Home", None, "won", None),
        ("nba", "h2h_3_way", "Home", None, None, ended.OVERTIME),
        ("nhl", "h2h_3_way", "Home", None, None, ended.OVERTIME),
        ("clear", "h2h_3_way", "Away", None, "lost", None),
        ("clear", "h2h_3_way", "Draw", None, "lost", None),
        ("tied", "h2h", "Home", None, "push", None),
        ("tied", "h2h_3_way", "Draw", None, "won", None),
        ("epl", "h2h_3_way", "Draw", None, "won", None),
        ("afl", "spreads", "Away", 14.5, "won", None),
        ("afl", "totals", "Over", 150.5, None, ended.NO_TOTAL),
        ("nba", "player_points", "Over", 20.5, None, ended.NO_PLAYERS),
        ("nba", "spreads_h1", "Home", -1.5, None, ended.NO_PARTS),
        ("nba", "totals_1st_5_innings", "Over", 4.5, None, ended.NO_PARTS),
        ("nba", "team_totals", "Over", 100.5, None, ended.NO_RULE),
        ("nba", "spreads", "Home", -9.75, "half won", None),
        ("nba", "spreads", "Home", -9.6, None, ended.NO_POINT),
        ("nba", "h2h", "Visitors", None, None, ended.NO_SIDE),
        ("live", "h2h", "Home", None, None, ended.NOT_FINAL),
        ("nowhere", "h2h", "Home", None, None, ended.NOT_FINAL),
    ],
)
def test_every_price_has_a_result_or_says_why_not(
    event: str, market: str, outcome: str, point: float | None, result: str, reason: str
) -> None:
    columns = ["id", "status", "sport_key", "home_score", "away_score", "home_margin"]
    finals = pd.DataFrame(FINALS, columns=columns).assign(home_team="Home", away_team="Away")
    line = pd.DataFrame(
        [(event, market, outcome, point)],
        columns=["event_id", "market_key", "outcome_name", "point"],
    ).astype({"point": "float64"})
    assert results(line, finals).fillna("").tolist() == [result or ""]
    assert unsettled_reasons(line, finals).tolist() == [reason]


def test_the_close_is_the_sharp_books_at_the_bets_own_number_where_it_can_say_it() -> None:
    bet = {"event_id": "e", "description": None, "price": 2.0, "bookmaker_key": "bovada"}
    bets = pd.DataFrame(
        [
            bet | {"market_key": "spreads", "outcome_name": "Home", "point": -3.5},
            bet | {"market_key": "totals", "outcome_name": "Under", "point": 221.0},
            bet | {"market_key": "totals_h1", "outcome_name": "Over", "point": 110.5},
            bet | {"market_key": "totals_h2", "outcome_name": "Over", "point": 110.5},
            bet | {"market_key": "h2h", "outcome_name": "Home", "point": None},
        ]
    ).astype({"point": "float64"})
    closes = pd.DataFrame(
        [
            *_close("pinnacle", "spreads", -5.0, 1.95, 1.95),
            *_close("bovada", "spreads", -3.5, 1.7, 2.2),  # its own number, but not sharp
            *_close("pinnacle", "totals", 221.0, 1.8, 2.1),
            *_close("pinnacle", "totals_h1", 111.5, 1.9, 1.9),
            *_close("bovada", "totals_h1", 110.5, 1.9, 2.0),  # no distribution: its own stands
            *_close("pinnacle", "totals_h2", 111.5, 1.9, 1.9),
            *_close("fanduel", "h2h", None, 1.9, 1.9),  # neither sharp nor the bet's own
        ]
    ).astype({"point": "float64", "line": "float64"})
    found = closing_values(bets, closes, Terms(method="power"))
    moved = closing_line_value(
        2.0, [1.95, 1.95], -3.5, -5.0, 0, known_distribution("basketball_nba", "spreads")
    )
    level = closing_line_value(
        2.0, [1.8, 2.1], 221.0, 221.0, 1, known_distribution("basketball_nba", "totals")
    )
    own = closing_line_value(2.0, [1.9, 2.0], -110.5, -110.5, 0)
    wanted = [float(one.no_vig) for one in (moved, level, own)]
    assert found["clv"].tolist()[:3] == pytest.approx(wanted, abs=1e-12)
    assert found["clv"].iloc[0] > 0.08  # a point and a half of an NBA spread
    assert found["points_gained"].tolist()[:3] == [1.5, 0.0, 0.0]
    assert found["line_moved"].tolist()[:3] == [True, False, False]
    assert found["clv_reason"].fillna("").tolist() == ["", "", "", NO_DISTRIBUTION, NO_CLOSE]
    assert found["clv"].isna().equals(found["clv_reason"].notna())


def _close(
    book: str, market: str, line: float | None, first: float, second: float
) -> list[dict[str, object]]:
    """Both outcomes of a closing market."""
    sides = ("Over", "Under") if market.startswith("totals") else ("Home", "Away")
    signs = (1, -1) if market == "spreads" else (1, 1)
    same: dict[str, object] = {"event_id": "e", "market_key": market, "bookmaker_key": book}
    same |= {"description": None} | {
        "line": line,
        "sport_key": "basketball_nba",
        "capture_time": NOON,
    }
    return [
        same
        | {"outcome_name": side, "price": price, "fair_probability": 0.5}
        | {"point": None if line is None else sign * line}
        for side, sign, price in zip(sides, signs, (first, second), strict=True)
    ]


def _board(spread: float, home: float, away: float, half: float = 110.5) -> list[Market]:
    return [
        ("spreads", [("Home", home, spread), ("Away", away, -spread)]),
        ("totals_h1", [("Over", home, half), ("Under", away, half)]),
    ]


def test_all_stored_edges_have_a_closing_line_value_or_a_reason(
    platform: Platform, clock: SteppedClock
) -> None:
    fair = _board(-3.5, 1.95, 1.95)
    for minutes, books in (
        (0, {"pinnacle": fair, "bovada": _board(-3.5, 2.2, 1.6)}),
        (
            10,
            {"pinnacle": _board(-5.0, 1.95, 1.95, 112.5), "bovada": _board(-5.0, 1.9, 1.9, 112.5)},
        ),
    ):
        capture(platform, books, NOON + minutes * MINUTE)
    capture(platform, {"pinnacle": fair}, START + MINUTE)
    price_day(platform, DAY)
    clock.advance(timedelta(days=2))
    close_day(platform, DAY)
    statistics = judge_edges(platform)
    with transaction(platform.engine) as conn:
        stored = edge_values(conn)
        closed, unvalued = market_checks.unvalued_edges(conn)
        assert market_checks.unsettled_closes(conn, DAY) == 0
    assert (closed, unvalued) == (len(stored), 0)
    assert set(stored["market_key"]) == {"spreads", "totals_h1"}
    assert stored["clv"].isna().equals(stored["clv_reason"].notna())
    bets = stored[stored["kind"] == "ev"].set_index("market_key")
    told = closing_line_value(
        2.2, [1.95, 1.95], -3.5, -5.0, 0, known_distribution("basketball_nba", "spreads")
    )
    assert bets.loc["spreads", "clv"] == pytest.approx(float(told.no_vig), abs=1e-12)
    assert bets.loc["spreads", "line_moved"]
    assert bets.loc["totals_h1", "clv_reason"] == NO_DISTRIBUTION
    assert bets.loc["spreads", "unsettled_reason"] == ended.NOT_FINAL
    assert bets.loc["totals_h1", "unsettled_reason"] == ended.NO_PARTS
    whole = statistics[(statistics["kind"] == "ev") & (statistics["dimension"] == "all")]
    assert whole[["with_closing", "without_closing", "line_moved"]].to_numpy().tolist() == [
        [1, 1, 1]
    ]


BOOKS = ("a", "b", "c", "d")


def _states(moved_at: dict[str, int], step: int) -> pd.DataFrame:
    """Four books' home sides, at 50 % until each moves to 55 %; captures every so many minutes."""
    found = []
    for minute in range(0, 120, step):
        at = pd.Timestamp(NOON + minute * MINUTE).as_unit("us")
        for book in BOOKS:
            chance = 0.55 if minute >= moved_at.get(book, 999) else 0.5
            found.append(("e1", "h2h", None, book, at, None, chance, at))
    columns = ["event_id", "market_key", "description", "bookmaker_key", "capture_time", "point"]
    frame = pd.DataFrame(found, columns=[*columns, "probability", "read_time"])
    return frame.astype({"point": "float64"})


def test_who_moves_first_is_told_where_captures_can_tell_it() -> None:
    found = steam_moves(_states({"b": 20, "a": 25, "c": 40}, 5), {"e1": "basketball_nba"})
    told = found.set_index("bookmaker_key")
    assert told["first_moves"].to_dict() == {"a": 0, "b": 1, "c": 0, "d": 0}
    assert told["lags"].to_dict() == {"a": (300.0,), "b": (0.0,), "c": (1200.0,), "d": ()}
    tied = steam_moves(_states({"b": 20, "a": 20, "c": 40}, 5), {}).set_index("bookmaker_key")
    assert tied["first_moves"].sum() == 0  # who led is not to be seen
    assert tied.loc["a", "lags"] == (0.0,)
    few = steam_moves(_states({"b": 20, "a": 25}, 5), {})
    assert few["lags"].map(len).sum() == 0
    far = steam_moves(_states({"b": 30, "a": 60, "c": 60}, 30), {})
    assert far["lags"].isna().all()
    assert far["first_moves"].isna().all()


def test_a_line_that_moves_is_a_move_and_a_line_that_is_repriced_is_none() -> None:
    """From -3 at evens to -4.5 at what makes it the same opinion, and to -4.5 at evens."""
    rows_ = _states({}, 5).assign(market_key="spreads", point=-3.0)
    later = rows_["capture_time"] >= pd.Timestamp(NOON + 20 * MINUTE)
    same = known_distribution("basketball_nba", "spreads")
    assert same is not None
    win, _, loss = same.chances(_mean_at(-3.0), -4.5)
    for chance, moves in ((float(win / (win + loss)), 0), (0.5, 1)):
        moved = rows_.assign(
            point=rows_["point"].mask(later, -4.5),
            probability=rows_["probability"].mask(later, chance),
        )
        found = steam_moves(moved, {"e1": "basketball_nba"})
        assert found["lags"].map(len).tolist() == [moves] * 4
        unknown = steam_moves(moved, {"e1": "cricket_ipl"})
        assert unknown["lags"].map(len).sum() == 0


def _mean_at(point: float) -> float:
    distribution = known_distribution("basketball_nba", "spreads")
    assert distribution is not None
    return float(solve_mean(distribution, 0.5, point))


def test_movements_and_scorecards_keep_who_moved_first(platform: Platform) -> None:
    for minutes in range(0, 40, 5):
        books = {
            book: h2h(1.7, 2.2) if minutes >= first else h2h(1.95, 1.95)
            for book, first in (("pinnacle", 10), ("fanduel", 15), ("bovada", 25), ("betmgm", 99))
        }
        capture(platform, books, NOON + minutes * MINUTE)
    move_day(platform, DAY)
    scored_books = score_day(platform, DAY).books
    assert {(b.bookmaker_key, b.first_moves, b.steam_moves) for b in scored_books} == {
        *(("betmgm", 0, 0), ("bovada", 0, 1), ("fanduel", 0, 1), ("pinnacle", 1, 1)),
    }
    moved = """SELECT bookmaker_key, steam_moves, first_moves FROM line_movements
        JOIN bookmakers USING (bookmaker_id) ORDER BY 1"""
    wanted = [("betmgm", 0, 0), ("bovada", 1, 0), ("fanduel", 1, 0), ("pinnacle", 1, 1)]
    assert rows(platform, moved) == wanted
    lags = [None, 900.0, 300.0, 0.0]
    scored = moved.replace("line_movements", "bookmaker_scorecards").replace(
        "first_moves FROM", "first_moves, median_lag_seconds FROM"
    )
    assert rows(platform, scored) == [(*told, lag) for told, lag in zip(wanted, lags, strict=True)]


def test_a_result_that_comes_late_replaces_its_reason(
    platform: Platform, clock: SteppedClock
) -> None:
    capture(platform, {"pinnacle": h2h(1.9, 1.9)})
    clock.advance(timedelta(days=2))
    close_day(platform, DAY)
    told = "SELECT DISTINCT result, unsettled_reason FROM closing_prices ORDER BY 1"
    assert rows(platform, told) == [(None, ended.NOT_FINAL)]
    score = {
        "id": "e1",
        "sport_key": "basketball_nba",
        "commence_time": f"{START:%Y-%m-%dT%H:%M:%SZ}",
        "completed": True,
        "home_team": "Home",
        "away_team": "Away",
        "scores": [{"name": "Home", "score": "101"}, {"name": "Away", "score": "99"}],
        "last_update": f"{START + 180 * MINUTE:%Y-%m-%dT%H:%M:%SZ}",
    }
    store(platform, [score], START + 200 * MINUTE, "scores")
    finish_pending(platform)
    assert settle_prices(platform) == 4
    assert rows(platform, told) == [("lost", None), ("won", None)]


def test_an_opening_that_is_the_close_as_well_is_judged_once() -> None:
    same = {"event_id": "e", "market_key": "h2h", "description": None, "outcome_name": "Home"}
    stored = pd.DataFrame(
        [
            same | {"bookmaker_key": book, "phase": phase, "capture_time": at}
            for book, phase, at in (
                ("a", "opening", NOON),
                ("a", "closing", NOON + MINUTE),
                ("b", "opening", NOON),
                ("b", "closing", NOON),
            )
        ]
    )
    left = without_lone_openings(stored)
    assert list(zip(left["bookmaker_key"], left["phase"], strict=True)) == [
        ("a", "opening"),
        ("a", "closing"),
        ("b", "closing"),
    ]
