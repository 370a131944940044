"""Figures against their definitions, the closing line, parts of a run, and what costs come to."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from odds_pipeline.backtesting.breakdowns import breakdowns
from odds_pipeline.backtesting.closing import closing_chances
from odds_pipeline.backtesting.costs import Costs
from odds_pipeline.backtesting.engine import Run, backtest
from odds_pipeline.backtesting.figures import figures
from odds_pipeline.backtesting.honesty import honesty
from odds_pipeline.backtesting.passes import sums
from odds_pipeline.backtesting.sizing import Flat
from odds_pipeline.backtesting.strategies import find
from odds_pipeline.backtesting.strategy import Picks, Strategy
from odds_pipeline.betting.closing_line_value import closing_line_value
from odds_pipeline.betting.lines.known import known_distribution
from odds_pipeline.betting.margin_removal.methods import remove_margin
from odds_pipeline.betting.performance import drawdown, equity, longest_losing_run, tally
from odds_pipeline_tests.backtesting.games import START, ended, quotes

MONEY = st.floats(-50.0, 50.0).map(lambda value: round(value, 2))
START_MONEY = st.floats(-10.0, 1000.0).map(lambda value: round(value, 2))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 50.0), MONEY), max_size=40), START_MONEY)
def test_the_compiled_sums_are_their_definitions(
    bets: list[tuple[float, float]], start: float
) -> None:
    stakes, profits = (
        (np.array(column) for column in zip(*bets, strict=True))
        if bets
        else (
            np.zeros(0),
            np.zeros(0),
        )
    )
    found = sums(stakes, profits, np.arange(len(stakes)), stakes, start)
    counted, fall = tally(stakes, profits), drawdown(equity(profits, start))
    assert (found.won, found.lost) == (counted.won, counted.lost)
    assert found.turnover == pytest.approx(counted.turnover)
    assert found.profit == pytest.approx(counted.profit, abs=1e-9)
    assert found.fall == pytest.approx(fall.amount, abs=1e-9)
    assert found.fall_share == pytest.approx(fall.share, abs=1e-9, nan_ok=True)
    assert found.losing_run == longest_losing_run(profits)


@pytest.mark.parametrize("turned", [False, True])
def test_bets_settled_at_one_moment_fall_in_the_order_of_decisions_then_of_ids(
    turned: bool,
) -> None:
    """By hand: z loses, a wins, b loses 10 each, a fall of 10; by ids alone it would be 20."""
    rows = [
        {
            "event_id": event,
            "decision_time": START + timedelta(minutes=minutes),
            "outcome_name": "home",
            "price": 2.0,
        }
        for event, minutes in (("z", 0), ("a", 1), ("b", 1))
    ]
    lost: dict[str, object] = {"home_score": 0.0, "away_score": 1.0}
    results = ended([{"event_id": "a"}, lost | {"event_id": "b"}, lost | {"event_id": "z"}])
    offered = quotes(rows[::-1] if turned else rows)
    made = backtest(_Home(), offered, results, Run(sizing=Flat(10.0)))
    assert list(made.bets["event_id"]) == ["z", "a", "b"]
    assert figures(made).max_drawdown == 10.0
    earlier = results.assign(settled_at=results["settled_at"].mask(results["event_id"] == "a"))
    earlier = earlier.fillna({"settled_at": START + timedelta(hours=3)})
    assert figures(backtest(_Home(), offered, earlier, Run(sizing=Flat(10.0)))).max_drawdown == 20.0


class _Home(Strategy):
    """The home side and Over, wherever they are offered."""

    name = "home"
    summary = "Home and Over."

    def opportunities(self, offers: pd.DataFrame) -> Picks:
        return Picks.single(np.flatnonzero(offers["outcome_name"].isin(["home", "Over"])))


def _closes(rows: Sequence[tuple[str, str, str, float | None, float]]) -> pd.DataFrame:
    columns = ["bookmaker_key", "market_key", "outcome_name", "point", "price"]
    frame = pd.DataFrame(rows, columns=columns).astype({"point": "float64"})
    return frame.assign(event_id="game", home_team="home", away_team="away")


def test_the_sharp_close_speaks_and_elsewhere_the_mean_of_all_books() -> None:
    closes = _closes(
        [
            *(("pinnacle", "h2h", "home", None, 1.90), ("pinnacle", "h2h", "away", None, 2.00)),
            *(("bovada", "h2h", "home", None, 1.80), ("bovada", "h2h", "away", None, 2.05)),
            *(("bovada", "totals", "Over", 210.5, 1.95), ("bovada", "totals", "Under", 210.5, 1.9)),
            *(("betus", "totals", "Over", 210.5, 2.00), ("betus", "totals", "Under", 210.5, 1.85)),
            ("betus", "totals", "Over", 212.5, 2.10),
        ]
    )
    total = {"market_key": "totals", "outcome_name": "Over"}
    offered = quotes(
        [
            {"outcome_name": "home", "price": 2.0, "bookmaker_key": "bovada"},
            total | {"point": 210.5, "price": 1.97},
            total | {"point": 212.5, "price": 2.2},
            total | {"point": 214.5, "price": 2.4},
        ]
    )
    found = closing_chances(offered, closes).chance
    assert found[0] == pytest.approx(remove_margin([1.90, 2.00]).probabilities[0])
    books = [remove_margin(prices).probabilities[0] for prices in ([1.95, 1.9], [2.0, 1.85])]
    assert found[1] == pytest.approx(np.mean(books))
    assert np.isnan(found[2:]).all()  # one-sided, and no close at that number
    with pytest.raises(ValueError, match="closing lines lack price"):
        closing_chances(offered, closes.drop(columns="price"))


def test_a_close_at_another_number_is_moved_to_the_bets() -> None:
    """By the measure of edges: the sharp book's nearest number, whatever others closed at."""
    closes = _closes(
        [
            *(
                ("pinnacle", "totals", "Over", 210.5, 1.95),
                ("pinnacle", "totals", "Under", 210.5, 1.9),
            ),
            ("pinnacle", "alternate_totals", "Over", 205.5, 1.5),
            ("pinnacle", "alternate_totals", "Under", 205.5, 2.6),
            *(("bovada", "totals", "Over", 212.5, 1.8), ("bovada", "totals", "Under", 212.5, 2.1)),
            *(("betus", "spreads", "home", -3.5, 1.9), ("betus", "spreads", "away", 3.5, 1.95)),
        ]
    )
    offered = quotes(
        [
            {"market_key": market, "outcome_name": side, "point": point, "price": 2.0}
            for market, side, point in (
                *(("totals", "Over", 212.5), ("totals", "Over", 213.5), ("totals", "Under", 209.5)),
                *(("alternate_totals", "Over", 210.5), ("spreads", "home", -5.5)),
                *(("spreads", "away", 5.0), ("h2h", "home", np.nan)),
            )
        ]
    )
    of_nba = closing_chances(offered, closes.assign(sport_key="basketball_nba"))
    told = dict(
        zip(
            zip(offered["market_key"], offered["outcome_name"], offered["point"], strict=True),
            zip(*of_nba, strict=True),
            strict=True,
        )
    )
    totals, spreads = (
        known_distribution("basketball_nba", market) for market in ("totals", "spreads")
    )
    over = closing_line_value(2.0, [1.95, 1.9], -213.5, -210.5, 0, totals).no_vig
    assert told["totals", "Over", 213.5] == (pytest.approx(float(over + 1) / 2.0), True)
    under = closing_line_value(2.0, [1.95, 1.9], 209.5, 210.5, 1, totals).no_vig
    assert told["totals", "Under", 209.5] == (pytest.approx(float(under + 1) / 2.0), True)
    home = closing_line_value(2.0, [1.9, 1.95], -5.5, -3.5, 0, spreads).no_vig
    assert told["spreads", "home", -5.5] == (pytest.approx(float(home + 1) / 2.0), True)
    away = told["spreads", "away", 5.0][0]  # a push at 5 is in no chance
    half = [closing_line_value(2.0, [1.9, 1.95], at, 3.5, 1, spreads).no_vig for at in (4.5, 5.5)]
    assert float(half[0] + 1) / 2.0 < away < float(half[1] + 1) / 2.0
    # Closed at its own number, a main line speaks for an alternate one; others are as they were.
    own = remove_margin([1.95, 1.9]).probabilities[0]
    assert told["alternate_totals", "Over", 210.5] == (pytest.approx(own), False)
    assert told["totals", "Over", 212.5][1] == np.False_
    assert not of_nba.moved[offered["market_key"] == "h2h"].any()
    for nothing in (closes, closes.assign(sport_key="soccer_epl")):
        found = closing_chances(offered, nothing)
        assert not found.moved.any()
        assert np.isfinite(found.chance).sum() == 2


