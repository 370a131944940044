"""`odds db`: revisions up and down, drift, saving and having it again, starting over."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline.composition import REVISION, open_platform
from odds_pipeline.services.archive import clean
from odds_pipeline.services.import_files import Stated, import_paths
from odds_pipeline.settings import load_settings
from odds_pipeline.storage.databases import ensure_database
from odds_pipeline.storage.urls import dagster_database
from odds_pipeline_tests.cli.conftest import FIXTURES, Odds, drop_dagster, in_process, is_one_line
from odds_pipeline_tests.conftest import whole_server

EVENT = "00000000000000000000000000000001"
AT = ("--event-id", EVENT, "--at", "2026-01-09T18:30:00Z", "--json")


def keys(command: str) -> set[str]:
    return {key for key in JSON_KEYS[command] if "[]" not in key}


def run_sql(url: str, statement: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as conn:
        conn.execute(statement.encode())


@pytest.fixture
def empty_url(server_url: str) -> Iterator[str]:
    """A database without anything in it, and its address."""
    name = f"odds_{uuid.uuid4().hex}"
    run_sql(f"{server_url}/postgres", f"CREATE DATABASE {name}")
    yield f"{server_url}/{name}"
    drop_dagster(f"{server_url}/{name}")
    run_sql(f"{server_url}/postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_seen_taken_back_and_brought_forward(odds: Odds) -> None:
    assert odds("db", "status", "--json").json == {
        "current": REVISION,
        "head": REVISION,
        "pending": [],
        "differences": [],
    }
    listed = odds("db", "history", "--json").json
    assert set(listed[0]) == keys("db history")
    assert (listed[0]["revision"], listed[-1]["revision"]) == (REVISION, "0001")
    assert all(one["applied"] and one["what"] for one in listed)
    assert is_one_line(odds("db", "downgrade"), 8)
    assert is_one_line(odds("db", "downgrade", "9999", "--yes"), 2)
    down = odds("db", "downgrade", "--yes", "--json").json
    assert down == {"before": REVISION, "revision": listed[1]["revision"]}
    behind = odds("db", "status")
    assert behind.code == 1
    assert f"`odds db migrate` runs {REVISION}" in behind.out
    assert is_one_line(odds("status"), 4)
    assert odds("db", "migrate", "--json").json == {"revision": REVISION}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::dagster.BetaWarning")
@pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")
@pytest.mark.filterwarnings("ignore:Asset job .* varying BackfillPolicies:UserWarning")
def test_made_with_sample_data(bare: Path, empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_url)
    odds = in_process()
    before = odds("db", "status", "--json")
    assert before.code == 1
    told = json.loads(before.out)
    assert set(told) == keys("db status")
    assert (told["current"], told["pending"][0], told["pending"][-1]) == (None, "0001", REVISION)
    made = {"revision": REVISION, "sample_days": 2}
    assert odds("db", "init", "--sample-data", "--json").json == made
    assert odds("status", "--json").json["kind"] == "demo"
    assert odds("db", "init", "--sample-data", "--json").json == made | {"sample_days": 0}
    monkeypatch.setenv("ODDS_API_KEY", "a-real-key-of-mine")
    assert is_one_line(odds("db", "init", "--sample-data"), 2)


def test_drift_is_told_in_words(odds: Odds, database_url: str) -> None:
    run_sql(
        database_url,
        """ALTER TABLE slots ALTER COLUMN reason TYPE varchar(9);
        ALTER TABLE slots ADD COLUMN surprise integer;
        DROP INDEX ix_quarantine_capture_time;
        ALTER TABLE raw_responses DISABLE TRIGGER raw_responses_immutable""",
    )
    found = odds("db", "status")
    assert found.code == 1
    assert "✗ slots.reason: type is VARCHAR(9), the code has TEXT" in found.out
    assert "✗ only the database has the column slots.surprise" in found.out
    assert "✗ only the code has the index quarantine.ix_quarantine_capture_time" in found.out
    assert "✗ the trigger raw_responses_immutable of raw_responses is switched off" in found.out


def test_a_database_of_newer_code_is_named_as_such(odds: Odds, database_url: str) -> None:
    run_sql(database_url, "UPDATE alembic_version SET version_num = '9999'")
    ended = odds("db", "status")
    assert is_one_line(ended, 2)
    assert "made by newer code" in ended.err


@pytest.fixture
def archived(odds: Odds) -> Odds:
    """Odds of January, their month in archive files."""
    with open_platform(load_settings()) as platform:
        import_paths(platform, [FIXTURES / "historical_odds.json"], Stated())
        assert len(clean(platform, "1m")) == 2
    return odds


@whole_server
def test_saved_and_had_again_elsewhere(
    archived: Odds,
    home: Path,
    database_url: str,
    empty_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    odds = archived
    ensure_database(dagster_database(database_url), database_url)
    run_sql(f"{database_url}_dagster", "CREATE TABLE runs AS SELECT 7 AS run")
    shown = odds("show-odds", *AT).json
    assert shown
    (home / "spool").mkdir(exist_ok=True)
    (home / "spool" / "x.answer").write_bytes(b"paid")
    made = odds("db", "backup", "--drill", "--json").json
    assert set(made) == keys("db backup")
    assert made["verified_how"] == "restored"
    assert set(made["tables"][0]) == {"table", "rows", "hash"}
    backup = Path(made["path"])
    assert backup.stat().st_mode & 0o777 == 0o700
    assert (backup / "odds.dump").stat().st_mode & 0o077 == 0
    (listed,) = odds("db", "backups", "--json").json
    assert listed == {key: made[key] for key in keys("db backups")}
    assert is_one_line(odds("db", "restore", str(backup)), 2)  # not into a database that is used

    elsewhere = home / "elsewhere"
    monkeypatch.setenv("ODDS_HOME", str(elsewhere))
    monkeypatch.setenv("DATABASE_URL", empty_url)
    back = odds("db", "restore", str(backup), "--json").json
    assert set(back) == keys("db restore")
    assert (back["tables"], back["rows"]) == (len(made["tables"]), made["rows"])
    assert back["dagster"] is True
    with psycopg.connect(f"{empty_url}_dagster".replace("+psycopg", "")) as conn:
        assert conn.execute("SELECT run FROM runs").fetchall() == [(7,)]
    for file in (home / "archive").rglob("*.parquet"):
        file.unlink()  # the old place is gone
    assert odds("show-odds", *AT).json == shown
    assert (elsewhere / "spool" / "x.answer").read_bytes() == b"paid"


def test_a_second_backup_shares_what_did_not_change_and_a_damaged_one_is_refused(
    archived: Odds, home: Path
) -> None:
    first, second = (Path(archived("db", "backup", "--json").json["path"]) for _ in range(2))
    files = [path.relative_to(first) for path in (first / "archive").rglob("*.parquet")]
    assert len(files) == 2
    for name in files:
        assert (first / name).samefile(second / name)
        assert not (first / name).samefile(home / name)
    backup = second  # a damaged one is refused
    dump = backup / "odds.dump"
    dump.write_bytes(dump.read_bytes()[:-1] + b"?")
    ended = archived("db", "restore", str(backup), "--drill")
    assert is_one_line(ended, 4)
    assert "odds.dump is missing or damaged" in ended.err
    assert is_one_line(archived("db", "restore", str(backup.parent)), 3)


def test_a_moved_home_finds_its_archives(
    archived: Odds, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = archived("show-odds", *AT).json
    (home / "moved").mkdir()
    (home / "archive").rename(home / "moved" / "archive")
    monkeypatch.setenv("ODDS_HOME", str(home / "moved"))
    lost = archived("db", "backup")
    assert is_one_line(lost, 4)
    assert "odds db relocate" in lost.err
    assert archived("db", "relocate", "--json").json == {"moved": 2, "missing": []}
    assert archived("show-odds", *AT).json == shown
    next((home / "moved" / "archive").rglob("*.parquet")).unlink()
    assert archived("db", "relocate").code == 3


@whole_server
def test_a_reset_needs_the_name_and_deletes_no_file(
    odds: Odds, home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = database_url.rpartition("/")[2]
    run_sql(database_url, "INSERT INTO names (name) VALUES ('Over')")
    for folder in ("archive", "spool"):
        (home / folder).mkdir()
    (home / "archive" / "x.parquet").write_bytes(b"odds")
    assert is_one_line(odds("db", "reset"), 8)
    assert is_one_line(odds("db", "reset", "--name", "odds"), 8)
    with psycopg.connect(database_url.replace("+psycopg", ""), application_name="psql"):
        busy = odds("db", "reset", "--name", name)
    assert is_one_line(busy, 7)
    assert "in use by" in busy.err
    done = odds("db", "reset", "--name", name, "--json").json
    assert set(done) == keys("db reset")
    assert (Path(done["moved_to"]) / "archive" / "x.parquet").read_bytes() == b"odds"
    assert not (home / "archive").exists()
    assert not odds("db", "status").code
    with psycopg.connect(database_url.replace("+psycopg", "")) as conn:
        assert conn.execute("SELECT count(*) FROM names").fetchone() == (0,)
    monkeypatch.setenv("DATABASE_URL", "postgresql://u@db.example/odds")
    far = odds("db", "reset", "--name", "odds")
    assert is_one_line(far, 2)
    assert "--force" in far.err
