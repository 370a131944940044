"""Archived months answer as hot ones do, and nothing that is killed loses a row."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import (
    Board,
    CaptureBasis,
    EventOdds,
    EventStated,
    OddsCapture,
    Quote,
    Scope,
)
from odds_pipeline.errors import StorageError, UsageError
from odds_pipeline.services import archive as archiving
from odds_pipeline.services.archive import archivable, clean, oldest_kept
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.storage import raw
from odds_pipeline.storage.archive import manifest
from odds_pipeline.storage.archive import switch as switching
from odds_pipeline.storage.archive import write as writing
from odds_pipeline.storage.archive.verify import content, verify
from odds_pipeline.storage.engine import open_engine, transaction
from odds_pipeline.storage.readers import odds_at
from odds_pipeline_tests.conftest import REPOSITORY
from odds_pipeline_tests.storage.histories import (
    against_the_oracle,
    batch_sizes,
    histories,
    offers,
    store_history,
)
from odds_pipeline_tests.storage.months import answers, over_two_months, platform_of
from odds_pipeline_tests.storage.test_point_in_time import _read

FEBRUARY = date(2026, 2, 1)
EXAMPLES = against_the_oracle(3)


def _hot(conn: psycopg.Connection[Any]) -> set[str]:
    return {partition.table for partition in manifest.partitions(conn)}


@EXAMPLES
@given(history=histories(), sizes=batch_sizes(), late=st.integers(0, 7))
def test_archived_months_answer_the_same_questions(
    engine: Engine,
    home: Path,
    clock: SteppedClock,
    history: Sequence[OddsCapture],
    sizes: Sequence[int],
    late: int,
) -> None:
    """Each example adds to what those before it have archived."""
    platform = platform_of(engine, home, clock)
    told = over_two_months(history)
    first, second = told[:late], told[late:]
    with transaction(engine) as conn:
        known = store_history(conn, first, sizes) if first else []
        hot = answers(conn, known) if known else []
    clean(platform, "0d")
    with transaction(engine) as conn:
        assert "quotes_2026_02" not in _hot(conn)
        assert (answers(conn, known) if known else []) == hot
    with transaction(engine) as conn:
        known += store_history(conn, second, sizes) if second else []
    with transaction(engine) as conn:
        for event_id in {e.event.event_id for c in told for e in c.events}:
            for at in sorted({c.capture_time for c in told}):
                for known_by in (k.known_time for k in known):
                    assert _read(conn, event_id, at, known_by) == offers(
                        known, event_id, at, known_by
                    )
        united = answers(conn, known)
    clean(platform, "0d")
    with transaction(engine) as conn:
        assert answers(conn, known) == united
        for one in manifest.all_current(conn):
            content(one)


# --- being killed, being in the way, being damaged ---


def _history(engine: Engine, sport: str, days: int = 3) -> list[datetime]:
    """Three events, captured hourly on the last days of February and the first of March."""
    moments = [
        datetime(2026, 2, 28, tzinfo=UTC) + timedelta(hours=hour) for hour in range(24 * days)
    ]
    told = [_capture(sport, moment, 1.5 + place % 7 / 10) for place, moment in enumerate(moments)]
    with transaction(engine) as conn:
        store_history(conn, told, [len(told)])
    return moments


def _capture(sport: str, moment: datetime, price: float) -> OddsCapture:
    start = datetime(2026, 3, 5, tzinfo=UTC)
    events = tuple(
        EventOdds(
            EventStated(f"{sport}-{name}", sport, start, "Home", "Away"),
            (Board("pinnacle", "h2h", moment, (Quote("Home", price), Quote("Away", 1.91))),),
        )
        for name in "abc"
    )
    return OddsCapture(moment, CaptureBasis.TIMESTAMP, Scope(sport, None, None, None, True), events)


def _prices(engine: Engine, sport: str, moments: Sequence[datetime]) -> list[str]:
    with transaction(engine) as conn:
        known = transaction_time(conn)
        return [
            odds_at(conn, [f"{sport}-{n}" for n in "abc"], at, known).to_csv()
            for at in moments[5::9]
        ]


def transaction_time(conn: psycopg.Connection[Any]) -> datetime:
    row = conn.execute("SELECT max(known_time) FROM raw_responses").fetchone()
    assert row is not None
    found: datetime = row[0]
    return found


def _files(home: Path) -> set[str]:
    return {path.name for path in (home / "archive").rglob("*") if path.is_file()}


STEPS: list[tuple[object, str]] = [
    (writing, "fingerprint"),
    (writing, "manifest_text"),
    (writing, "_publish"),
    (archiving, "verify"),
    (archiving, "switch"),
    (archiving, "remove"),
    (switching, "enter"),
    (switching, "drop"),
]


@pytest.mark.parametrize(("module", "step"), STEPS, ids=[step for _, step in STEPS])
@pytest.mark.parametrize(
    "after", [pytest.param(False, marks=pytest.mark.slow), True], ids=["before", "after"]
)
def test_a_pass_that_dies_loses_nothing_and_the_next_one_finishes(
    engine: Engine,
    home: Path,
    clock: SteppedClock,
    monkeypatch: pytest.MonkeyPatch,
    module: object,
    step: str,
    after: bool,
) -> None:
    platform = platform_of(engine, home, clock)
    moments = _history(engine, "sport_a")
    wanted = _prices(engine, "sport_a", moments)
    clean(platform, "0d")
    with transaction(engine) as conn:
        store_history(conn, [_capture("sport_a", moments[5] + timedelta(minutes=1), 9.0)], [1])
    wanted = _prices(engine, "sport_a", moments)
    real: Callable[..., Any] = getattr(module, step)

    def dying(*arguments: Any) -> Any:
        if after:
            real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, step, dying)
        with pytest.raises(KeyboardInterrupt):
            clean(platform, "0d")
    assert _prices(engine, "sport_a", moments) == wanted
    clean(platform, "0d")
    assert _prices(engine, "sport_a", moments) == wanted
    with transaction(engine) as conn:
        assert "quotes_2026_02" not in _hot(conn)
        listed = {one.path.name for one in manifest.all_current(conn)}
    assert _files(home) == listed | {Path(name).with_suffix(".json").name for name in listed}


def test_a_killed_process_loses_nothing(database_url: str, home: Path, clock: SteppedClock) -> None:
    engine = open_engine(database_url)
    moments = _history(engine, "sport_a", days=12)
    wanted = _prices(engine, "sport_a", moments)
    code = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from odds_pipeline.storage.engine import open_engine
from odds_pipeline_tests.storage.months import platform_of
from odds_pipeline.services.archive import clean
from odds_pipeline.simulator.clock import SteppedClock
clock = SteppedClock(datetime(2026, 4, 10, tzinfo=UTC))
print('ready', flush=True)
clean(platform_of(open_engine(sys.argv[1]), Path(sys.argv[2]), clock), '0d')
"""
    clock.advance(timedelta(days=31))
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", code, database_url, str(home)],
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
        )
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert _prices(engine, "sport_a", moments) == wanted
    clean(platform_of(engine, home, clock), "0d")
    assert _prices(engine, "sport_a", moments) == wanted
    with transaction(engine) as conn:
        assert _hot(conn) == {f"raw_bodies_{datetime.now(UTC):%Y_%m}"}
    engine.dispose()


