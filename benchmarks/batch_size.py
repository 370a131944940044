"""Quotes a second of normalising from raw, by how many documents a transaction takes.

Each size is measured by turns with the one in use, on the same database and the same 120 bodies, so
that a fixed size can be judged: beyond some size nothing more is to be gained, and what a kill
undoes and a lock holds up only grows.
"""

from collections.abc import Callable

from benchmarks import workbench
from benchmarks.bodies import QUOTES, bodies
from benchmarks.harness import Result, alternate, seconds
from odds_pipeline.services.normalise import BATCH, normalise_all

OTHERS = (1, 10, 30, 300)
ROUNDS = 3


def measure() -> list[Result]:
    """The size in use against smaller ones and a larger one."""
    written = bodies()
    with workbench.workbench() as bench:
        engine = bench.ours()
        for body in written:
            workbench.store(engine, body)
        normalise_all(engine)

        def by(size: int) -> Callable[[int], float]:
            def sample(_: int) -> float:
                workbench.requeue(engine)
                return QUOTES * len(written) / seconds(lambda: normalise_all(engine, size))

            return sample

        found = []
        for size in OTHERS:
            sides = alternate((f"{BATCH} a transaction", by(BATCH)), (f"{size}", by(size)), ROUNDS)
            found.append(Result(f"batch_size.{size}", "quotes/s", *sides, True))
    return found
