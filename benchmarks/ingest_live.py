"""Quotes a second from body bytes to committed rows, live: one durable body after the other.

Both sides write the same 120 bodies in order, in five stretches of 24 taken by turns; a figure is
a stretch's rate. The day's keyframe (every state once) is in the first stretch.
"""

from collections.abc import Callable

from sqlalchemy import Engine

from benchmarks import orm_reference, workbench
from benchmarks.bodies import QUOTES, Body, bodies
from benchmarks.harness import ROUNDS, Result, alternate, seconds_of_each

STRETCH = 24
TARGET = 15.0


def measure() -> list[Result]:
    """Our two transactions a body against the ORM's commit an event."""
    written = bodies(STRETCH * ROUNDS)
    with workbench.workbench() as bench:
        ours, theirs = bench.ours(), bench.reference()
        sides = alternate(
            ("ours", _stretches(workbench.ingest, ours, bench.ours(), written)),
            ("ORM", _stretches(orm_reference.ingest, theirs, bench.reference(), written)),
        )
        workbench.require_equal(ours, theirs, written)
    each = 1000 * QUOTES / sides[0].median
    notes = (
        f"{len(written)} bodies of {QUOTES} quotes, all read back equal; {each:.2f} ms a body",
    )
    return [Result("ingest_live", "quotes/s", *sides, True, TARGET, notes)]


def _stretches(
    ingest: Callable[[Engine, Body], None], engine: Engine, spare: Engine, written: list[Body]
) -> Callable[[int], float]:
    def stretch(number: int) -> float:
        """Write the next bodies; the warm-up writes a few into a database of its own."""
        if number < 0:
            part, into = written[:4], spare
        else:
            part, into = written[STRETCH * number : STRETCH * (number + 1)], engine
        taken = seconds_of_each(lambda body: ingest(into, body), part)
        return QUOTES * len(part) / taken

    return stretch
