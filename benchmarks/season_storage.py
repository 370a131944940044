"""Bytes per observed quote on the five-minute grid, by part and by rate of change.

Two days in the middle of a season, every rate in a database of its own. The original schema's
bytes do not depend on the rate. Raw is measured against the same events as JSONB documents, and
once more as archives keep it: 64 bodies compressed as one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import NamedTuple

import psycopg
import zstandard
from sqlalchemy import Engine

from benchmarks import sizes, workbench
from benchmarks.bodies import Body
from benchmarks.harness import Result, Side
from benchmarks.season import FIRST_DAY, FIVE_MINUTES, REFERENCE_COLUMNS, Spec, captures
from benchmarks.season_databases import COLD, store
from odds_pipeline.services.normalise import normalise_all
from odds_pipeline.storage.engine import transaction

RATES = (0.01, 0.02, 0.05, 0.066, 0.1, 0.2)
RATE = 0.066
STRETCH = Spec(
    grid=FIVE_MINUTES,
    events=70,
    begin=FIRST_DAY + timedelta(days=5),
    end=FIRST_DAY + timedelta(days=7),
)
AT_ONCE = 200
TOGETHER = 64  # bodies an archive compresses as one
_LEVEL = 9


class Stored(NamedTuple):
    """What one rate's stretch takes: bytes and rows per observed quote."""

    rate: float
    quotes: int
    bytes: dict[str, float]
    rows: dict[str, float]
    vectors: float

    @property
    def facts(self) -> float:
        """Everything but raw."""
        return sum(size for table, size in self.bytes.items() if table not in sizes.RAW)

    def line(self) -> str:
        """The curve's line."""
        total = sum(self.rows.values()) or 1.0
        parts = ", ".join(
            f"{kind} {self.bytes['quotes'] * share / total:.2f}"
            for kind, share in self.rows.items()
        )
        others = self.facts - self.bytes["quotes"] - self.bytes["snapshots"]
        return (
            f"{self.rate:.1%} asked, {self.rows['changes']:.2%} seen: "
            f"quotes {self.bytes['quotes']:.2f} ({parts}), "
            f"snapshots {self.bytes['snapshots']:.2f} (vector {self.vectors:.2f}), "
            f"captures, scopes and the rest {others:.2f}, together {self.facts:.2f}; "
            f"raw {sum(self.bytes[table] for table in sizes.RAW):.2f}"
        )


def measure() -> list[Result]:
    """The curve, and the targets at 6.6 %."""
    with workbench.workbench() as bench:
        curve = [_stored(bench.ours(), replace(STRETCH, change_rate=rate)) for rate in RATES]
        original = _original(bench.reference())
        jsonb = _jsonb(bench.reference())
        hot = _raw_payload(bench.ours())
    at = next(one for one in curve if one.rate == RATE)
    notes = (
        f"{at.quotes:,} quotes, {STRETCH.grid} apart; bytes a quote by part:",
        *(one.line() for one in curve),
    )
    archived = _archived()
    return [
        _bytes("quotes", at.bytes["quotes"], "original schema", original, 20, notes),
        _bytes("facts", at.facts, "original schema", original, 12, ()),
        _bytes("raw_hot", hot, "JSONB an event", jsonb, 2, (_PAYLOAD,)),
        _bytes("raw_archive", archived, "JSONB an event", jsonb, 5, (_FRAMES,)),
    ]


_PAYLOAD = "the stored values themselves (pg_column_size), which both keep out of line; byte-exact"
_FRAMES = f"{TOGETHER} bodies compressed as one (zstd {_LEVEL}), unpacked equal byte for byte"


def _bytes(
    name: str, ours: float, beside: str, theirs: float, target: float, notes: Sequence[str]
) -> Result:
    sides = Side("ours", (ours,)), Side(beside, (theirs,))
    return Result(f"season.bytes.{name}", "bytes/quote", *sides, target=target, notes=tuple(notes))


def _bodies(spec: Spec) -> Iterator[list[Body]]:
    coming = captures(spec)
    while part := [Body(c.content(), c.moment) for c in islice(coming, AT_ONCE)]:
        yield part


def _stored(engine: Engine, spec: Spec) -> Stored:
    quotes = sum(capture.quotes for capture in captures(spec))
    with transaction(engine) as conn:
        empty = sizes.of_tables(conn)
    for part in _bodies(spec):
        store(engine, part)
    normalise_all(engine, hot_days=COLD)
    with transaction(engine) as conn:
        grown = sizes.grown(sizes.of_tables(conn), empty)
        rows = sizes.quote_rows(conn)
        return Stored(
            spec.change_rate,
            quotes,
            {table: size / quotes for table, size in grown.items()},
            {kind: count / quotes for kind, count in rows.items()},
            sizes.vectors(conn) / quotes,
        )


def _plain(engine: Engine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def _original(engine: Engine) -> float:
    """One row an outcome a capture, with its seven indexes."""
    count = 0
    columns = ", ".join(REFERENCE_COLUMNS)
    with psycopg.connect(_plain(engine)) as conn:
        conn.execute("ALTER TABLE ref_odds DROP CONSTRAINT ref_odds_event_id_fkey")
        with conn.cursor() as cursor, cursor.copy(
            f"COPY ref_odds ({columns}) FROM STDIN".encode()
        ) as copy:  # fmt: skip
            for capture in captures(STRETCH):
                copy.write(capture.rows())
                count += capture.quotes
        # As after a load and one index build: the reference at its smallest.
        conn.execute("REINDEX TABLE ref_odds")
        row = conn.execute("SELECT pg_total_relation_size('ref_odds')").fetchone()
    assert row is not None
    return float(row[0]) / count


def _jsonb(engine: Engine) -> float:
    """The events' JSON as JSONB, compressed as PostgreSQL does it by itself."""
    count = 0
    with psycopg.connect(_plain(engine)) as conn:
        conn.execute("CREATE TEMP TABLE documents (raw_data jsonb)")
        with conn.cursor() as cursor, cursor.copy("COPY documents FROM STDIN") as copy:
            for capture in captures(STRETCH):
                count += capture.quotes
                copy.write("".join(f"{text}\n" for _, text in capture.documents()).encode())
        row = conn.execute("SELECT sum(pg_column_size(raw_data)) FROM documents").fetchone()
    assert row is not None
    return float(row[0]) / count


def _raw_payload(engine: Engine) -> float:
    count = sum(capture.quotes for capture in captures(STRETCH))
    for part in _bodies(STRETCH):
        store(engine, part)
    with transaction(engine) as conn:
        row = conn.execute("SELECT sum(pg_column_size(body)) FROM raw_bodies").fetchone()
    assert row is not None
    return float(row[0]) / count


def _archived() -> float:
    packed = count = 0
    coming = captures(STRETCH)
    while part := [(c.content(), c.quotes) for c in islice(coming, TOGETHER)]:
        whole = b"".join(content for content, _ in part)
        frame = zstandard.ZstdCompressor(_LEVEL).compress(whole)
        assert zstandard.ZstdDecompressor().decompress(frame) == whole
        packed += len(frame)
        count += sum(quotes for _, quotes in part)
    return packed / count
