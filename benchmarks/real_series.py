"""Recorded series of the real feed: every snapshot comes back exactly, and what that takes.

Belongs here: reading the recorded files without any of our code, importing them as a user does,
comparing snapshot by snapshot. Does not belong here: the data, which are not ours to ship: found
in ``../shared/data`` or ``$ODDS_SHARED_DATA``, else the benchmark is skipped.
"""

import csv
import gzip
import io
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Engine

from benchmarks import sizes, workbench
from benchmarks.harness import Result, Side, Skipped
from benchmarks.season import REFERENCE_COLUMNS
from odds_pipeline.services.import_files import Stated, import_paths
from odds_pipeline.services.platform import Platform, Provider
from odds_pipeline.services.spool import Spool
from odds_pipeline.settings import Settings
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.readers import odds_at

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Series:
    """Files of one series, and the sport where they do not say it."""

    name: str
    files: tuple[str, ...]
    sport: str | None = None


SERIES = (
    Series("nba_91", ("odds_api/series_nba_au_daily_2026-03-03_06-01.csv.gz",)),
    Series(
        "nfl_minutes",
        tuple(
            f"odds_api/series_nfl_spreads_20230819{moment}.json.gz"
            for moment in ("182058", "182542", "182829")
        ),
    ),
    Series(
        "afl_119",
        ("real/oddsapi/afl_snapshots_20260303_20260405.csv.gz",),
        "aussierules_afl",
    ),
    Series("nba_41", ("real/oddsapi/nba_snapshots_20260303_20260412.csv.gz",)),
)


class Quote(NamedTuple):
    """One price as a file states it, the price in decimal odds."""

    event: str
    bookmaker: str
    title: str
    market: str
    outcome: str
    price: float
    point: float | None
    captured: datetime
    last_update: datetime


def measure() -> list[Result]:
    """Every series in databases of its own."""
    data = _data()
    with workbench.workbench() as bench, TemporaryDirectory() as home:
        return [
            _measured(series, data, bench.ours(), bench.reference(), Path(home))
            for series in SERIES
        ]


def _data() -> Path:
    beside = workbench.REPOSITORY.parent / "shared" / "data"
    folder = Path(os.environ.get("ODDS_SHARED_DATA", beside))
    if not folder.is_dir():
        raise Skipped(f"the recorded series are not in {folder}; set ODDS_SHARED_DATA")
    return folder


def _measured(series: Series, data: Path, ours: Engine, reference: Engine, home: Path) -> Result:
    paths = [data / file for file in series.files]
    stated = [quote for path in paths for quote in _read(path)]
    with transaction(ours) as conn:
        empty = sizes.of_tables(conn)
    quarantined = _imported(series, paths, ours, home)
    with transaction(ours) as conn:
        snapshots = _require_every_snapshot(conn, stated, quarantined)
        grown = sizes.grown(sizes.of_tables(conn), empty)
        kinds = sizes.quote_rows(conn)
    original = _original(reference, stated)
    facts = sizes.facts(grown) / len(stated)
    raw = sum(grown[table] for table in sizes.RAW) / len(stated)
    notes = (
        f"{len({quote.captured for quote in stated})} captures, {snapshots:,} snapshots, "
        f"{len(stated):,} quotes: every snapshot equal to what the file states"
        + (f" ({quarantined} quarantined)" if quarantined else ""),
        _changes(stated),
        f"quotes {grown['quotes'] / len(stated):.1f}, snapshots "
        f"{grown['snapshots'] / len(stated):.1f}, all facts {facts:.1f}, raw files {raw:.1f}",
        "rows: " + ", ".join(f"{kind} {count:,}" for kind, count in kinds.items()),
    )
    sides = Side("ours", (facts,)), Side("original schema", (original,))
    return Result(f"real_series.{series.name}", "bytes/quote", *sides, notes=notes)


def _imported(series: Series, paths: Sequence[Path], engine: Engine, home: Path) -> int:
    """Import the files in order; how many parts were quarantined."""

    def nobody() -> Provider:
        raise AssertionError("an import calls no provider")

    settings = Settings(_env_file=None, odds_home=home)
    platform = Platform(settings, engine, Spool(home / "spool"), nobody, lambda: datetime.now(UTC))
    report = import_paths(platform, paths, Stated(sport=series.sport))
    assert all(file.status == "imported" for file in report.files), report
    return sum(file.quarantined for file in report.files)


