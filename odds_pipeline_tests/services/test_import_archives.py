"""Archives of past games go in, and their known figures come back from the platform's readers."""

from pathlib import Path

import pytest

from odds_pipeline.services.import_files import Import, Stated, import_paths
from odds_pipeline.services.platform import Platform
from odds_pipeline.sources.archives.layouts.registry import LAYOUTS
from odds_pipeline.storage import readers
from odds_pipeline.storage.engine import transaction

pytestmark = pytest.mark.shared_data


def bring(platform: Platform, path: Path, layout: str) -> Import:
    return import_paths(platform, [path], Stated(season=2019, layout=LAYOUTS[layout]))


def test_nba_2020_comes_back_with_its_known_figures(platform: Platform, shared_data: Path) -> None:
    path = shared_data / "real/nba/nba_closing_2020.csv.gz"
    (file,) = bring(platform, path, "sbr-games").files
    assert (file.status, file.events, file.quarantined) == ("imported", 1_143, 0)
    with transaction(platform.engine) as conn:
        ids = [row[0] for row in conn.execute("SELECT event_id FROM event_ids")]
        closing = readers.closing_lines(conn, ids, markets=["h2h"])
        events = conn.execute("SELECT id, home_team, home_score, away_score FROM events").fetchall()
    assert len(closing) == 2 * 1_143
    assert set(closing["kind"]) == {"exact"}
    overround = (1 / closing["price"]).groupby(closing["event_id"]).sum() - 1
    assert round(overround.mean() * 100, 4) == 4.1170
    home_wins = [home > away for _, _, home, away in events]
    assert round(sum(home_wins) / len(home_wins), 5) == 0.54681
    again = bring(platform, path, "sbr-games")
    assert again.files[0].status == "unchanged"


def test_opening_and_closing_prices_are_phases_in_order(
    platform: Platform, shared_data: Path
) -> None:
    bring(platform, shared_data / "real/mlb/mlb_open_close_ml_2014.csv.gz", "mlb-open-close")
    with transaction(platform.engine) as conn:
        ids = [row[0] for row in conn.execute("SELECT event_id FROM event_ids")]
        opening = readers.opening_lines(conn, ids, markets=["h2h"])
        closing = readers.closing_lines(conn, ids, markets=["h2h"])
    figures = [
        round(((1 / lines["price"]).groupby(lines["event_id"]).sum() - 1).mean() * 100, 1)
        for lines in (opening, closing)
    ]
    assert figures == [2.7, 2.6]  # 2.7208 and 2.6115 of the games with a winner
    assert (opening["capture_time"].to_numpy() < closing["capture_time"].to_numpy()).all()
