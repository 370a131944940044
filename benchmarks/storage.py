"""Bytes per observed quote, tables with their indexes and TOAST, after the same bodies."""

from benchmarks import orm_reference, workbench
from benchmarks.bodies import CHANGE_RATE, QUOTES, STEPS, bodies
from benchmarks.harness import Result, Side
from odds_pipeline.services.normalise import normalise_all
from odds_pipeline.storage.engine import Connection, transaction

PARTS = ("quotes", "snapshots", "raw_bodies", "raw_responses", "captures", "normalisations")


def measure() -> list[Result]:
    """Everything the platform keeps for good; the SQL-readable copies expire and count apart."""
    written = bodies()
    with workbench.workbench() as bench:
        ours, theirs = bench.ours(), bench.reference()
        for body in written:
            workbench.store(ours, body)
            orm_reference.ingest(theirs, body)
        normalise_all(ours)
        workbench.require_equal(ours, theirs, written)
        with transaction(ours) as conn:
            sizes = {part: _size(conn, part) for part in (*PARTS, "hot_documents")}
        reference = orm_reference.size(theirs)
    quotes = QUOTES * STEPS
    each = ", ".join(f"{part} {size / quotes:.1f}" for part, size in sizes.items())
    notes = (
        f"{each} (hot_documents expire and are not in the sum)",
        f"{STEPS} bodies in one UTC day, {CHANGE_RATE:.1%} of book-markets change a step",
    )
    kept = sum(size for part, size in sizes.items() if part in PARTS)
    return [
        Result(
            "storage",
            "bytes/quote",
            Side("ours", (kept / quotes,)),
            Side("ORM", (reference / quotes,)),
            notes=notes,
        )
    ]


def _size(conn: Connection, table: str) -> int:
    """Bytes of a table or of all its partitions."""
    row = conn.execute(
        "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree(%s::regclass)", (table,)
    ).fetchone()
    if row is None or row[0] is None:
        row = conn.execute("SELECT pg_total_relation_size(%s::regclass)", (table,)).fetchone()
    assert row is not None
    return int(row[0])