def _require_every_snapshot(conn: Connection, stated: Sequence[Quote], spared: int) -> int:
    """Ask each capture's events as of that capture, and compare.

    Raises:
        AssertionError: a snapshot differs.
    """
    captures: dict[datetime, set[Quote]] = defaultdict(set)
    for quote in stated:
        captures[quote.captured].add(quote)
    snapshots = missing = 0
    for moment, wanted in captures.items():
        events = {quote.event for quote in wanted}
        frame = odds_at(conn, events, moment)
        columns = ("event_id", "bookmaker_key", "market_key", "outcome_name", "price", "point")
        plain = [frame[c].astype(object).where(frame[c].notna(), None) for c in columns]
        times = [frame[c].dt.to_pydatetime() for c in ("capture_time", "last_update")]
        found = set(zip(*plain, *times, strict=True))
        told = {(q.event, q.bookmaker, q.market, q.outcome, *q[5:]) for q in wanted}
        assert found <= told, f"{moment}: {len(found - told)} quotes that nobody stated"
        missing += len(told - found)
        snapshots += len(events)
    assert missing <= spared, f"{missing} quotes are missing, {spared} were quarantined"
    return snapshots


def _changes(stated: Sequence[Quote]) -> str:
    """How much differs between neighbouring snapshots of an event."""
    events: dict[str, dict[datetime, dict[tuple[str, ...], tuple[float, float | None]]]] = {}
    for quote in stated:
        snapshot = events.setdefault(quote.event, {}).setdefault(quote.captured, {})
        # A market may price one outcome at several points: then the point is part of the key.
        key: tuple[str, ...] = (quote.bookmaker, quote.market, quote.outcome)
        while key in snapshot:
            key = (*key, str(quote.point))
        snapshot[key] = quote.price, quote.point
    compared = changed = gone = come = 0
    gaps = []
    for snapshots in events.values():
        moments = sorted(snapshots)
        for before, after in pairwise(moments):
            old, new = snapshots[before], snapshots[after]
            gaps.append((after - before).total_seconds() / 60)
            compared += len(old.keys() & new.keys())
            changed += sum(old[key] != new[key] for key in old.keys() & new.keys())
            gone += len(old.keys() - new.keys())
            come += len(new.keys() - old.keys())
    return (
        f"between neighbouring captures of an event (median {median(gaps):,.0f} minutes apart) "
        f"{changed:,} of {compared:,} quotes changed ({changed / compared:.1%}), "
        f"{gone:,} went, {come:,} came"
    )


def _original(engine: Engine, stated: Sequence[Quote]) -> float:
    columns = ", ".join(REFERENCE_COLUMNS)
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as conn:
        conn.execute("ALTER TABLE ref_odds DROP CONSTRAINT ref_odds_event_id_fkey")
        with conn.cursor() as cursor, cursor.copy(
            f"COPY ref_odds ({columns}) FROM STDIN".encode()
        ) as copy:  # fmt: skip
            for quote in stated:
                copy.write_row((*quote[:5], 100, *quote[6:], True))
        conn.execute("REINDEX TABLE ref_odds")
        row = conn.execute("SELECT pg_total_relation_size('ref_odds')").fetchone()
    assert row is not None
    return float(row[0]) / len(stated)


def _read(path: Path) -> Iterator[Quote]:
    text = gzip.decompress(path.read_bytes()).decode()
    return _rows(text) if ".csv" in path.suffixes else _document(text)


def _rows(text: str) -> Iterator[Quote]:
    for row in csv.DictReader(io.StringIO(text)):
        yield Quote(
            row["event_id"],
            row["bookmaker"],
            row["bookmaker_title"],
            row["market"],
            row["outcome_name"],
            float(row["price"]),
            float(row["point"]) if row["point"] else None,
            datetime.strptime(row["snapshot_utc"][:15], "%Y%m%d_%H%M%S").replace(tzinfo=UTC),
            datetime.fromisoformat(row["last_update"]),
        )


def _document(text: str) -> Iterator[Quote]:
    """A body in decimal odds; without a capture time, it was taken when it was last updated."""
    events = json.loads(text)
    markets = [
        (event, book, market)
        for event in events
        for book in event["bookmakers"]
        for market in book["markets"]
    ]
    captured = max(datetime.fromisoformat(market["last_update"]) for *_, market in markets)
    for event, book, market in markets:
        for outcome in market["outcomes"]:
            yield Quote(
                event["id"],
                book["key"],
                book["title"],
                market["key"],
                outcome["name"],
                outcome["price"],
                outcome.get("point"),
                captured,
                datetime.fromisoformat(market["last_update"]),
            )
