"""The known figures of recorded prices and results, from files alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.calibration import ENGLAND, england, nba, table
from odds_pipeline.betting.arbitrage import arbitrage, best_prices
from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.calibration import (
    brier_scores,
    brier_scores_of_outcome,
    calibration_z,
    log_losses,
    mean_loss,
)
from odds_pipeline.betting.lines.fitting import fit_sd
from odds_pipeline.betting.lines.known import NBA_MARGIN_SD, NBA_TOTAL_SD, known_distribution
from odds_pipeline.betting.lines.mean import solve_mean
from odds_pipeline.betting.margin_removal.methods import remove_margin
from odds_pipeline.betting.odds_arrays import after_commission

pytestmark = pytest.mark.shared_data

DOCS = Path(__file__).parents[2] / "docs" / "mathematics.md"
AFL = "real/oddsapi/afl_snapshots_20260303_20260405.csv.gz"
NBA_SERIES = "real/oddsapi/nba_snapshots_20260303_20260412.csv.gz"


@pytest.mark.parametrize(
    ("book", "games", "log_loss", "brier"),
    [
        ("PSC", 6103, 1.021237, 0.612009),
        ("PS", 6096, 1.023824, 0.613727),
        ("B365", 6108, 1.024424, 0.61409),
    ],
)
def test_england(shared_data: Path, book: str, games: int, log_loss: float, brier: float) -> None:
    prices, won = england(shared_data, book, ("2015-20",))
    fair = remove_margin(prices, "multiplicative").probabilities
    losses = log_losses(fair, won)
    assert np.isfinite(losses).sum() == games
    assert mean_loss(losses) == pytest.approx(log_loss, abs=5e-7)
    assert mean_loss(brier_scores(fair, won)) == pytest.approx(brier, abs=5e-7)


def test_nba(shared_data: Path) -> None:
    prices, won = nba(shared_data)
    fair = remove_margin(prices, "multiplicative").probabilities
    losses = log_losses(fair, won)
    home = np.where(won < 0, np.nan, won == 0)
    assert np.isfinite(losses).sum() == 10_270
    assert mean_loss(losses) == pytest.approx(0.576896, abs=5e-7)
    assert mean_loss(brier_scores_of_outcome(fair[:, 0], home)) == pytest.approx(0.197166, abs=5e-7)
    assert abs(calibration_z(fair[:, 0], home)) < 3


def test_arbitrages_of_the_english_early_prices(shared_data: Path) -> None:
    games = pd.read_csv(shared_data / ENGLAND["2015-20"], low_memory=False)
    books = ("B365", "BW", "IW", "LB", "WH", "VC", "PS")
    columns = [[book + side for side in "HDA"] for book in books]
    prices = np.stack(
        [games[one].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64) for one in columns],
        1,
    )
    found = arbitrage(best_prices(prices).prices).profit
    assert (len(games), int((found > 0).sum())) == (6108, 383)
    assert 100 * found[found > 0].mean() == pytest.approx(0.662, abs=5e-4)


def best_of_pairs(rows: pd.DataFrame) -> Floats:
    """Best head-to-head prices of every capture and event, shape (pairs, 2)."""
    best = rows.groupby(["snapshot_utc", "event_id", "side"])["paid"].max().unstack()
    return best.to_numpy(np.float64)


@pytest.mark.parametrize(
    ("series", "pairs", "with_exchange", "without"), [(AFL, 766, 71, 11), (NBA_SERIES, 372, 20, 5)]
)
def test_most_arbitrages_with_an_exchange_are_its_commission(
    shared_data: Path, series: str, pairs: int, with_exchange: int, without: int
) -> None:
    rows = pd.read_csv(shared_data / series)
    captured = pd.to_datetime(rows["snapshot_utc"].str[:15] + "Z", format="%Y%m%d_%H%M%S%z")
    before = captured < pd.to_datetime(rows["commence_time"], utc=True)
    rows = rows[before & (rows["market"] == "h2h")]
    rows = rows.assign(side=(rows["outcome_name"] != rows["home_team"]).astype(int))
    exchange = rows["bookmaker"].str.startswith("betfair")
    counts = []
    for commission, kept in ((0.0, rows.index), (0.05, rows.index), (0.0, rows.index[~exchange])):
        paid = np.where(exchange, after_commission(rows["price"], commission), rows["price"])
        prices = best_of_pairs(rows.assign(paid=paid).loc[kept])
        assert len(prices) == pairs
        counts.append(int((arbitrage(prices).profit > 0).sum()))
    assert (counts[0], counts[2]) == (with_exchange, without)
    assert without <= counts[1] < with_exchange / 2


def test_the_known_distributions_are_those_of_the_games(shared_data: Path) -> None:
    games = pd.read_csv(shared_data / "real/nba/nba_closing_2008_2015.csv.gz")
    margins = (games["score_home"] - games["score_away"]).to_numpy()
    expected = np.where(games["whos_favored"] == "home", 1, -1) * games["spread"].to_numpy()
    totals = (games["score_home"] + games["score_away"]).to_numpy()
    assert fit_sd(margins, expected) == pytest.approx(NBA_MARGIN_SD, abs=5e-3)
    assert fit_sd(totals, games["total"].to_numpy()) == pytest.approx(NBA_TOTAL_SD, abs=5e-3)
    whole = (expected % 1 == 0) & (expected != 0)
    pushed = (margins == expected)[whole]
    nba_margin = known_distribution("basketball_nba", "spreads")
    assert nba_margin is not None
    lines, games_at = np.unique(expected[whole], return_counts=True)
    pushes = nba_margin.chances(solve_mean(nba_margin, 0.5, -lines), -lines).push
    model = np.average(pushes, weights=games_at)
    error = np.sqrt(model * (1 - model) / whole.sum())
    assert abs(pushed.mean() - model) < 3 * error


def test_the_docs_table_is_what_the_files_say(shared_data: Path) -> None:
    shown = DOCS.read_text().split("<!-- calibration", 1)[1].split("-->\n", 1)[1]
    assert shown.split("<!-- end", 1)[0] == table(shared_data)
