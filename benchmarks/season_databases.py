"""Both databases of a season: ours, filled from raw, and the original schema's, filled by COPY.

Belongs here: building them, keeping them, opening them again. Does not belong here: the season
itself (``season``), the questions asked of them.

``ODDS_BENCH_KEEP`` names a folder in which a built season stays, so that questions can be asked
again without building; without it a season is built anew and thrown away.

Our side is replayed from raw in five parts; between two parts the ORM reference ingests a stretch
of the same bodies, so that the ratio is taken inside one run.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import Engine, create_engine
from sqlalchemy.schema import CreateIndex

from benchmarks import memory, orm_reference
from benchmarks.bodies import REQUEST, Body
from benchmarks.season import REFERENCE_COLUMNS, Capture, Spec, bounds, captures, schedule
from odds_pipeline.catalog.observations import CaptureBasis, OddsFormat
from odds_pipeline.services.normalise import normalise_all
from odds_pipeline.storage import raw
from odds_pipeline.storage.embedded import EmbeddedServer
from odds_pipeline.storage.engine import open_engine, transaction

BEFORE = timedelta(hours=1)
REPOSITORY = Path(__file__).resolve().parent.parent
KEEP = "ODDS_BENCH_KEEP"
PARTS = 5
STORED_AT_ONCE = 200
COLD = 0  # days: raw of a past season gets no SQL-readable copy
ORM_BODIES = 10
ORM_WARM_UP = 3


@dataclass(frozen=True, slots=True)
class Built:
    """What building a season found; rates are quotes a second, in the order taken."""

    captures: int
    quotes: int
    changed: int
    replay: tuple[float, ...]
    orm: tuple[float, ...]
    generated: float
    stored: float
    peak_mib: float
    replay_seconds: float


@dataclass(frozen=True, slots=True)
class Databases:
    """A built season."""

    spec: Spec
    built: Built
    ours: Engine
    reference: str

    @contextmanager
    def connections(self) -> Iterator[tuple[psycopg.Connection[Any], psycopg.Connection[Any]]]:
        """One connection to ours, in a transaction, and one to the reference."""
        with (
            transaction(self.ours) as ours,
            psycopg.connect(self.reference, autocommit=True) as reference,
        ):
            ours.execute("SET LOCAL statement_timeout = 0")
            yield ours, reference


@contextmanager
def opened(spec: Spec) -> Iterator[Databases]:
    """The season's databases, built first unless they were kept."""
    with _folder(spec) as folder, EmbeddedServer(folder) as url:
        root = url.rpartition("/")[0]
        plain = root.replace("+psycopg", "")
        told = folder / "built.json"
        if not told.exists():
            _create(plain)
        _migrate(f"{root}/season")
        engine = open_engine(f"{root}/season")
        try:
            if not told.exists():
                built = _build(spec, engine, plain)
                told.write_text(json.dumps(asdict(built)))
            yield Databases(spec, _read(told), engine, f"{plain}/season_reference")
        finally:
            engine.dispose()


