"""Bytes of a whole season per observed quote: its tables, its raw bodies, its archive.

Belongs here: what the built databases take. Does not belong here: what each part costs at other
rates of change (``season_storage``).

JSONB is what the ORM reference keeps of every event, over the stretches that it ingested. Archived
bodies are read back and compared byte for byte with the stored ones, some of every part.
"""

from typing import Any

import psycopg

from benchmarks import sizes
from benchmarks.harness import Result, Side
from benchmarks.season_databases import Databases
from odds_pipeline.storage import raw

Connection = psycopg.Connection[Any]

COMPARED = 200  # bodies


def measure(
    databases: Databases, quotes: float | None = None, facts: float | None = None
) -> list[Result]:
    """Tables and raw, stored and archived.

    Args:
        databases: a built season.
        quotes: how many times smaller than the reference the quotes must be, if that is asked.
        facts: how many times smaller everything but raw must be.
    """
    observed = databases.built.quotes
    with (
        databases.connections() as (ours, reference),
        databases.connections(archived=True) as (archived, _),
        psycopg.connect(databases.orm) as orm,
    ):
        found = sizes.of_tables(ours)
        (original,) = _numbers(reference, "SELECT pg_total_relation_size('ref_odds')")
        (stored,) = _numbers(ours, "SELECT sum(pg_column_size(body)) FROM raw_bodies")
        json, of_quotes = _numbers(orm, _JSONB)
        files = {
            kind: _file_bytes(archived, kind) for kind in ("quotes", "snapshots", "raw_bodies")
        }
        _require_same_bodies(ours, archived)
    tables = Side("original schema", (original / observed,))
    jsonb = Side("JSONB an event", (json / of_quotes,))
    largest = sorted(found, key=lambda table: -found[table])[:8]
    grid = f"the whole season, {databases.spec.grid} apart"
    by_table = ", ".join(f"{table} {found[table] / observed:.2f}" for table in largest)
    notes = (f"{grid}, everything but raw; by table: {by_table}",)
    cold = files["quotes"] + files["snapshots"]
    both = f"quotes {files['quotes'] / observed:.3f}, snapshots {files['snapshots'] / observed:.3f}"
    return [
        _bytes("whole_quotes", found["quotes"] / observed, tables, quotes, f"{grid}, with indexes"),
        _bytes("whole", sizes.facts(found) / observed, tables, facts, *notes),
        _bytes("whole_raw_hot", stored / observed, jsonb, 2, f"{grid}, the stored values"),
        _bytes("whole_archive", cold / observed, tables, None, f"{grid}, Parquet files: {both}"),
        _bytes(
            *("whole_raw_archive", files["raw_bodies"] / observed, jsonb, 5),
            f"{grid}, Parquet files; {COMPARED} bodies equal byte for byte",
        ),
    ]


_JSONB = """
SELECT (SELECT sum(pg_column_size(raw_data)) FROM ref_odds_snapshots),
    (SELECT count(*) FROM ref_odds)
"""


def _bytes(name: str, ours: float, beside: Side, target: float | None, *notes: str) -> Result:
    side = Side("ours", (ours,))
    return Result(f"season.bytes.{name}", "bytes/quote", side, beside, target=target, notes=notes)


def _numbers(conn: Connection, query: str) -> tuple[float, ...]:
    row = conn.execute(query.encode()).fetchone()
    assert row is not None
    return tuple(float(value) for value in row)


def _file_bytes(conn: Connection, kind: str) -> float:
    row = conn.execute(
        "SELECT sum(bytes) FROM archives WHERE kind = %s AND superseded_at IS NULL", (kind,)
    ).fetchone()
    assert row is not None
    return float(row[0])


def _require_same_bodies(ours: Connection, archived: Connection) -> None:
    """Refuse figures of an archive that gives other bytes back.

    Raises:
        AssertionError: it does.
    """
    numbers = [row[0] for row in ours.execute("SELECT raw_id FROM raw_responses ORDER BY raw_id")]
    chosen = numbers[:: max(1, len(numbers) // COMPARED)][:COMPARED]
    packed = raw.packed(ours, chosen), raw.packed(archived, chosen)
    bodies = [{n: raw.unpacked(one).body for n, one in found.items()} for found in packed]
    assert len(bodies[0]) == len(chosen)
    assert bodies[0] == bodies[1], "archived bodies differ from the stored ones"
