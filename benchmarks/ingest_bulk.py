"""Quotes a second of normalising again what is stored in raw, a hundred bodies a transaction.

Every round our side drops all facts and rebuilds them from the 120 bodies in raw, as a day is
rebuilt; the ORM reference writes a stretch of 24 of the same bodies, so that a run stays short.
"""

from benchmarks import orm_reference, workbench
from benchmarks.bodies import QUOTES, STEPS, bodies
from benchmarks.harness import ROUNDS, Result, alternate, seconds, seconds_of_each
from odds_pipeline.services.normalise import normalise_all

STRETCH = STEPS // ROUNDS
BATCH = 100
TARGET = 50.0


def measure() -> list[Result]:
    """Normalisation alone against the ORM's whole ingest, which has no other way to do it."""
    written = bodies()
    with workbench.workbench() as bench:
        theirs, spare = bench.reference(), bench.reference()
        ours = bench.ours()
        for body in written:
            workbench.store(ours, body)
        normalise_all(ours)

        def normalise(_: int) -> float:
            workbench.requeue(ours)
            return QUOTES * len(written) / seconds(lambda: normalise_all(ours, BATCH))

        def orm(number: int) -> float:
            part, into = written[:4], spare
            if number >= 0:
                part, into = written[STRETCH * number : STRETCH * (number + 1)], theirs
            taken = seconds_of_each(lambda body: orm_reference.ingest(into, body), part)
            return QUOTES * len(part) / taken

        sides = alternate(("ours", normalise), ("ORM", orm))
        workbench.require_equal(ours, theirs, written)
    notes = (
        f"{len(written)} bodies of {QUOTES} quotes, batch {BATCH}, all read back equal",
        "keys, names and the SQL-readable copies are there already, as when a day is rebuilt",
    )
    return [Result("ingest_bulk", "quotes/s", *sides, True, TARGET, notes)]
