"""Two collectors on the same slots, one of them killed.

Belongs here: the class. Does not belong here: kills of a lonely one (``killed_writer``).
"""

import signal
from random import Random

from odds_pipeline.crash_points import Point
from odds_pipeline_tests.faults import writer
from odds_pipeline_tests.faults.invariants import Finding, Kind
from odds_pipeline_tests.faults.matrix.block import Block

POINTS = list(Point)
SLOTS = 4


def one_of_two_killed(block: Block, random: Random, number: int) -> list[Finding]:
    """At each point in turn, at its first or second visit; the other goes through all slots."""
    slots = block.take(SLOTS)
    crash = f"{POINTS[number % len(POINTS)]}:{random.randint(1, 2)}"
    told = block.outside / "told by the other"
    other = block.start(writer.write, slots.start, slots.stop, crash=crash, told=told)
    code = block.run(writer.write, slots.start, slots.stop)
    block.strike()
    killed = block.ended(other, crash)
    with block.stage.acknowledged.open("a") as acknowledged:
        acknowledged.write(told.read_text() if told.exists() else "")
    told.unlink(missing_ok=True)
    ended = [code, killed]
    # What the killed one has to do is decided by who takes which slot: it may have passed by.
    if code == 0 and killed in (0, -signal.SIGKILL):
        return []
    return [Finding(Kind.OPEN, f"the collectors ended with exit codes {ended}")]
