"""Stores hostile documents in a real database and looks at how each one ends.

    python -m odds_pipeline_tests.sources.fuzz 10000 --seed 7

Every document must end marked, as ok or as failed with a reason; nothing may stay pending, nothing
may be raised, and memory must not grow. The same seed makes the same documents.
"""

import argparse
import gc
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from uuid import uuid4

import psutil
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import CaptureBasis, OddsFormat
from odds_pipeline.services.normalise import normalise_all
from odds_pipeline.storage import raw
from odds_pipeline.storage.embedded import EmbeddedServer
from odds_pipeline.storage.engine import open_engine, transaction
from odds_pipeline_tests.conftest import migrate
from odds_pipeline_tests.sources.hostile import CSV_KINDS, Hostile, documents

BATCH = 100
START = datetime(2026, 1, 9, 18, tzinfo=UTC)
REQUEST = {"sport": "basketball_nba", "regions": "us", "markets": "h2h,spreads,totals"} | {
    "layout": "football-data"
}
MIB = 1024 * 1024


@dataclass
class Ended:
    """How the documents of a run ended."""

    documents: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    pending: int = 0
    unexplained: int = 0
    grown: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        found = ", ".join(f"{how} {number:,}" for how, number in sorted(self.outcomes.items()))
        return (
            f"{self.documents:,} documents in {self.seconds:.1f} s "
            f"({self.documents / self.seconds:,.0f}/s): {found}; pending {self.pending}, "
            f"without a reason {self.unexplained}; memory {self.grown / MIB:+.1f} MiB"
        )


def run(engine: Engine, number: int, seed: int) -> Ended:
    """Store and normalise so many documents.

    Raises:
        Exception: whatever the platform let through: it should let nothing.
    """
    ended, moments = Ended(), count()
    process = psutil.Process()
    begin, started = 0, time.monotonic()
    made = documents(number, seed)
    while batch := list(islice(made, BATCH)):
        with transaction(engine) as conn:
            for hostile in batch:
                moment = START + timedelta(minutes=5 * (next(moments) % 1000))
                ended.documents += raw.store(conn, _record(hostile, moment)).created
        normalise_all(engine)
        gc.collect()
        # What the first batch loads (partitions, caches, code) is no growth.
        begin = begin or process.memory_info().rss
    ended.grown = process.memory_info().rss - begin
    ended.seconds = time.monotonic() - started
    _judge(engine, ended)
    return ended


def _record(hostile: Hostile, moment: datetime) -> raw.RawRecord:
    is_file = hostile.endpoint in CSV_KINDS
    basis = CaptureBasis.FILE if is_file else CaptureBasis.CLOCK
    stated = None if is_file else OddsFormat.AMERICAN
    source = "file" if is_file else "the_odds_api"
    call_id = uuid4()
    return raw.RawRecord(
        call_id, source, hostile.endpoint, REQUEST, hostile.body, moment, basis, odds_format=stated
    )


def _judge(engine: Engine, ended: Ended) -> None:
    with transaction(engine) as conn:
        rows = conn.execute(
            """SELECT CASE WHEN n.status IS NULL THEN 'not marked'
                WHEN n.status = 'failed' THEN 'refused whole'
                WHEN EXISTS (SELECT FROM quarantine q WHERE q.raw_id = r.raw_id
                    AND q.reason LIKE 'cannot be written%') THEN 'with dead letters'
                WHEN EXISTS (SELECT FROM quarantine q WHERE q.raw_id = r.raw_id)
                    THEN 'in part quarantined' ELSE 'ok' END AS how,
                count(*), count(*) FILTER (WHERE n.status = 'failed' AND (n.error IS NULL
                    OR n.error = '' OR NOT EXISTS (
                        SELECT FROM quarantine q WHERE q.raw_id = r.raw_id AND q.reason <> '')))
            FROM raw_responses r LEFT JOIN normalisations n USING (raw_id) GROUP BY how"""
        ).fetchall()
        pending = conn.execute("SELECT count(*) FROM pending_raw").fetchone()
    ended.outcomes.update({how: number for how, number, _ in rows})
    ended.unexplained = sum(row[2] for row in rows)
    ended.pending = pending[0] if pending else -1


def main() -> int:
    """Run on a database of its own and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", type=int, nargs="?", default=300)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="odds-") as home,
        EmbeddedServer(Path(home), durable=False) as url,
    ):
        migrate(url)
        engine = open_engine(url)
        ended = run(engine, chosen.number, chosen.seed)
        engine.dispose()
    sys.stdout.write(f"seed {chosen.seed}: {ended}\n")
    return int(not is_clean(ended))


def is_clean(ended: Ended) -> bool:
    """Whether every document ended as promised."""
    marked = ended.outcomes.total() == ended.documents and not ended.outcomes["not marked"]
    told = not ended.pending and not ended.unexplained
    return marked and told and not ended.outcomes["with dead letters"] and ended.grown < 64 * MIB


if __name__ == "__main__":
    raise SystemExit(main())
