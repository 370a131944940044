"""Each strategy on a market made for it, and both ways of writing one."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from odds_pipeline.backtesting.engine import Run, backtest
from odds_pipeline.backtesting.offers import offers
from odds_pipeline.backtesting.sizing import Flat
from odds_pipeline.backtesting.strategies import STRATEGIES, find
from odds_pipeline.backtesting.strategy import EventNow, EventStrategy, Opportunity
from odds_pipeline_tests.backtesting.games import START, ended, nba, quotes


def _market(
    book: str, home: float, away: float, hours: int = 0, **more: object
) -> list[dict[str, object]]:
    shared = {"bookmaker_key": book, "decision_time": START + timedelta(hours=hours)} | more
    return [
        shared | {"outcome_name": "home", "price": home},
        shared | {"outcome_name": "away", "price": away},
    ]


def _picked(name: str, rows: list[dict[str, object]], **parameters: object) -> pd.DataFrame:
    seen = offers(quotes(rows))
    picks = find(name).named(parameters).opportunities(seen)
    return seen.iloc[picks.rows].assign(probability=picks.probability, weight=picks.weight)


def test_ev_bets_at_the_best_book_that_beats_the_sharp_one() -> None:
    rows = [*_market("pinnacle", 1.95, 1.95), *_market("a", 2.10, 1.80), *_market("b", 2.08, 1.97)]
    found = _picked("ev", rows)
    assert list(found["bookmaker_key"] + found["outcome_name"]) == ["ahome"]
    assert found["probability"].tolist() == pytest.approx([0.5])
    assert _picked("ev", rows, min_ev=0.06).empty
    only_b = _picked("ev", rows, books="b")
    assert list(only_b["bookmaker_key"]) == ["b"]
    assert _picked("ev", rows, sharp_book="nobody").empty
    both = [*_market("pinnacle", 1.95, 1.95), *_market("a", 2.10, 2.20)]
    assert len(_picked("ev", both)) == 2
    assert list(_picked("ev", both, per_event="true")["price"]) == [2.20]


def test_ev_compares_a_line_with_the_same_line_only() -> None:
    spread = {"market_key": "spreads"}
    rows = [
        {**spread, "outcome_name": "home", "price": 1.95, "point": -3.5},
        {**spread, "outcome_name": "away", "price": 1.95, "point": 3.5},
        {**spread, "outcome_name": "home", "price": 2.40, "point": -4.5, "bookmaker_key": "a"},
        {**spread, "outcome_name": "home", "price": 2.08, "point": -3.5, "bookmaker_key": "b"},
    ]
    assert list(_picked("ev", rows, market="spreads")["bookmaker_key"]) == ["b"]


def test_arbitrage_stakes_pay_the_same_whoever_wins() -> None:
    rows = [*_market("a", 2.10, 1.80), *_market("b", 1.90, 2.05)]
    found = _picked("arbitrage", rows)
    assert sorted(found["price"]) == [2.05, 2.10]
    assert found["weight"].sum() == pytest.approx(1.0)
    pays = found["weight"] * found["price"]
    assert pays.iloc[0] == pytest.approx(pays.iloc[1])
    assert _picked("arbitrage", rows, min_profit_margin=0.05).empty
    draw = [{"outcome_name": "Draw", "price": 3.0, "bookmaker_key": "a"}]
    assert _picked("arbitrage", [*rows, *draw]).empty


def test_steam_needs_several_books_that_moved_alike() -> None:
    before = [row for book in "abc" for row in _market(book, 2.0, 2.0)]
    after = [row for book in "abc" for row in _market(book, 1.8, 2.2, hours=1)]
    found = _picked("steam", [*before, *after])
    assert list(found["outcome_name"]) == ["home"]
    assert found["decision_time"].iloc[0] == START + timedelta(hours=1)
    assert _picked("steam", [*before, *after[:4]]).empty
    assert _picked("steam", before).empty
    assert list(_picked("closing_line_follower", [*before, *after], bookmaker="a")["price"]) == [
        1.8
    ]


class _SlowFavourite(EventStrategy):
    """The favourite, written event by event."""

    name = "slow_favourite"
    summary = "The favourite."

    def should_bet(self, event: EventNow, odds: pd.DataFrame) -> Iterable[Opportunity]:
        prices = odds.sort_values("price")
        if len(prices) == 2 and prices["price"].iloc[0] < prices["price"].iloc[1]:
            yield Opportunity(int(prices.index[0]), float(prices["price"].iloc[0]))
        assert {event.home_team, event.away_team} == set(odds["outcome_name"])


@pytest.mark.shared_data
def test_both_ways_of_writing_a_strategy_give_the_same_bets(shared_data: Path) -> None:
    offered, results = nba(shared_data, "nba_closing_2020.csv.gz")
    run = Run(1000.0, Flat(25.0))
    fast = backtest(find("favourite")(), offered, results, run)
    slow = backtest(_SlowFavourite(), offered, results, run)
    assert len(fast.bets) > 500
    pd.testing.assert_frame_equal(fast.bets, slow.bets)


def test_parameters_are_typed_and_explained() -> None:
    for strategy in STRATEGIES.values():
        assert strategy.summary.endswith(".")
        assert strategy.parameters_class.__doc__
    assert find("ev").named({"min_ev": "0.05", "per_event": "true"}).parameters.min_ev == 0.05
    for wrong, words in (
        ({"edge": 1}, "has no parameter 'edge'"),
        ({"min_ev": "high"}, "'high' is no float"),
        ({"per_event": "perhaps"}, "is no bool"),
    ):
        with pytest.raises(ValueError, match=words):
            find("ev").named(wrong)
    with pytest.raises(ValueError, match="there are arbitrage"):
        find("martingale")
    own = "odds_pipeline.backtesting.strategies.home_value:HomeValueStrategy"
    assert find(own) is STRATEGIES["home_value"]
    for wrong_place in ("nowhere:X", "odds_pipeline.backtesting.offers:offers"):
        with pytest.raises(ValueError, match=r"no strategy|no Strategy"):
            find(wrong_place)


def test_the_example_bets_on_home_sides_at_middling_prices() -> None:
    rows = [*_market("a", 2.1, 1.8), *_market("b", 2.2, 1.7), *_market("a", 3.0, 1.4, event_id="x")]
    assert list(_picked("home_value", rows)["price"]) == [2.2]
    results = ended([{}, {"event_id": "x"}])
    assert len(backtest(find("home_value")(), quotes(rows), results).bets) == 1
