"""Frozen datasets: the same values for ever, here and elsewhere; who touches them is seen."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import psycopg
import pyarrow.parquet as pq
import pytest

from odds_pipeline.errors import NotFound, StorageError, UsageError
from odds_pipeline.services import voids
from odds_pipeline.services.backtests import put_on_record
from odds_pipeline.services.datasets.examine import delete, lock, verify
from odds_pipeline.services.datasets.freeze import freeze
from odds_pipeline.services.datasets.load import load
from odds_pipeline.services.datasets.place import folder_of
from odds_pipeline.services.datasets.rebuild import rebuild
from odds_pipeline.services.datasets.terms import Labels
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.selections import dataset_hash, read
from odds_pipeline.services.voids import VoidRequest
from odds_pipeline.settings import Settings
from odds_pipeline.storage import experiments
from odds_pipeline.storage.datasets import Dataset
from odds_pipeline.storage.engine import open_engine, transaction
from odds_pipeline.storage.values_hash import values_hash
from odds_pipeline_tests.conftest import fresh_database
from odds_pipeline_tests.services.seasons import FAVOURITES, GAMES, SPORT, TERMS, bring


@pytest.fixture
def season(platform: Platform, home: Path) -> Platform:
    bring(platform, home)
    return platform


@pytest.fixture
def frozen(season: Platform) -> Dataset:
    dataset, new = freeze(season, "nhl", TERMS, Labels(week="1", tags=("mine",)))
    assert new
    return dataset


def test_a_dataset_is_what_the_readers_say_and_nothing_of_how_it_ended(
    season: Platform, frozen: Dataset
) -> None:
    assert (frozen.snapshot_id, frozen.league, frozen.week) == ("nhl@1", SPORT, "1")
    held = load(season, "nhl")
    offered, ended = read(season, TERMS.selection(SPORT, frozen.known_by, frozen.known_by))
    assert dataset_hash(held.offered, held.ended) == dataset_hash(offered, ended)
    assert len(held.offered) == len(offered) == 5 * 2 + 5 * 4
    assert not {"home_score", "away_score", "void", "settled_at"} & set(held.offered)
    assert held.closing["price"].notna().sum() == 20
    # Neither numbers of rows nor known times: another database has others.
    columns = {
        name
        for path in frozen.metadata["files"]
        for name in pq.read_schema(_file(season, frozen, path)).names
    }
    assert not columns & {"known_time", "id", "event_no"}
    # The hash is of values, not of bytes.
    table = pq.read_table(_file(season, frozen, "offers"))
    plain = season.settings.home / "plain.parquet"
    pq.write_table(table, plain, compression="none", row_group_size=3, use_dictionary=False)
    assert values_hash(pq.read_table(plain)) == values_hash(table)
    assert frozen.metadata["files"]["offers"]["values_sha256"] == values_hash(table)


def test_frozen_again_it_is_the_same_and_what_is_learned_later_makes_a_new_version(
    season: Platform, frozen: Dataset, home: Path
) -> None:
    again, new = freeze(season, "nhl", TERMS)
    assert (again.id, new) == (frozen.id, False)
    bring(season, home, GAMES.replace(",,,1.95", ",1,2,1.95"))  # the last game's score
    later, new = freeze(season, "nhl", TERMS)
    assert (later.snapshot_id, new) == ("nhl@2", True)
    assert later.content_hash != frozen.content_hash
    # As of what was known then it is still the first.
    then = rebuild(season, "nhl@1")
    assert (then.rebuilt_hash, then.put) == (frozen.content_hash, False)
    narrower, new = freeze(season, "nhl", replace(TERMS, bookmakers=("bovada",)))
    assert (narrower.version, new) == (3, True)
    assert set(load(season, "nhl").offered["bookmaker_key"]) == {"bovada"}


def test_a_locked_dataset_neither_changes_nor_goes(season: Platform, frozen: Dataset) -> None:
    locked = lock(season, "nhl@1")
    assert locked.is_locked
    assert lock(season, "nhl@1") == locked
    with pytest.raises(StorageError, match="nhl@1 is locked: it cannot be deleted"):
        delete(season, "nhl@1")
    with pytest.raises(psycopg.errors.RestrictViolation), transaction(season.engine) as conn:
        conn.execute("UPDATE dataset_snapshots SET content_hash = 'x'")
    assert not _file(season, frozen, "offers").stat().st_mode & 0o222
    assert load(season, "nhl", locked=True).dataset == locked


def test_deleting_one_leaves_its_experiments_with_an_empty_link(
    season: Platform, frozen: Dataset
) -> None:
    with pytest.raises(UsageError, match="not locked"):
        load(season, "nhl", locked=True)
    number = put_on_record(season, load(season, "nhl"), FAVOURITES)
    with pytest.raises(UsageError, match="name the version to delete, such as nhl@1"):
        delete(season, "nhl")
    delete(season, "nhl@1")
    with transaction(season.engine) as conn:
        left = experiments.find(conn, number)
    assert (left.dataset_id, left.dataset, left.week) == (None, None, "1")
    assert not folder_of(season, frozen).exists()
    with pytest.raises(NotFound):
        load(season, "nhl")


def test_an_edited_or_lost_file_is_refused_and_made_again_to_the_byte(
    season: Platform, frozen: Dataset
) -> None:
    lock(season, "nhl")
    folder = folder_of(season, frozen)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for name in ("offers.parquet", "results.parquet", "manifest.json"):
        path = folder / name
        path.chmod(0o644)
        path.write_bytes(before[name].replace(b"1", b"2", 1))
        with pytest.raises(StorageError, match=rf"nhl@1 is not as it was frozen: {name}"):
            load(season, "nhl")
        assert verify(season, "nhl").edited == (name,)
        with pytest.raises(StorageError):
            lock(season, "nhl")
        assert rebuild(season, "nhl").put
        assert path.read_bytes() == before[name]
        assert verify(season, "nhl").edited == ()
    shutil.rmtree(folder)
    assert set(verify(season, "nhl").edited) == {"manifest.json"}
    assert rebuild(season, "nhl").put
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.fixture
def elsewhere(season: Platform, server_url: str, tmp_path: Path) -> Iterator[Platform]:
    """Another database, filled from the same file, with games of its own before them."""
    with fresh_database(server_url) as url:
        engine = open_engine(url)
        settings = Settings(_env_file=None, odds_home=tmp_path)
        other = replace(season, settings=settings, engine=engine)
        bring(other, tmp_path, GAMES.replace("2025-01", "2024-01"))
        bring(other, tmp_path)
        yield other
        engine.dispose()


def test_another_database_of_the_same_raw_makes_the_same_dataset(
    season: Platform, frozen: Dataset, elsewhere: Platform
) -> None:
    manifest = folder_of(season, frozen) / "manifest.json"
    with pytest.raises(NotFound, match="say by when"):
        rebuild(elsewhere, str(manifest))
    made = rebuild(elsewhere, str(manifest), known_by=elsewhere.now().replace(year=2100))
    assert (made.rebuilt_hash, made.differing, made.put) == (frozen.content_hash, (), True)
    assert load(elsewhere, "nhl@1").dataset.content_hash == frozen.content_hash
    assert rebuild(elsewhere, "nhl").rebuilt_hash == frozen.content_hash
    fewer = rebuild(elsewhere, str(manifest), known_by=load(elsewhere, "nhl").dataset.known_by)
    assert not fewer.put


def test_a_quote_voided_later_is_named(season: Platform, frozen: Dataset) -> None:
    lock(season, "nhl")
    offered = load(season, "nhl").offered
    first = offered[offered["bookmaker_key"] == "bovada"].iloc[0]
    moment = first["capture_time"].to_pydatetime()
    assert verify(season, "nhl").voided == ()
    request = VoidRequest(
        moment, moment, first["event_id"], "bovada", "h2h", first["outcome_name"], None
    )
    voids.add(season, request, "typed wrong", "test")
    found = verify(season, "nhl")
    assert found.edited == ()
    assert [(v.file, v.outcome_name, v.reason) for v in found.voided] == [
        ("offers", first["outcome_name"], "typed wrong"),
        ("closing_lines", first["outcome_name"], "typed wrong"),
    ]
    # What is frozen stays; a new version knows better.
    later, new = freeze(season, "nhl", TERMS)
    assert new
    assert load(season, "nhl").offered["price"].isna().sum() == 1
    assert rebuild(season, "nhl@1").rebuilt_hash == frozen.content_hash
    assert verify(season, later.snapshot_id).voided == ()


def test_a_name_that_cannot_be() -> None:
    nowhere = cast("Platform", None)  # refused before anything is looked at
    for name in ("", "A", "a/b", "../a", "a b", "a@1", "-a", "a" * 65):
        with pytest.raises(UsageError, match="cannot be a dataset's name"):
            freeze(nowhere, name, TERMS)


def test_nothing_to_freeze_leaves_nothing(platform: Platform) -> None:
    with pytest.raises(NotFound):
        freeze(platform, "nhl", TERMS)
    assert not (platform.settings.home / "datasets").exists()


def _file(platform: Platform, dataset: Dataset, name: str) -> Path:
    return folder_of(platform, dataset) / f"{name}.parquet"
