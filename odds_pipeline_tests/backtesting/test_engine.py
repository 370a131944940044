"""A whole run: known answers on real games, and money against an independent slow walk."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odds_pipeline.backtesting.costs import Costs
from odds_pipeline.backtesting.engine import Run, backtest
from odds_pipeline.backtesting.figures import figures
from odds_pipeline.backtesting.sizing import Flat, Kelly, Percentage, SimultaneousKelly, Sizing
from odds_pipeline.backtesting.strategies import find
from odds_pipeline.backtesting.strategy import Opportunity, Picks, Strategy
from odds_pipeline_tests.backtesting.games import START, ended, nba, quotes

UNIT = Run(bankroll=1_000_000.0, sizing=Flat(1.0))


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("strategy", "bets", "won", "profit", "fall"),
    [("favourite", 10_203, 7_091, -355.79, 363.04), ("underdog", 10_203, 3_112, -596.30, 642.02)],
)
def test_known_answers_of_nba_2008_to_2015(
    shared_data: Path, strategy: str, bets: int, won: int, profit: float, fall: float
) -> None:
    offered, results = nba(shared_data, "nba_closing_2008_2015.csv.gz")
    found = figures(backtest(find(strategy)(), offered, results, UNIT))
    assert (found.total_bets, found.winning_bets) == (bets, won)
    assert found.total_profit == pytest.approx(profit, abs=0.005)
    assert found.max_drawdown == pytest.approx(fall, abs=0.005)
    assert found.roi == pytest.approx(profit / bets, abs=1e-6)


class _Everything(Strategy):
    """Every offer, with the chance that its price states, or a little more."""

    name = "everything"
    summary = "Every offer."

    def opportunities(self, offers: pd.DataFrame) -> Picks:
        return Picks.single(np.arange(len(offers)), 1.05 / offers["price"].to_numpy())


class _ByHand(_Everything):
    """The same, with stakes of its own: what the run's sizing would say."""

    def __init__(self, sizing: Sizing) -> None:
        super().__init__()
        self.sizing = sizing

    def calculate_stake(self, bankroll: float, opportunity: Opportunity) -> float:
        if isinstance(self.sizing, Flat):
            return self.sizing.amount
        assert isinstance(self.sizing, Percentage)
        return self.sizing.share * bankroll


GAME = st.tuples(
    st.integers(0, 6),  # hour of the decision
    st.integers(1, 8),  # hours until it is settled
    st.sampled_from([1.4, 1.9, 2.1, 3.5]),
    st.sampled_from(["won", "lost", "pushed", "void", "pending"]),
)
SIZINGS = st.sampled_from([Flat(30.0), Percentage(0.4), Percentage(0.03)])
COSTS = st.sampled_from(
    [
        Costs(),
        Costs(commissions={"pinnacle": 0.02}),
        Costs(limits={"pinnacle": 20.0}),
        Costs(step=1),
    ]
)
SCORES = {"won": (1.0, 0.0), "lost": (0.0, 1.0), "pushed": (1.0, 1.0), "pending": (np.nan, np.nan)}


