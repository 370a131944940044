"""The tearsheet is one page that needs nothing else and runs nothing, whatever names are in it."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest

from odds_pipeline.backtesting.engine import Run, backtest
from odds_pipeline.backtesting.figures import figures
from odds_pipeline.backtesting.honesty import honesty
from odds_pipeline.backtesting.leaks import find_leaks
from odds_pipeline.backtesting.strategies import find
from odds_pipeline.services.backtests import metrics
from odds_pipeline.services.tearsheet import tearsheet
from odds_pipeline.storage.experiments import Experiment
from odds_pipeline.storage.sweeps import KeptPoint
from odds_pipeline_tests.backtesting.games import ended, quotes

HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(2)>$\\frac{"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def _experiment(**values: Any) -> Experiment:
    """A completed one; what is not given does not matter."""
    given: dict[str, Any] = dict.fromkeys(Experiment.__slots__)
    given |= {"id": 3, "seed": 0, "risk_mode": "flat", "bankroll": 10_000.0}
    return Experiment(**given | {"started_at": datetime(2026, 1, 2, tzinfo=UTC)} | values)


def _page() -> str:
    rows = [
        {"outcome_name": side, "price": price, "bookmaker_key": HOSTILE}
        for side, price in (("home", 1.8), ("away", 2.1))
    ]
    offered = quotes(rows)
    strategy = find("favourite")()
    made = backtest(strategy, offered, ended([{}]), Run())
    values = metrics(made, figures(made), honesty(made, []), find_leaks(strategy, offered))
    values |= {"best_point": 1, "best_parameters": {"bookmaker": HOSTILE}, "forward_steps": 0}
    values |= dict.fromkeys(("reality_check", "superior_ability", "overfitting", "forward_roi"))
    config = {"parameters": {"bookmaker": HOSTILE}, "grid": {HOSTILE: ["1", HOSTILE]}}
    of = _experiment(name=HOSTILE, strategy=HOSTILE, config=config, league=HOSTILE, metrics=values)
    points = [
        KeptPoint(at, {HOSTILE: str(at)}, None, {"roi": roi}) for at, roi in ((0, None), (1, 0.8))
    ]
    return tearsheet(of, made.bets, points)


def test_one_page_that_runs_nothing_and_asks_for_nothing() -> None:
    page = _page()
    read = _Tags()
    read.feed(page)
    names = [tag for tag, _ in read.tags]
    assert not {"script", "iframe", "object", "embed", "link", "form", "svg"} & set(names)
    images = [given for tag, given in read.tags if tag == "img"]
    assert len(images) >= 7
    for given in images:
        assert set(given) == {"alt", "src"}
        assert str(given["src"]).startswith("data:image/svg+xml;base64,")
    for _, given in read.tags:
        assert not any(name.startswith("on") or name == "href" for name in given)
    assert "default-src 'none'" in page
    assert page.count("&lt;script&gt;alert(1)") >= 4


def test_every_figure_and_the_verdict_are_on_it() -> None:
    page = _page()
    for said in ("ROI +80.00%", "no proof of an edge", "1 trials", "By bookmaker", "The sweep"):
        assert said in page
    assert "profit_factor" in page
    assert "nan" not in page.lower().replace("finance", "")


def test_nothing_bet_is_a_page_too() -> None:
    offered = quotes([{"outcome_name": "home", "price": 2.0}])
    made = backtest(find("arbitrage")(), offered, ended([{}]))
    of = _experiment(name="none", strategy="arbitrage", config={}, metrics={"total_bets": 0})
    assert isinstance(made.bets, pd.DataFrame)
    assert np.isnan(figures(made).roi)
    assert "The last 0 of 0 bets" in tearsheet(of, made.bets, [])


@pytest.mark.parametrize(
    ("roi", "needed", "shown"),
    [(0.25, 31, "<dd>31</dd>"), (-0.25, 0, "bets needed</dt><dd>-</dd>")],
)
def test_no_number_of_bets_proves_a_loss_and_a_fall_has_no_sign(
    roi: float, needed: int, shown: str
) -> None:
    offered = quotes([{"outcome_name": "home", "price": 2.0}])
    made = backtest(find("arbitrage")(), offered, ended([{}]))
    metrics = {"roi": roi, "bets_needed": needed, "max_drawdown_percent": 0.0626}
    page = tearsheet(_experiment(name="n", strategy="s", config={}, metrics=metrics), made.bets, [])
    assert shown in page
    assert "deepest fall</dt><dd>6.26%</dd>" in page