def test_a_run_is_weighed_against_the_close_by_hand() -> None:
    """Two bets of 100 at 2.10 whose fair close is 1/2: worth 5 each; one of them won."""
    offered = quotes(
        [{"event_id": event, "outcome_name": "home", "price": 2.1} for event in ("a", "b", "c")]
    )
    results = ended(
        [
            {"event_id": "a"},
            {"event_id": "b", "home_score": 0.0, "away_score": 1.0},
            {"event_id": "c", "settled_at": START + timedelta(days=2)},
        ]
    )
    even = [("pinnacle", "h2h", side, None, 1.95) for side in ("home", "away")]
    closes = pd.concat([_closes(even).assign(event_id=event) for event in ("a", "b")])
    made = backtest(_Home(), offered, results, Run(), closes)
    found = honesty(made, [])
    assert found.clv_bets == 2
    assert found.clv == pytest.approx(0.05)
    assert found.expected_at_close == pytest.approx(10.0)
    assert found.actual_at_close == pytest.approx(110.0 - 100.0)
    spread = np.sqrt(2 * 100.0**2 * 2.1**2 * 0.25)
    assert found.p_value_close == pytest.approx(stats.norm.sf((10.0 - 10.0) / spread))
    assert made.bets["closing_chance"].tolist() == pytest.approx([0.5, 0.5, np.nan], nan_ok=True)
    # Commission is paid out of what the close expects too.
    paid = Run(costs=Costs(commissions={"pinnacle": 0.1}))
    after = honesty(backtest(_Home(), offered, results, paid, closes), [])
    assert after.clv == pytest.approx(0.5 * (1 + 1.1 * 0.9) - 1)
    assert np.isnan(honesty(backtest(_Home(), offered, results), []).clv)