def _played(
    games: list[tuple[int, int, float, str]],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    offered, results = [], []
    for place, (hour, later, price, outcome) in enumerate(games):
        event, at = f"{place:03d}", START + timedelta(hours=hour)
        home, away = SCORES.get(outcome, (0.0, 0.0))
        offered.append(
            {"event_id": event, "decision_time": at, "outcome_name": "home", "price": price}
        )
        results.append(
            {
                "event_id": event,
                "home_score": home,
                "away_score": away,
                "void": outcome == "void",
                "settled_at": pd.NaT if outcome == "pending" else at + timedelta(hours=later),
            }
        )
    return quotes(offered), ended(results)


def _slowly(
    games: list[tuple[int, int, float, str]], sizing: Flat | Percentage, costs: Costs, money: float
) -> list[float]:
    """Stakes by a walk hour by hour, in decimal arithmetic."""
    free = Decimal(money)
    open_bets: list[tuple[int, Decimal, Decimal]] = []
    stakes = [Decimal(0)] * len(games)
    for hour in range(8):
        free += sum((back for at, _, back in open_bets if at <= hour), Decimal(0))
        open_bets = [bet for bet in open_bets if bet[0] > hour]
        bankroll = free + sum((stake for _, stake, _ in open_bets), Decimal(0))
        slate = [place for place, game in enumerate(games) if game[0] == hour]
        if isinstance(sizing, Flat):
            wanted = Decimal(str(sizing.amount))
        else:
            wanted = Decimal(str(sizing.share)) * bankroll
        limit = costs.limits.get("pinnacle")
        wanted = wanted if limit is None else min(wanted, Decimal(str(limit)))
        if slate and wanted * len(slate) > free:
            wanted = free / len(slate)
        if costs.step:
            wanted = wanted // 1
        for place in slate:
            stakes[place] = wanted
            free -= wanted
            _, later, price, outcome = games[place]
            commission = Decimal(str(costs.commissions.get("pinnacle", 0)))
            win = 1 + (Decimal(str(price)) - 1) * (1 - commission)
            back = {"won": win, "lost": Decimal(0)}.get(outcome, Decimal(1)) * wanted
            at = 10_000 if outcome == "pending" else hour + later
            open_bets.append((at, wanted, back))
    return [float(stake) for stake in stakes]


@settings(max_examples=60, deadline=None)
@given(st.lists(GAME, min_size=1, max_size=12), SIZINGS, COSTS)
def test_money_is_that_of_a_slow_walk(
    games: list[tuple[int, int, float, str]], sizing: Flat | Percentage, costs: Costs
) -> None:
    offered, results = _played(games)
    run = Run(bankroll=100.0, sizing=sizing, costs=costs)
    found = backtest(_Everything(), offered, results, run)
    slowly = _slowly(games, sizing, costs, 100.0)
    made = dict(zip(found.bets["event_id"], found.bets["stake"], strict=True))
    for place, stake in enumerate(slowly):
        assert made.get(f"{place:03d}", 0.0) == pytest.approx(stake, abs=1e-6)
    assert (found.bets["stake"] > 0).all()
    by_hand = backtest(_ByHand(sizing), offered, results, run)
    pd.testing.assert_series_equal(by_hand.bets["stake"], found.bets["stake"])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(GAME, min_size=1, max_size=12),
    st.sampled_from([Kelly(1.0, 1.0), SimultaneousKelly(1.0, 1.0), Percentage(1.0)]),
)
def test_stakes_never_exceed_free_money(
    games: list[tuple[int, int, float, str]], sizing: Sizing
) -> None:
    offered, results = _played(games)
    bets = backtest(_Everything(), offered, results, Run(bankroll=50.0, sizing=sizing)).bets
    for moment in bets["decision_time"].unique():
        placed = bets["decision_time"] <= moment
        back = placed & (bets["settled_at"] <= moment)  # never, where it is not settled
        spent = bets.loc[placed, "stake"].sum() - (bets["stake"] + bets["profit"])[back].sum()
        assert spent <= 50.0 + 1e-9


@pytest.mark.shared_data
def test_commission_costs_exactly_its_share_of_what_is_won(shared_data: Path) -> None:
    offered, results = nba(shared_data, "nba_closing_2020.csv.gz")
    free = backtest(find("favourite")(), offered, results, UNIT)
    costs = Costs(commissions={"pinnacle": 0.02})
    paid = backtest(find("favourite")(), offered, results, Run(1_000_000.0, Flat(1.0), costs))
    won = free.bets["profit"].clip(lower=0.0)
    pd.testing.assert_series_equal(paid.bets["profit"], free.bets["profit"] - 0.02 * won)


