"""Bytes of a month in PostgreSQL and in its archive, and how long archived events take to read."""

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

from benchmarks import workbench
from benchmarks.bodies import QUOTES, START, STEP, Body, bodies
from benchmarks.harness import ROUNDS, Result, Side, seconds
from odds_pipeline.services.archive import Archived, clean
from odds_pipeline.services.normalise import normalise_all
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.spool import Spool
from odds_pipeline.settings import Settings
from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.readers import odds_at

# Three and a half days: rows of a month stand beside their own keyframes.
BODIES = 1_000
EVENT = "SELECT event_id FROM event_ids ORDER BY event_no OFFSET %s LIMIT 1"


def measure() -> list[Result]:
    """The same bodies as ``ingest_live`` reads, over days, cleaned as `odds db clean` does."""
    written = bodies(BODIES)
    folder = Path(tempfile.mkdtemp(prefix="odds-bench-archive-"))
    try:
        with workbench.workbench() as bench:
            return _measure(bench, folder, written)
    finally:
        shutil.rmtree(folder)


def _measure(bench: workbench.Workbench, folder: Path, written: list[Body]) -> list[Result]:
    engine = bench.ours()
    for body in written:
        workbench.store(engine, body)
    normalise_all(engine)
    at = START + STEP * (BODIES - 1)
    with transaction(engine) as conn:
        jsonb = _jsonb_bytes(conn, written)
        hot_read = [_read_s(conn, at, number) for number in range(ROUNDS + 1)][1:]
    later = datetime.now(UTC) + timedelta(days=62)
    platform = Platform(
        Settings(_env_file=None, odds_home=folder),
        engine,
        Spool(folder / "spool"),
        _nobody,
        lambda: later,
    )
    done: list[Archived] = []
    took = seconds(lambda: done.extend(clean(platform, "0d")))
    reads = []
    for number in range(ROUNDS + 1):
        with transaction(engine) as conn:
            reads.append(_read_s(conn, at, number))
    return _results(done, jsonb, hot_read, reads[1:], took)


def _results(
    done: list[Archived], jsonb: int, hot: list[float], cold: list[float], took: float
) -> list[Result]:
    by_kind = {one.kind: one for one in done}
    observed = QUOTES * BODIES
    results = []
    for kind in ("quotes", "snapshots", "raw_bodies"):
        one = by_kind[kind]
        assert one.archive_bytes is not None
        per = one.rows if kind == "quotes" else observed
        unit = "bytes/quote row" if kind == "quotes" else "bytes/observed quote"
        reference = jsonb if kind == "raw_bodies" else one.hot_bytes
        results.append(
            Result(
                f"archive.{kind}",
                unit,
                Side("archived", (one.archive_bytes / per,)),
                Side("JSONB" if kind == "raw_bodies" else "hot", (reference / per,)),
                target=5.0 if kind == "raw_bodies" else None,
                notes=(
                    f"{one.rows:,} rows, hot {one.hot_bytes:,} B, file {one.archive_bytes:,} B",
                ),
            )
        )
    results.append(
        Result(
            "archive.read",
            "s",
            Side("archived", tuple(cold)),
            Side("hot", tuple(hot)),
            notes=(f"odds_at of one event; cleaning took {took:.1f} s",),
        )
    )
    return results


def _read_s(conn: Connection, at: datetime, number: int) -> float:
    row = conn.execute(EVENT, (number,)).fetchone()
    assert row is not None
    found = []
    took = seconds(lambda: found.append(odds_at(conn, row[0], at)))
    assert len(found[0]) == 48
    return took


def _jsonb_bytes(conn: Connection, written: list[Body]) -> int:
    """What the same bodies take as JSONB, TOAST and all."""
    conn.execute("CREATE TEMP TABLE as_jsonb (body jsonb)")
    with conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO as_jsonb VALUES (%s::jsonb)", [(b.content.decode(),) for b in written]
        )
    row = conn.execute("SELECT pg_total_relation_size('as_jsonb')").fetchone()
    assert row is not None
    return int(row[0])


def _nobody() -> NoReturn:
    raise AssertionError("nobody is asked")