def test_parts_of_a_run_sum_up_to_it() -> None:
    generator = np.random.default_rng(2)
    rows = [
        {
            "event_id": f"{game:03d}",
            "outcome_name": "home",
            "bookmaker_key": str(generator.choice(["a", "b"])),
            "price": float(generator.choice([1.4, 1.9, 2.0, 6.0])),
            "decision_time": START + timedelta(days=game),
            "commence_time": START + timedelta(days=game, hours=float(generator.choice([0.5, 20]))),
        }
        for game in range(60)
    ]
    results = [
        {
            "event_id": row["event_id"],
            "home_score": float(generator.integers(0, 2)),
            "away_score": 0.5,
            "settled_at": row["decision_time"] + timedelta(hours=30),  # type: ignore[operator]
        }
        for row in rows
    ]
    made = backtest(_Home(), quotes(rows), ended(results), Run(sizing=Flat(7.0)))
    whole, cut = figures(made), breakdowns(made.bets)
    assert list(cut["breakdown"].unique()) == [
        *("bookmaker", "market", "price", "month", "hours to start")
    ]
    for _, part in cut.groupby("breakdown"):
        assert part["bets"].sum() == whole.total_bets
        assert part["won"].sum() == whole.winning_bets
        assert part["profit"].sum() == pytest.approx(whole.total_profit)
    assert list(cut[cut["breakdown"] == "price"]["part"]) == [
        "1 to 1.5",
        "1.5 to 2",
        "2 to 3",
        "5 to 10",
    ]
    assert list(cut[cut["breakdown"] == "hours to start"]["part"]) == ["up to 1 h", "12 to 24 h"]
    assert list(cut[cut["breakdown"] == "month"]["part"]) == ["2026-01", "2026-02", "2026-03"]
    assert cut["clv"].isna().all()


def test_no_strategy_sees_a_result_or_a_close() -> None:
    class Oracle(Strategy):
        name = "oracle"
        summary = "Reads what it must not."

        def opportunities(self, offers: pd.DataFrame) -> Picks:
            return Picks.single(np.flatnonzero(offers["home_score"] > offers["away_score"]))

    offered = quotes([{"outcome_name": "home", "price": 2.0}])
    with pytest.raises(KeyError, match="home_score"):
        backtest(Oracle(), offered, ended([{}]))
    made = backtest(find("favourite")(), offered, ended([{}]))
    assert not {"home_score", "closing_chance", "settled_at"} & set(made.tape.offered)