def test_a_reader_in_the_way_is_never_robbed(
    engine: Engine, home: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "ATTEMPTS", 2)
    platform = platform_of(engine, home, clock)
    moments = _history(engine, "sport_a")
    with transaction(engine) as conn:
        wanted = odds_at(conn, "sport_a-a", moments[3]).to_csv()
        with pytest.raises(StorageError, match=r"stayed in use.*nothing was dropped"):
            clean(platform, "0d")
        assert odds_at(conn, "sport_a-a", moments[3]).to_csv() == wanted
    done = clean(platform, "0d")
    assert {(one.kind, one.month) for one in done} == {
        ("quotes", FEBRUARY),
        ("snapshots", FEBRUARY),
    }


def test_a_late_capture_while_a_month_is_archived_keeps_it(
    engine: Engine, home: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = platform_of(engine, home, clock)
    moments = _history(engine, "sport_a")
    real = verify

    def late(conn: Any, partition: Any, draft: Any) -> None:
        real(conn, partition, draft)
        with transaction(engine) as other:
            moment = moments[5] + timedelta(minutes=1)
            store_history(other, [_capture("sport_a", moment, 9.0)], [1])

    with monkeypatch.context() as patched:
        patched.setattr(archiving, "verify", late)
        with pytest.raises(StorageError, match="changed while it was archived"):
            clean(platform, "0d")
    wanted = _prices(engine, "sport_a", moments)
    clean(platform, "0d")
    assert _prices(engine, "sport_a", moments) == wanted


def test_a_file_that_is_wrong_drops_nothing(
    engine: Engine, home: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = platform_of(engine, home, clock)
    _history(engine, "sport_a")
    real = writing.tables

    def short(*arguments: Any) -> Any:
        return (table.slice(1) for table in real(*arguments))

    with monkeypatch.context() as patched:
        patched.setattr(writing, "tables", short)
        with pytest.raises(StorageError, match="nothing was dropped"):
            clean(platform, "0d")
    with transaction(engine) as conn:
        assert {"quotes_2026_02", "snapshots_2026_02"} <= _hot(conn)
        assert manifest.all_current(conn) == []


def test_damage_is_found(engine: Engine, home: Path, clock: SteppedClock) -> None:
    platform = platform_of(engine, home, clock)
    moments = _history(engine, "sport_a")
    clean(platform, "0d")
    path = next((home / "archive" / "quotes").glob("*.parquet"))
    whole = path.read_bytes()
    path.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
    with transaction(engine) as conn:
        archive = next(one for one in manifest.all_current(conn) if one.kind == "quotes")
        with pytest.raises(StorageError, match="damaged"):
            content(archive)
    path.unlink()
    with transaction(engine) as conn, pytest.raises(StorageError, match="put the file back"):
        odds_at(conn, "sport_a-a", moments[3])


def test_statements_prepared_before_are_read_anew(
    engine: Engine, home: Path, clock: SteppedClock
) -> None:
    """A connection that has asked often must not go on with the plan it had."""
    platform = platform_of(engine, home, clock)
    moments = _history(engine, "sport_a")
    hot = datetime(2026, 3, 9, tzinfo=UTC)
    with transaction(engine) as conn:
        store_history(conn, [_capture("sport_b", hot, 2.0)], [1])
        wanted = odds_at(conn, "sport_a-a", moments[3]).to_csv()
    clean(platform, "0d")
    with transaction(engine) as conn:
        conn.execute("CREATE TEMP TABLE anything (x int) ON COMMIT DROP")
    for _ in range(3):
        for _ in range(8):
            with transaction(engine) as conn:
                assert len(odds_at(conn, "sport_b-a", hot)) == 2
        with transaction(engine) as conn:
            assert odds_at(conn, "sport_a-a", moments[3]).to_csv() == wanted
        with transaction(engine) as conn:
            row = conn.execute("SELECT count(*) FROM quotes WHERE capture_time < '2026-03-01'")
            assert row.fetchone() == (0,)


def test_a_late_capture_does_not_leak_into_archived_ones_behind_it(
    engine: Engine, home: Path, clock: SteppedClock
) -> None:
    platform = platform_of(engine, home, clock)
    noon = datetime(2026, 2, 20, 12, tzinfo=UTC)
    hour = timedelta(hours=1)
    with transaction(engine) as conn:
        told = [_capture("sport_a", noon + place * hour, 1.5) for place in range(4)]
        store_history(conn, told, [4])
    clean(platform, "0d")
    with transaction(engine) as conn:
        store_history(conn, [_capture("sport_a", noon + 1.5 * hour, 9.0)], [1])
    for _ in range(2):
        with transaction(engine) as conn:
            home_prices = [
                odds_at(conn, "sport_a-a", noon + place * hour).query("outcome_name == 'Home'")
                for place in (1, 1.5, 2, 3)
            ]
            assert [float(frame["price"].iloc[0]) for frame in home_prices] == [1.5, 9.0, 1.5, 1.5]
        clean(platform, "0d")


def test_raw_bodies_come_back_byte_for_byte(
    engine: Engine, home: Path, clock: SteppedClock
) -> None:
    bodies = {}
    with transaction(engine) as conn:
        for place in range(200):
            content = f'{{"place": {place}, "noise": "{uuid.uuid4()}"}}'.encode()
            record = raw.RawRecord(
                uuid.uuid4(),
                "test",
                "odds" if place % 3 else "events",
                {"sport": f"sport_{place % 2}"},
                content,
                datetime(2026, 3, 1, tzinfo=UTC),
                CaptureBasis.CLOCK,
            )
            bodies[raw.store(conn, record).raw_id] = content
    clock.set(datetime.now(UTC) + timedelta(days=40))
    done = clean(platform_of(engine, home, clock), "0d")
    assert [(one.kind, one.rows) for one in done] == [("raw_bodies", 200)]
    with transaction(engine) as conn:
        row = conn.execute("SELECT count(*) FROM raw_bodies").fetchone()
        assert row == (0,)
        found = raw.packed(conn, list(bodies))
        assert {n: raw.unpacked(one).body for n, one in found.items()} == bodies
        assert raw.read(conn, min(bodies)).body == bodies[min(bodies)]


@pytest.mark.parametrize(
    ("age", "kept"),
    [
        ("90d", datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ("90", datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ("3m", datetime(2026, 3, 1, tzinfo=UTC)),
        ("6m", datetime(2025, 12, 1, tzinfo=UTC)),
        ("0m", datetime(2026, 5, 31, 12, tzinfo=UTC)),
    ],
)
def test_ages(age: str, kept: datetime) -> None:
    assert oldest_kept(datetime(2026, 5, 31, 12, tzinfo=UTC), age) == kept


@pytest.mark.parametrize("age", ["", "3y", "-1d", "d"])
def test_what_is_no_age(age: str) -> None:
    with pytest.raises(UsageError, match="is not an age"):
        oldest_kept(datetime(2026, 5, 31, tzinfo=UTC), age)


def test_only_whole_months_go(engine: Engine, home: Path, clock: SteppedClock) -> None:
    platform = platform_of(engine, home, clock)  # 10 March, noon
    _history(engine, "sport_a")
    assert archivable(platform, "10d") == []
    (quotes, snapshots) = archivable(platform, "9d")
    assert (quotes.kind, quotes.month, quotes.path) == ("quotes", FEBRUARY, None)
    assert quotes.rows == 6 + 23 * 3
    assert snapshots.rows == 72