@contextmanager
def _folder(spec: Spec) -> Iterator[Path]:
    kept = os.environ.get(KEEP)
    if kept is None:
        with TemporaryDirectory(prefix="odds-season-") as folder:
            yield Path(folder)
        return
    minutes = int(spec.grid.total_seconds() // 60)
    folder_kept = Path(kept) / f"{spec.events}_{minutes}min_{spec.change_rate}_{spec.seed}"
    folder_kept.mkdir(parents=True, exist_ok=True)
    yield folder_kept


def _read(told: Path) -> Built:
    stored = json.loads(told.read_text())
    return Built(**{k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()})


def _create(root: str) -> None:
    with psycopg.connect(f"{root}/postgres", autocommit=True) as conn:
        for name in (b"season", b"season_reference", b"season_orm"):
            conn.execute(b"DROP DATABASE IF EXISTS " + name)
            conn.execute(b"CREATE DATABASE " + name)


def _migrate(url: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=REPOSITORY,
        env=os.environ | {"DATABASE_URL": url},
        check=True,
        capture_output=True,
    )


def _build(spec: Spec, ours: Engine, root: str) -> Built:
    reference = create_engine(f"{root}/season_reference".replace("://", "+psycopg://"))
    orm = create_engine(f"{root}/season_orm".replace("://", "+psycopg://"))
    for engine in (reference, orm):
        orm_reference.create(engine)
    with psycopg.connect(f"{root}/season_reference", autocommit=True) as conn:
        _without_indexes(conn)
        built = _load(spec, ours, orm, conn)
        _with_indexes(conn)
    with psycopg.connect(f"{root}/season", autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE")
    for engine in (reference, orm):
        engine.dispose()
    return built


def _load(spec: Spec, ours: Engine, orm: Engine, reference: psycopg.Connection[Any]) -> Built:
    coming = captures(spec)
    begin, end = bounds(spec)
    size = ceil((end - begin) / spec.grid / PARTS)
    took = {"generate": 0.0, "store": 0.0, "replay": 0.0}
    replay, theirs = [], []
    quotes = changed = seen = 0
    memory.reset_peak()
    peak = 0.0
    columns = ", ".join(REFERENCE_COLUMNS)
    for part in range(PARTS):
        here, stretch = 0, []
        with (
            reference.cursor() as cursor,
            cursor.copy(f"COPY ref_odds ({columns}) FROM STDIN".encode()) as copy,
        ):
            begun = perf_counter()
            for batch in _batches(islice(coming, size)):
                written = []
                for capture in batch:
                    copy.write(capture.rows())
                    written.append(Body(capture.content(), capture.moment))
                    here += capture.quotes
                    changed += capture.changed
                seen += len(written)
                took["generate"] += perf_counter() - begun
                begun = perf_counter()
                store(ours, written)
                took["store"] += perf_counter() - begun
                if len(stretch) < ORM_BODIES + ORM_WARM_UP:
                    stretch += written[-ORM_BODIES - ORM_WARM_UP :]
                begun = perf_counter()
        memory.reset_peak()
        begun = perf_counter()
        normalise_all(ours, hot_days=COLD)
        took["replay"] += perf_counter() - begun
        peak = max(peak, memory.peak_mib())
        replay.append(here / (perf_counter() - begun))
        theirs.append(_orm_rate(orm, stretch))
        quotes += here
        print(f"    part {part + 1}/{PARTS}: {here:,} quotes, ours {replay[-1]:,.0f}/s, "
              f"ORM {theirs[-1]:,.0f}/s", file=sys.stderr, flush=True)  # fmt: skip
    return Built(
        captures=seen,
        quotes=quotes,
        changed=changed,
        replay=tuple(replay),
        orm=tuple(theirs),
        generated=quotes / took["generate"],
        stored=quotes / took["store"],
        peak_mib=peak,
        replay_seconds=took["replay"],
    )


def _batches(coming: Iterator[Capture]) -> Iterator[Iterator[Capture]]:
    """Runs of captures, each to be used up before the next is taken."""
    while (first := next(coming, None)) is not None:
        yield _chained(first, islice(coming, STORED_AT_ONCE - 1))


def _chained(first: Capture, others: Iterator[Capture]) -> Iterator[Capture]:
    yield first
    yield from others


def store(engine: Engine, written: Sequence[Body]) -> None:
    """Put bodies into raw, in one transaction, queued."""
    with transaction(engine) as conn:
        for body in written:
            record = raw.RawRecord(
                call_id=uuid4(),
                source="the_odds_api",
                endpoint="odds",
                request=REQUEST,
                body=body.content,
                received_at=body.received_at,
                received_basis=CaptureBasis.CLOCK,
                status=200,
                odds_format=OddsFormat.AMERICAN,
            )
            raw.store(conn, record)


def _orm_rate(orm: Engine, stretch: Sequence[Body]) -> float:
    for body in stretch[:ORM_WARM_UP]:
        orm_reference.ingest(orm, body)
    begun = perf_counter()
    for body in stretch[ORM_WARM_UP:]:
        orm_reference.ingest(orm, body)
    taken = perf_counter() - begun
    return sum(len(body.quotes()) for body in stretch[ORM_WARM_UP:]) / taken


def _without_indexes(conn: psycopg.Connection[Any]) -> None:
    """For the load; the foreign key stays away, for a reader has nothing of it."""
    conn.execute("ALTER TABLE ref_odds DROP CONSTRAINT ref_odds_event_id_fkey")
    conn.execute("ALTER TABLE ref_odds DROP CONSTRAINT ref_odds_pkey")
    for index in orm_reference.Odds.metadata.tables["ref_odds"].indexes:
        conn.execute(f"DROP INDEX {index.name}".encode())


def _with_indexes(conn: psycopg.Connection[Any]) -> None:
    conn.execute("SET maintenance_work_mem = '512MB'")
    conn.execute("ALTER TABLE ref_odds ADD PRIMARY KEY (id)")
    for index in orm_reference.Odds.metadata.tables["ref_odds"].indexes:
        conn.execute(str(CreateIndex(index)).encode())
    conn.execute("VACUUM ANALYZE ref_odds")


def decision_times(spec: Spec) -> dict[str, datetime]:
    """Event id -> one hour before its start, of every event that started within the captures."""
    _, end = bounds(spec)
    return {e.event_id: e.start - BEFORE for e in schedule(spec) if e.start <= end}
