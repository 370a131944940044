"""Known figures of real archives, which their README states, from the platform's own tables."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from odds_pipeline.betting.arbitrage import arbitrage, best_prices
from odds_pipeline.betting.calibration import log_losses, mean_loss
from odds_pipeline.betting.margin_removal.multiplicative import multiplicative
from odds_pipeline.catalog.bookmakers import BookClass, book_class
from odds_pipeline.services.import_files import Stated, import_paths
from odds_pipeline.services.market.boards import boards
from odds_pipeline.services.market.calibration import calibrate, judged_markets
from odds_pipeline.services.market.day import price_day
from odds_pipeline.services.market.lines import close_day
from odds_pipeline.services.platform import Platform
from odds_pipeline.sources.archives.layouts.registry import LAYOUTS
from odds_pipeline.storage import readers
from odds_pipeline.storage.closing_prices import closing_prices
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.services.books import rows

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]

AFL = "real/oddsapi/afl_snapshots_20260303_20260405.csv.gz"
ENGLAND = "real/soccer/fdcouk_england_2015_16_2016_17_2019_20.csv.gz"
NBA = "real/nba/nba_closing_2008_2015.csv.gz"
BOOKS = (
    *("bet365", "bwin", "interwetten", "ladbrokes_uk", "williamhill", "betvictor"),
    "pinnacle",
)
STARTS = "SELECT DISTINCT (commence_time AT TIME ZONE 'UTC')::date FROM events ORDER BY 1"


def test_arbitrages_of_the_afl_series(platform: Platform, shared_data: Path) -> None:
    """71 of 766 capture-event pairs with the exchange before commission, 11 without it."""
    import_paths(platform, [shared_data / AFL], Stated(sport="aussierules_afl"))
    for (day,) in rows(
        platform, "SELECT DISTINCT (capture_time AT TIME ZONE 'UTC')::date FROM captures ORDER BY 1"
    ):
        price_day(platform, day)
    pairs = """SELECT count(DISTINCT (s.event_no, s.capture_time)) FROM {} s
    JOIN markets USING (market_id) WHERE market_key = 'h2h'"""
    assert rows(platform, pairs.format("fair_prices")) == [(766,)]
    seen = " AND kind = 'arbitrage' AND state = 'seen' AND superseded_at IS NULL"
    assert rows(platform, pairs.format("edge_sights") + seen) == [(71,)]
    asked = rows(
        platform,
        """SELECT event_id, capture_time FROM snapshots JOIN event_ids USING (event_no)
        WHERE NOT in_play AND NOT unlisted ORDER BY 2, 1""",
    )
    with transaction(platform.engine) as conn:
        quotes = readers.odds_at_each(conn, asked, max_age=timedelta(minutes=15), markets=["h2h"])
    exchange = quotes["bookmaker_key"].map(book_class).eq(BookClass.EXCHANGE)
    without = sum(
        int((arbitrage(best_prices(one.prices).prices).booksum < 1).sum())
        for one in boards(quotes[~exchange])
    )
    assert without == 11


def test_england_is_foretold_as_it_is_known_to_be(platform: Platform, shared_data: Path) -> None:
    """Pinnacle: closing log loss 1.021237 of 6,103 games, early 1.023824 of 6,096."""
    import_paths(platform, [shared_data / ENGLAND], Stated(layout=LAYOUTS["football-data"]))
    for (day,) in rows(platform, STARTS):
        close_day(platform, day)
    found = calibrate(platform)
    told = found[
        found["sport_key"].eq("soccer_*")
        & found["market_key"].eq("h2h")
        & found["value"].eq("pinnacle")
        & found["method"].eq("multiplicative")
    ].set_index("phase")
    assert told["markets"].to_dict() == {"closing": 6_103, "opening": 6_096}
    assert told["log_loss"].round(6).to_dict() == {"closing": 1.021237, "opening": 1.023824}
    with transaction(platform.engine) as conn:
        stored = closing_prices(conn, settled=True)
    assert early_log_loss(stored) == (6_096, 1.023824)
    assert early_arbitrages(stored) == (6_108, 382)


def early(stored: pd.DataFrame) -> pd.DataFrame:
    """Opening prices of the first snapshot of each game."""
    opening = stored[stored["phase"].eq("opening") & stored["market_key"].eq("h2h")]
    first = opening.groupby("event_id")["capture_time"].transform("min")
    return opening[opening["capture_time"] == first]


def early_log_loss(stored: pd.DataFrame) -> tuple[int, float]:
    found = early(stored)
    (markets,) = judged_markets(found[found["bookmaker_key"] == "pinnacle"])
    losses = log_losses(multiplicative(markets.prices).probabilities, markets.winners)
    return len(losses), round(mean_loss(losses), 6)


def early_arbitrages(stored: pd.DataFrame) -> tuple[int, int]:
    """The known figure is 383: of 18 games that sum to exactly 1 its rounding counts one.

    It is Newcastle v Sunderland on 2016-03-20: 1/2.2 + 1/3.5 + 1/3.85 = (35 + 22 + 20) / 77.
    """
    found = early(stored)
    priced = found[found["bookmaker_key"].isin(BOOKS)]
    best = priced.groupby(["event_id", "outcome_name"])["price"].max()
    booksums = (1 / best).groupby("event_id").sum()
    return len(booksums), int((booksums < 1 - 1e-12).sum())


def test_nba_closing_prices_foretell_as_they_are_known_to(
    platform: Platform, shared_data: Path
) -> None:
    """2008-15: Brier .197166, log loss .576896."""
    import_paths(platform, [shared_data / NBA], Stated(layout=LAYOUTS["sbr-games"]))
    for (day,) in rows(platform, STARTS):
        close_day(platform, day)
    found = calibrate(platform)
    (own,) = found[
        found["market_key"].eq("h2h")
        & found["phase"].eq("closing")
        & found["grouping"].eq("bookmaker")
        & found["method"].eq("multiplicative")
    ].to_dict("records")
    assert own["markets"] == 10_270
    assert (round(own["brier"], 6), round(own["log_loss"], 6)) == (0.197166, 0.576896)
    assert np.isfinite(own["log_loss_low"])
