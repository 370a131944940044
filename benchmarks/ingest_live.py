"""Quotes a second from body bytes to committed rows, live: one durable body after the other.

Our side does exactly what a live call does behind its last byte: the body is synced to the spool,
stored with its settlement and slot in transaction 1, and turned into facts in transaction 2; the
slot was claimed and the credits reserved before the call. Both sides write the same 120 bodies in
order, in five stretches of 24 taken by turns; a figure is a stretch's rate. The day's keyframe
(every state once) is in the first stretch.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from sqlalchemy import Engine

from benchmarks import orm_reference, workbench
from benchmarks.bodies import QUOTES, Body, bodies
from benchmarks.harness import Result, Sample, alternate, seconds_of_each
from odds_pipeline.services.spool import Answer

STRETCH = 24
ROUNDS = 11
WARM_UP = 4
TARGET = 15.0

T = TypeVar("T")


def measure() -> list[Result]:
    """Spool and our two transactions a body against the ORM's commit an event."""
    written = bodies(STRETCH * ROUNDS)
    with workbench.workbench() as bench, TemporaryDirectory() as home:
        ours, theirs = bench.ours(), bench.reference()
        sides = alternate(
            ("ours", _our_stretches(ours, bench.ours(), Path(home), written)),
            ("ORM", _their_stretches(theirs, bench.reference(), written)),
            ROUNDS,
        )
        workbench.require_equal(ours, theirs, written)
    each = 1000 * QUOTES / sides[0].median
    notes = (
        f"{len(written)} bodies of {QUOTES} quotes, all read back equal; {each:.2f} ms a body",
    )
    return [Result("ingest_live", "quotes/s", *sides, True, TARGET, notes)]


def _our_stretches(engine: Engine, spare: Engine, home: Path, written: Sequence[Body]) -> Sample:
    used, unused = workbench.platform(engine, home), workbench.platform(spare, home)
    told = workbench.answers(used, written)
    warm_up = workbench.answers(unused, written[:WARM_UP])

    def ingest(answer: Answer) -> None:
        workbench.ingest(used, answer)

    return _stretches(ingest, told, lambda answer: workbench.ingest(unused, answer), warm_up)


def _their_stretches(engine: Engine, spare: Engine, written: Sequence[Body]) -> Sample:
    def ingest(body: Body) -> None:
        orm_reference.ingest(engine, body)

    return _stretches(
        ingest, written, lambda body: orm_reference.ingest(spare, body), written[:WARM_UP]
    )


def _stretches(
    ingest: Callable[[T], None],
    items: Sequence[T],
    try_out: Callable[[T], None],
    warm_up: Sequence[T],
) -> Sample:
    """Each round writes the next items; the warm-up writes a few into a database of its own."""

    def stretch(number: int) -> float:
        if number < 0:
            return QUOTES * len(warm_up) / seconds_of_each(try_out, warm_up)
        part = items[STRETCH * number : STRETCH * (number + 1)]
        return QUOTES * len(part) / seconds_of_each(ingest, part)

    return stretch
