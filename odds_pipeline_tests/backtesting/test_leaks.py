"""Strategies that look ahead are named; those that do not are not."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from odds_pipeline.backtesting.leaks import find_leaks
from odds_pipeline.backtesting.strategies import STRATEGIES
from odds_pipeline.backtesting.strategy import Picks, Strategy
from odds_pipeline_tests.backtesting.games import START, quotes


def season(games: int = 30) -> pd.DataFrame:
    """Three decisions a game at four books, prices wandering."""
    generator = np.random.default_rng(8)
    rows = []
    for game in range(games):
        chance = generator.uniform(0.3, 0.7)
        for step in range(3):
            chance = float(np.clip(chance + generator.normal(0, 0.04), 0.1, 0.9))
            at = START + timedelta(days=game // 5, hours=step, minutes=game % 5)
            for book in ("pinnacle", "a", "b", "c"):
                for side, fair in (("home", chance), ("away", 1 - chance)):
                    price = 1 / fair * generator.uniform(0.94, 1.08)
                    rows.append(
                        {
                            "event_id": f"{game:03d}",
                            "decision_time": at,
                            "bookmaker_key": book,
                            "outcome_name": side,
                            "price": max(1.01, price),
                        }
                    )
    return quotes(rows)


class _Clairvoyant(Strategy):
    """Bets early on what the last decision of the event prices lower."""

    name = "clairvoyant"
    summary = "Looks ahead."

    def opportunities(self, offers: pd.DataFrame) -> Picks:
        key = [offers[name] for name in ("event_id", "bookmaker_key", "outcome_name")]
        prices = offers["price"].groupby(key)
        first = offers["decision_time"] == offers["decision_time"].groupby(key[0]).transform("min")
        shortens = prices.transform("first") > prices.transform("last") * 1.05
        return Picks.single(np.flatnonzero((first & shortens).to_numpy()))


class _Valuer(Strategy):
    """Bets on everything, at a chance that the future decides."""

    name = "valuer"
    summary = "Looks ahead in its chances."

    def opportunities(self, offers: pd.DataFrame) -> Picks:
        return Picks.single(np.arange(len(offers)), 1 / offers["price"].max())


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_no_strategy_of_ours_looks_ahead(name: str) -> None:
    report = find_leaks(STRATEGIES[name](), season(10), moments=20)
    assert report.clean, report.leaks[0]
    assert report.moments == 20


def test_a_strategy_that_looks_ahead_is_named() -> None:
    report = find_leaks(_Clairvoyant(), season())
    assert not report.clean
    assert report.strategy == "clairvoyant"
    assert "bet on only when later offers are there" in report.leaks[0].what
    assert len(find_leaks(_Clairvoyant(), season(), moments=10).leaks) < len(report.leaks)


def test_so_is_one_whose_chances_do() -> None:
    report = find_leaks(_Valuer(), season(10))
    assert "with later offers and at" in report.leaks[0].what
