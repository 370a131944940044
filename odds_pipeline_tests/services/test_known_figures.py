"""The figures that are known of recorded archives come back from the platform's own readers.

They stand in the recorded data's README, computed there from the files alone.
"""

from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from odds_pipeline.services import identity
from odds_pipeline.services.import_files import ImportedFile, Stated, import_paths
from odds_pipeline.services.platform import Platform
from odds_pipeline.sources.archives.layouts.registry import LAYOUTS
from odds_pipeline.storage import readers
from odds_pipeline.storage.engine import transaction

if TYPE_CHECKING:
    import pandas as pd

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]
REAL = "real"


def bring(platform: Platform, path: Path, layout: str | None = None) -> ImportedFile:
    """Import twice; the second time changes nothing."""
    stated = Stated(layout=None if layout is None else LAYOUTS[layout])
    (file,) = import_paths(platform, [path], stated).files
    assert file.status == "imported", file.reason
    before = counts(platform)
    (again,) = import_paths(platform, [path], stated).files
    assert again.status == "unchanged"
    assert counts(platform) == before
    return file


def counts(platform: Platform) -> tuple[int, ...]:
    with transaction(platform.engine) as conn:
        row = conn.execute(
            """SELECT (SELECT count(*) FROM snapshots), (SELECT count(*) FROM quotes),
                (SELECT count(*) FROM event_ids), (SELECT count(*) FROM event_statements),
                (SELECT count(*) FROM quarantine), (SELECT count(*) FROM captures)"""
        ).fetchone()
    assert row is not None
    return tuple(row)


def lines(
    platform: Platform,
    bookmaker: str,
    which: str = "closing_lines",
) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """Priced h2h lines of a book, and the events."""
    with transaction(platform.engine) as conn:
        ids = [row[0] for row in conn.execute("SELECT id FROM events")]
        found = getattr(readers, which)(conn, ids, bookmakers=[bookmaker], markets=["h2h"])
        rows = conn.execute("SELECT id, home_margin, home_team, commence_time FROM events")
        events = _frame(rows.fetchall())
    return found[found["price"].notna()], events


def _frame(rows: list[tuple[object, ...]]) -> "pd.DataFrame":
    import pandas as pd

    columns = ["event_id", "home_margin", "home_team", "commence_time"]
    return pd.DataFrame(rows, columns=columns).set_index("event_id")


def figures(
    found: "pd.DataFrame", events: "pd.DataFrame", outcomes: int
) -> tuple[int, float, float]:
    """Games with every outcome priced, share of home wins, overround in percent.

    Without ties where nobody prices one. As in the README, a game without a score (the Mets in
    Pittsburgh on 2016-06-06) counts as one that the home side did not win.
    """
    sums = (1 / found["price"]).groupby(found["event_id"]).agg(["sum", "size"])
    whole = sums[sums["size"] == outcomes].join(events, how="inner")
    if outcomes == 2:
        whole = whole[whole["home_margin"] != 0]
    home = (whole["home_margin"] > 0).mean()
    return len(whole), round(home, 5), round((whole["sum"].mean() - 1) * 100, 4)


def test_nba_2008_to_2015(platform: Platform, shared_data: Path) -> None:
    file = bring(platform, shared_data / REAL / "nba/nba_closing_2008_2015.csv.gz", "sbr-games")
    assert (file.events, file.quarantined) == (10_272, 1)  # the money line 8
    found, events = lines(platform, "sbr_consensus")
    assert figures(found, events, 2) == (10_270, 0.59912, 3.6971)
    # Seasons are named by the year they end in.
    seasons = {2008: (1_316, 0.61018, 3.4651), 2014: (1_319, 0.57923, 3.8662)}
    for season, wanted in seasons.items():
        starts = events["commence_time"]
        year = starts.dt.year + (starts.dt.month >= 9)
        assert figures(found, events[year == season], 2) == wanted


@pytest.mark.parametrize(
    ("year", "games", "opening", "closing"),
    [
        (2014, 2_462, (2_458, 0.53092, 2.7208), (2_458, 0.53092, 2.6115)),
        (2015, 2_465, (2_462, 0.54102, 2.7265), (2_462, 0.54102, 2.6196)),
        (2016, 2_462, (2_458, 0.5297, 2.7194), (2_458, 0.5297, 2.6354)),
    ],
)
def test_mlb_open_and_close(
    platform: Platform,
    shared_data: Path,
    year: int,
    games: int,
    opening: tuple[int, float, float],
    closing: tuple[int, float, float],
) -> None:
    path = shared_data / REAL / f"mlb/mlb_open_close_ml_{year}.csv.gz"
    assert bring(platform, path, "mlb-open-close").events == games
    assert figures(*lines(platform, "sbr_consensus", "opening_lines"), 2) == opening
    assert figures(*lines(platform, "sbr_consensus"), 2) == closing


def test_england_2005_to_2015(platform: Platform, shared_data: Path) -> None:
    path = shared_data / REAL / "soccer/fdcouk_england_2005_06_to_2014_15.csv.gz"
    file = bring(platform, path, "football-data")
    assert file.events == 25_972 - 228  # games that stand twice are one
    against = [n for why, n in file.quarantined_for.items() if "contradicts the score" in why]
    assert against == [3]
    found, events = lines(platform, "bet365")
    assert figures(found, events, 3)[::2] == (25_686, 6.8299)
    found, events = lines(platform, "pinnacle")
    assert figures(found, events, 3) == (7_722, 0.42761, 2.751)


def test_england_2015_to_2017_and_2019(platform: Platform, shared_data: Path) -> None:
    path = shared_data / REAL / "soccer/fdcouk_england_2015_16_2016_17_2019_20.csv.gz"
    file = bring(platform, path, "football-data")
    assert (file.events, file.quarantined) == (6_108, 0)
    found, events = lines(platform, "pinnacle")
    # Where no closing price is stated the last pre-match one is the early one.
    days_end = found["capture_time"].dt.time == time(23, 59, 59)
    closing = found[days_end | (found["gap_seconds"] == 1)]
    assert figures(closing, events, 3) == (6_103, 0.43094, 2.468)
    opening, events = lines(platform, "pinnacle", "opening_lines")
    early = opening[~opening["event_id"].isin(_only_closing(opening))]
    assert figures(early, events, 3)[::2] == (6_096, 2.5669)


def _only_closing(opening: "pd.DataFrame") -> set[str]:
    moments = opening["capture_time"].dt
    late = (moments.time == time(23, 59, 59)) | ((moments.second == 59) & (moments.minute != 0))
    return set(opening["event_id"][late])


def test_afl_series_and_results(platform: Platform, shared_data: Path) -> None:
    series = shared_data / REAL / "oddsapi/afl_snapshots_20260303_20260405.csv.gz"
    file = bring(platform, series)
    assert (file.events, file.captures, file.quarantined) == (43, 119, 0)
    with transaction(platform.engine) as conn:
        (quotes,) = conn.execute("SELECT count(*) FROM odds").fetchone() or (0,)
        sports = conn.execute("SELECT DISTINCT sport_key FROM events").fetchall()
    assert (quotes, sports) == (34_778, [("aussierules_afl",)])
    bring(platform, shared_data / REAL / "oddsapi/afl_results_2026_to_0406.csv", "afl-results")
    sure = identity.sure_questions(platform)
    assert len(sure) == len(identity.questions(platform)) == 36
    identity.accept(platform, [item.item_id for item in sure], "test")
    _, events = lines(platform, "pinnacle")
    assert len(events) == 43
    assert int(events["home_margin"].notna().sum()) == 36
    assert identity.look(platform) == 0
