"""Every recorded file is imported, twice the same, or refused in one clear line."""

from pathlib import Path

import pytest

from odds_pipeline.services.import_files import Stated, import_paths, try_paths
from odds_pipeline.services.platform import Platform
from odds_pipeline.sources.archives.layouts.registry import LAYOUTS
from odds_pipeline_tests.services.test_known_figures import counts

pytestmark = pytest.mark.shared_data

ARCHIVES = {
    "football-data": ("real/soccer/fdcouk_*",),
    "sbr-games": ("real/nba/nba_closing_*",),
    "sbr-rows": ("real/nba/nba_sbr_raw_layout_*",),
    "moneylines": ("real/nba/nba_ml_dated_*",),
    "mlb-open-close": ("real/mlb/*",),
    "afl-results": ("real/oddsapi/afl_results*",),
}
PRICES = (
    "real/oddsapi/*snapshots*",
    "real/props/raw_oddsapi_*",
    "real/props/afl_player_props_snapshots_*",
    "real/props/afl_historical_player_props*",
    "real/props/wnba_oddsapi_*",
    "odds_api/*.gz",
    "odds_api/*.json",
)
REFUSED = (
    "real/hkracing/*",
    "real/betfair/*",
    "real/soccer/sportsbet_*",
    "real/nba/oddsportal_*",
    "real/oddsapi/nba_polymarket_*",
    "real/props/afl_props_settled_*",
    "real/props/wnba_recon_*",
    "odds_api/error_bodies.json",
)


def files(root: Path, patterns: tuple[str, ...]) -> list[Path]:
    found = [path for pattern in patterns for path in sorted(root.glob(pattern))]
    assert all(any(root.glob(pattern)) for pattern in patterns)
    return found


def test_other_kinds_are_refused_in_one_line(shared_data: Path) -> None:
    told = try_paths(files(shared_data, REFUSED)).files
    assert {file.status for file in told} == {"refused"}
    for file in told:
        assert file.reason is not None
        assert "\n" not in file.reason
        assert len(file.reason) < 200
        assert file.path.name in file.reason
    reasons = {file.path.name: file.reason or "" for file in told}
    assert "collection of error bodies" in reasons["error_bodies.json"]


def test_every_file_belongs_to_a_kind_or_is_refused(shared_data: Path) -> None:
    kinds = {path for patterns in ARCHIVES.values() for path in files(shared_data, patterns)}
    kinds.update(files(shared_data, PRICES), files(shared_data, REFUSED))
    everything = {path for path in shared_data.rglob("*") if path.is_file()}
    assert everything - kinds == {path for path in everything if path.suffix == ".md"}


@pytest.mark.slow
def test_every_file_is_imported_twice_with_the_same_rows(
    platform: Platform, shared_data: Path
) -> None:
    prices = sorted({*files(shared_data, PRICES)} - {*files(shared_data, REFUSED)})
    asked = [(prices, Stated())]
    for name, patterns in ARCHIVES.items():
        stated = Stated(season=2019 if name == "sbr-rows" else None, layout=LAYOUTS[name])
        asked.append((files(shared_data, patterns), stated))
    for paths, stated in asked:
        first = import_paths(platform, paths, stated)
        before = counts(platform)
        again = import_paths(platform, paths, stated)
        assert counts(platform) == before
        for one, other in zip(first.files, again.files, strict=True):
            line = (one.path.name, one.status, one.events, one.snapshots, one.quotes)
            print(*line, dict(one.quarantined_for), one.reason or "")  # noqa: T201
            expected = "unchanged" if one.status == "imported" else one.status
            assert other.status == expected, other
            assert one.status in {"imported", "unchanged"}, one
            # What is in quarantine says why.
            assert one.quarantined == sum(one.quarantined_for.values())
