"""The databases of a season: ours, filled from raw, and the original schema's, filled by COPY.

Belongs here: building them, keeping them, opening them again. Does not belong here: the season
itself (``season``), the questions asked of them.

A copy of ours has every month in the archive, bodies too.

``ODDS_BENCH_KEEP`` names a folder in which a built season stays, so that questions can be asked
again without building; without it a season is built anew and thrown away.

Our side is replayed from raw in five parts; between two parts the ORM reference ingests a stretch
of the same bodies, so that the ratio is taken inside one run.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NoReturn
from uuid import uuid4

import msgspec
import psycopg
from sqlalchemy import Engine, create_engine
from sqlalchemy.schema import CreateIndex

from benchmarks import memory, orm_reference
from benchmarks.bodies import REQUEST, Body
from benchmarks.harness import seconds
from benchmarks.season import REFERENCE_COLUMNS, Capture, Spec, bounds, captures, schedule
from odds_pipeline.catalog.observations import CaptureBasis, OddsFormat
from odds_pipeline.services.archive import clean
from odds_pipeline.services.normalise import normalise_all
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.spool import Spool
from odds_pipeline.settings import Settings
from odds_pipeline.storage import raw
from odds_pipeline.storage.embedded import EmbeddedServer
from odds_pipeline.storage.engine import open_engine, transaction

Connection = psycopg.Connection[Any]

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
    archived: Engine
    reference: str
    orm: str

    @contextmanager
    def connections(self, archived: bool = False) -> Iterator[tuple[Connection, Connection]]:
        """One connection to ours (or its archived copy), in a transaction, one to the reference."""
        with (
            transaction(self.archived if archived else self.ours) as ours,
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
        if not told.exists():
            with _engine(f"{root}/season") as engine:
                told.write_bytes(msgspec.json.encode(_build(spec, engine, plain)))
        _archive(folder, root)
        with _engine(f"{root}/season") as ours, _engine(f"{root}/season_archived") as archived:
            others = (f"{plain}/season_reference", f"{plain}/season_orm")
            yield Databases(spec, _read(told), ours, archived, *others)


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _archive(folder: Path, root: str) -> None:
    """Make the copy whose months are all archived, unless it was kept."""
    done = folder / "archived"
    if not done.exists():
        with psycopg.connect(f"{root}/postgres".replace("+psycopg", ""), autocommit=True) as conn:
            conn.execute("DROP DATABASE IF EXISTS season_archived")
            conn.execute("CREATE DATABASE season_archived TEMPLATE season")
        with _engine(f"{root}/season_archived") as engine:
            settings = Settings(_env_file=None, odds_home=folder / "home")
            # The bodies are known since they were stored, just now.
            later = datetime.now(UTC) + timedelta(days=62)
            clean(Platform(settings, engine, Spool(folder / "spool"), _nobody, lambda: later), "0d")
        done.touch()
    _migrate(f"{root}/season_archived")


def _nobody() -> NoReturn:
    raise AssertionError("nobody is asked")


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
    return msgspec.json.decode(told.read_bytes(), type=Built)


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
        filling = _Filling(spec, ours, orm, conn)
        for _ in range(PARTS):
            filling.fill()
        _with_indexes(conn)
    with psycopg.connect(f"{root}/season", autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE")
    for engine in (reference, orm):
        engine.dispose()
    return filling.built()


class _Filling:
    """Fills all three databases part by part, and counts what it took."""

    def __init__(self, spec: Spec, ours: Engine, orm: Engine, reference: Connection) -> None:
        self.captures = self.quotes = self.changed = 0
        self.generating = self.storing = self.replaying = self.peak = 0.0
        self.replay: list[float] = []
        self.theirs: list[float] = []
        self._ours, self._orm, self._reference = ours, orm, reference
        begin, end = bounds(spec)
        self._coming = captures(spec)
        self._size = ceil((end - begin) / spec.grid / PARTS)

    def fill(self) -> None:
        """Take the next part: store it on all sides, replay ours, let the ORM ingest a stretch."""
        before = self.quotes
        stretch = self._store()
        memory.reset_peak()
        taken = seconds(lambda: normalise_all(self._ours, hot_days=COLD))
        self.peak = max(self.peak, memory.peak_mib())
        self.replaying += taken
        self.replay.append((self.quotes - before) / taken)
        self.theirs.append(_orm_rate(self._orm, stretch))
        told = f"ours {self.replay[-1]:,.0f}/s, ORM {self.theirs[-1]:,.0f}/s"
        print(f"    {self.quotes:,} quotes: {told}", file=sys.stderr, flush=True)

    def _store(self) -> list[Body]:
        """Raw on our side, rows in the reference; gives the ORM's stretch."""
        stretch: list[Body] = []
        columns = ", ".join(REFERENCE_COLUMNS)
        statement = f"COPY ref_odds ({columns}) FROM STDIN".encode()
        coming = islice(self._coming, self._size)
        with self._reference.cursor() as cursor, cursor.copy(statement) as copy:
            while written := self._written(coming, copy):
                self.storing += seconds(partial(store, self._ours, written))
                stretch = written[-ORM_BODIES - ORM_WARM_UP :]
        return stretch

    def _written(self, coming: Iterator[Capture], copy: psycopg.Copy) -> list[Body]:
        begun = perf_counter()
        written = []
        for capture in islice(coming, STORED_AT_ONCE):
            copy.write(capture.rows())
            written.append(Body(capture.content(), capture.moment))
            self.quotes += capture.quotes
            self.changed += capture.changed
        self.captures += len(written)
        self.generating += perf_counter() - begun
        return written

    def built(self) -> Built:
        """What was counted."""
        return Built(
            captures=self.captures,
            quotes=self.quotes,
            changed=self.changed,
            replay=tuple(self.replay),
            orm=tuple(self.theirs),
            generated=self.quotes / self.generating,
            stored=self.quotes / self.storing,
            peak_mib=self.peak,
            replay_seconds=self.replaying,
        )


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


def _without_indexes(conn: Connection) -> None:
    """For the load; the foreign key stays away, for a reader has nothing of it."""
    conn.execute("ALTER TABLE ref_odds DROP CONSTRAINT ref_odds_event_id_fkey")
    conn.execute("ALTER TABLE ref_odds DROP CONSTRAINT ref_odds_pkey")
    for index in orm_reference.Odds.metadata.tables["ref_odds"].indexes:
        conn.execute(f"DROP INDEX {index.name}".encode())


def _with_indexes(conn: Connection) -> None:
    conn.execute("SET maintenance_work_mem = '512MB'")
    conn.execute("ALTER TABLE ref_odds ADD PRIMARY KEY (id)")
    for index in orm_reference.Odds.metadata.tables["ref_odds"].indexes:
        conn.execute(str(CreateIndex(index)).encode())
    conn.execute("VACUUM ANALYZE ref_odds")


def decision_times(spec: Spec) -> dict[str, datetime]:
    """Event id -> one hour before its start, of every event that started within the captures."""
    _, end = bounds(spec)
    return {e.event_id: e.start - BEFORE for e in schedule(spec) if e.start <= end}