def test_refused_bets_are_drawn_by_the_seed_and_groups_are_refused_whole() -> None:
    offered = quotes(
        [
            {"event_id": f"{n:03d}", "outcome_name": side, "price": 2.2, "bookmaker_key": side}
            for n in range(200)
            for side in ("home", "away")
        ]
    )
    results = ended([{"event_id": f"{n:03d}"} for n in range(200)])
    run = Run(1e6, Flat(10.0), Costs(rejected=0.3), seed=4)
    found = backtest(find("arbitrage")(), offered, results, run)
    assert found.wanted == 400
    assert 0 < found.refused < 400
    assert (found.bets.groupby("event_id").size() == 2).all()
    assert (found.bets.groupby("event_id")["profit"].sum() > 0).all()
    pd.testing.assert_frame_equal(
        found.bets, backtest(find("arbitrage")(), offered, results, run).bets
    )
    other = backtest(find("arbitrage")(), offered, results, Run(1e6, Flat(10.0), run.costs, 5))
    assert set(other.bets["event_id"]) != set(found.bets["event_id"])


def test_what_cannot_be_run_is_refused() -> None:
    one = {"outcome_name": "home", "price": 2.0}
    with pytest.raises(ValueError, match="cannot be seen"):
        late = quotes([one])
        backtest(_Everything(), late.assign(capture_time=late["commence_time"]), ended([{}]))
    with pytest.raises(ValueError, match="settled before"):
        backtest(_Everything(), quotes([one]), ended([{"settled_at": START}]))
    with pytest.raises(ValueError, match="offers lack price"):
        backtest(_Everything(), quotes([one]).drop(columns="price"), ended([{}]))
    with pytest.raises(ValueError, match="two results"):
        backtest(_Everything(), quotes([one]), ended([{}, {}]))
    with pytest.raises(ValueError, match="not settled by its score"):
        backtest(_Everything(), quotes([one | {"outcome_name": "LeBron"}]), ended([{}]))
    with pytest.raises(ValueError, match="commissions"):
        Costs(rejected=1.5)


def test_no_bets_are_a_run_too() -> None:
    results = ended([{}])
    one_side = quotes([{"outcome_name": "home", "price": 2.0}])
    found = figures(backtest(find("arbitrage")(), one_side, results))
    assert (found.total_bets, found.total_profit, found.final_bankroll) == (0, 0.0, 10_000.0)
    assert np.isnan(found.roi)


def test_a_bet_that_takes_time_is_made_at_what_is_offered_then_or_not_at_all() -> None:
    """By hand: a's price fell to 1.9, b's quote went, c's number moved, d stays; e went in play."""
    rows = [
        {"event_id": event, "outcome_name": "home", "price": 2.0, "market_key": market, "point": at}
        for event, market, at in (
            *(("a", "h2h", np.nan), ("b", "h2h", np.nan), ("c", "spreads", -1.5)),
            *(("d", "spreads", -1.5), ("e", "h2h", np.nan)),
        )
    ]
    offered = quotes(rows)
    later = offered[offered["event_id"] != "b"].assign(in_play=lambda x: x["event_id"] == "e")
    later.loc[later["event_id"] == "a", "price"] = 1.9
    later.loc[later["event_id"] == "c", "point"] = -2.5
    results = ended([{"event_id": event, "home_score": 3.0} for event in "abcde"])
    run = Run(1_000.0, Kelly(1.0, 1.0))
    found = backtest(_Everything(), offered, results, run, later=later)
    assert list(found.bets["event_id"]) == ["a", "d"]
    assert list(found.bets["price"]) == [1.9, 2.0]
    assert (found.wanted, found.refused) == (5, 3)
    # The stake follows the price that was seen: 5 % worth, so Kelly says 5 % of the bankroll.
    assert found.bets["stake"].tolist() == pytest.approx([50.0, 50.0])
    assert found.bets["profit"].tolist() == pytest.approx([45.0, 50.0])
    assert figures(found).average_odds == pytest.approx(1.95)
    both = quotes([{"outcome_name": side, "price": 2.2} for side in ("home", "away")])
    gone = both[both["outcome_name"] == "home"]
    assert backtest(find("arbitrage")(), both, ended([{}]), later=gone).bets.empty
