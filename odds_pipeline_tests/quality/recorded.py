"""Rows as somebody recorded them, as the frames that rules judge: whole captures, no store.

Every row stands for itself, changed or not, so that what a rule finds here can be counted against
the rows. ``storage.quality_frames`` makes the same frames of what is stored.
"""

from pathlib import Path

import pandas as pd

from odds_pipeline.quality.inputs import Needs, typed
from odds_pipeline.quality.markets import complete_markets

Frames = dict[Needs, pd.DataFrame]
SNAPSHOT = ["event_id", "snapshot_time"]


def nba_daily(shared: Path) -> pd.DataFrame:
    """91 daily captures of NBA prices at 12 Australian books, one an exchange."""
    rows = pd.read_csv(shared / "odds_api" / "series_nba_au_daily_2026-03-03_06-01.csv.gz")
    rows = rows.assign(sport_key="basketball_nba", description=None)
    return _named(rows, rows["snapshot_utc"])


def afl(shared: Path) -> pd.DataFrame:
    """119 captures of AFL prices, one to ten a day, three markets, some in play."""
    rows = pd.read_csv(shared / "real" / "oddsapi" / "afl_snapshots_20260303_20260405.csv.gz")
    rows = rows.assign(sport_key="aussierules_afl", description=None)
    return _named(rows, rows["snapshot_utc"])


def _named(rows: pd.DataFrame, captured: pd.Series) -> pd.DataFrame:
    # Some carry a label: 20260304_213000_daily.
    taken = pd.to_datetime(captured.str[:15], format="%Y%m%d_%H%M%S", utc=True)
    starts = pd.to_datetime(rows["commence_time"], utc=True)
    return rows.assign(
        source="flat_odds",
        snapshot_time=taken,
        until_time=taken,
        known_time=taken,
        commence_time=starts,
        last_update=pd.to_datetime(rows["last_update"], utc=True),
        in_play=taken >= starts,
        bookmaker_key=rows["bookmaker"],
        market_key=rows["market"],
        decimal_price=rows["price"],
        american_price=pd.Series(pd.NA, index=rows.index, dtype="Int64"),
    )


def frames_of(rows: pd.DataFrame) -> Frames:
    """Every frame that can be made of priced rows; columns of ``Needs.QUOTES`` and last_update."""
    quotes = typed(rows, Needs.QUOTES).reset_index(drop=True)
    return {
        Needs.QUOTES: quotes,
        Needs.MARKETS: complete_markets(quotes),
        Needs.BOARDS: _boards(rows),
        Needs.SNAPSHOTS: _snapshots(rows),
        Needs.EVENTS: _events(rows),
    }


def _boards(rows: pd.DataFrame) -> pd.DataFrame:
    boards = rows.drop_duplicates([*SNAPSHOT, "bookmaker_key", "market_key"])
    age = (boards["snapshot_time"] - boards["last_update"]).dt.total_seconds()
    return typed(boards.assign(age=age), Needs.BOARDS).reset_index(drop=True)


def _snapshots(rows: pd.DataFrame) -> pd.DataFrame:
    seen = rows.drop_duplicates([*SNAPSHOT, "commence_time"]).sort_values(SNAPSHOT, kind="stable")
    before = seen.groupby("event_id", sort=False)["commence_time"].shift()
    return typed(seen.assign(previous_commence_time=before), Needs.SNAPSHOTS)


def _events(rows: pd.DataFrame) -> pd.DataFrame:
    last = rows.sort_values("snapshot_time", kind="stable").drop_duplicates("event_id", keep="last")
    return typed(last.assign(start_precision="exact", on_day=True), Needs.EVENTS)


def soccer(shared: Path) -> pd.DataFrame:
    """One capture of ten English Premier League games: three-way moneylines, asymmetric totals."""
    rows = pd.read_csv(shared / "odds_api" / "sweep_2026-04-16_odds.csv.gz")
    rows = rows[(rows["sport_key"] == "soccer_epl") & (rows["market_type"] == "main")]
    taken = pd.to_datetime(rows["snapshot_time"], utc=True).dt.floor("s").max()
    rows = rows.assign(
        bookmaker=rows["bookmaker_key"],
        market=rows["market"],
        description=None,
    )
    return _named(rows, pd.Series(f"{taken:%Y%m%d_%H%M%S}", index=rows.index))
