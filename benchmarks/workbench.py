"""Where the ingest benchmarks write: a durable embedded server of their own, thrown away after.

Belongs here: fresh databases for both sides, our side's writing and reading. Does not belong
here: the reference's (``orm_reference``), timing.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import Engine, create_engine

from benchmarks import orm_reference
from benchmarks.bodies import REQUEST, SPORT, Body, Quote
from odds_pipeline.catalog.observations import CaptureBasis, OddsFormat
from odds_pipeline.planning.budget import Budget
from odds_pipeline.services.answers import store_answer
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.platform import Platform, Provider
from odds_pipeline.services.spool import Answer, Spool
from odds_pipeline.settings import Settings
from odds_pipeline.storage import raw, slots
from odds_pipeline.storage.embedded import EmbeddedServer
from odds_pipeline.storage.engine import open_engine, transaction
from odds_pipeline.storage.ledger import Call, reserve

REPOSITORY = Path(__file__).resolve().parent.parent
CREDITS = 3.0
LEASE = timedelta(hours=1)


class Workbench:
    """A running server: every call of ``ours`` and ``reference`` gives a fresh database."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._engines: list[Engine] = []
        self._made = 0
        self._create("template")
        subprocess.run(
            [sys.executable, "-m", "alembic", "upgrade", "head"],
            cwd=REPOSITORY,
            env=os.environ | {"DATABASE_URL": f"{root}/template"},
            check=True,
            capture_output=True,
        )

    def ours(self) -> Engine:
        """An empty database at the newest revision."""
        return self._opened(open_engine(self._create(template="template")))

    def reference(self) -> Engine:
        """A database with the reference's tables."""
        engine = self._opened(create_engine(self._create()))
        orm_reference.create(engine)
        return engine

    def close(self) -> None:
        """Let go of every connection."""
        for engine in self._engines:
            engine.dispose()

    def _opened(self, engine: Engine) -> Engine:
        self._engines.append(engine)
        return engine

    def _create(self, name: str | None = None, template: str = "template1") -> str:
        self._made += 1
        name = name or f"bench_{self._made}"
        plain = self._root.replace("+psycopg", "")
        with psycopg.connect(f"{plain}/postgres", autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return f"{self._root}/{name}"


@contextmanager
def workbench() -> Iterator[Workbench]:
    """A server under a temporary folder, with every sync to disk on."""
    with (
        tempfile.TemporaryDirectory(prefix="odds-bench-") as folder,
        EmbeddedServer(Path(folder), durable=True) as url,
    ):
        bench = Workbench(url.rpartition("/")[0])
        try:
            yield bench
        finally:
            bench.close()


def store(engine: Engine, body: Body) -> None:
    """Transaction 1 of a live call: the exact bytes, queued."""
    with transaction(engine) as conn:
        raw.store(conn, _record(body, uuid4()))


def _record(body: Body, call_id: UUID) -> raw.RawRecord:
    return raw.RawRecord(
        call_id=call_id,
        source="the_odds_api",
        endpoint="odds",
        request=REQUEST,
        body=body.content,
        received_at=body.received_at,
        received_basis=CaptureBasis.CLOCK,
        status=200,
        odds_format=OddsFormat.AMERICAN,
    )


def platform(engine: Engine, home: Path) -> Platform:
    """A platform on this database whose spool rests under ``home``; it calls nobody."""

    def nobody() -> Provider:
        raise AssertionError("the benchmark calls no provider")

    settings = Settings(_env_file=None, odds_home=home)
    return Platform(settings, engine, Spool(home / "spool"), nobody, lambda: datetime.now(UTC))


def answers(to: Platform, written: Sequence[Body]) -> list[Answer]:
    """The bodies as answers to calls that are in flight.

    Their slots are claimed, their credits reserved, and the spool holds their parts.
    """
    found = []
    with transaction(to.engine) as conn:
        for number, body in enumerate(written, 1):
            call_id = uuid4()
            slot = slots.claim(conn, "live", SPORT, body.received_at, call_id, LEASE)
            assert slot is not None
            call = Call(call_id, to.key_fingerprint, "live", "odds", SPORT, slot)
            reserve(conn, call, CREDITS, Budget(500 * CREDITS, 0, {}))
            with to.spool.hold(call_id):
                pass  # its part stays
            used, left = float(CREDITS * number), float(CREDITS * (500 - number))
            found.append(Answer(_record(body, call_id), call, CREDITS, CREDITS, used, left))
    return found


def ingest(to: Platform, answer: Answer) -> None:
    """Our whole live path behind the last byte: spool, transaction 1, transaction 2."""
    to.spool.write(answer)
    store_answer(to, answer)
    finish_pending(to)


def requeue(engine: Engine) -> None:
    """Drop every fact, keep raw and the numbers of keys and names, and queue raw again."""
    with transaction(engine) as conn:
        conn.execute("TRUNCATE quotes, snapshots, captures, event_scopes, normalisations CASCADE")
        conn.execute(
            "INSERT INTO pending_raw (raw_id, known_time) "
            "SELECT raw_id, known_time FROM raw_responses"
        )


def require_equal(ours: Engine, reference: Engine, written: Sequence[Body]) -> None:
    """Refuse figures of a side that does not give every body's quotes back.

    Raises:
        AssertionError: which side and which body.
    """
    with transaction(ours) as conn:
        for body in written:
            rows = conn.execute(
                """SELECT event_id, bookmaker_key, market_key, outcome_name, price, point
                FROM odds WHERE odds_timestamp = %s""",
                (body.received_at,),
            ).fetchall()
            _require("ours", body, rows)
    for body in written:
        _require("the reference", body, orm_reference.quotes(reference, body.received_at))


def _require(side: str, body: Body, found: Sequence[Quote]) -> None:
    wanted = body.quotes()
    equal = len(found) == len(wanted) and set(found) == wanted
    assert equal, f"{side} gives other quotes than the body of {body.received_at}"
