"""kill -9 of a collector at a named point of its write path, and of the start after it.

Belongs here: both classes. Does not belong here: the points (``crash_points``).
"""

import signal
from random import Random

from odds_pipeline.crash_points import Point
from odds_pipeline.services.recover import recover
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.faults import writer
from odds_pipeline_tests.faults.cases import UNSAFE
from odds_pipeline_tests.faults.invariants import Finding, Kind
from odds_pipeline_tests.faults.matrix.block import Block

HITS = 3
POINTS = list(Point)
# What a start passes that finds an answer in the spool.
OF_A_START = (Point.STORING, Point.STORED, Point.UNSPOOLED, Point.COPIED, Point.MARKED)
SPOOLED = (Point.SPOOL_WRITTEN, Point.SPOOLED, Point.STORING)


def killed_at_a_point(block: Block, random: Random, number: int) -> list[Finding]:
    """At each point in turn, at a random one of its first visits; then all its slots are made."""
    point = POINTS[number % len(POINTS)]
    found, slots = _kill(block, point, random.randint(1, HITS))
    with block.opened() as platform:
        recover(platform)
    found += _gaps(block, slots, [("charge unknown",)] if point in UNSAFE else [])
    with block.opened() as platform:
        for slot in slots:
            block.collect(platform, slot)
    return found


def killed_again_at_the_start(block: Block, random: Random, number: int) -> list[Finding]:
    """After the answer is on disk, and again while the next start stores it."""
    found, slots = _kill(block, SPOOLED[number % len(SPOOLED)], random.randint(1, HITS))
    point = random.choice(OF_A_START)
    code = block.run(writer.write, slots.start, slots.stop, crash=f"{point}:1")
    return found + _died(code, point, 1)


def _kill(block: Block, point: Point, hit: int) -> tuple[list[Finding], range]:
    slots = block.take(HITS + 1)
    code = block.run(writer.write, slots.start, slots.stop, crash=f"{point}:{hit}")
    block.strike()
    return _died(code, point, hit), slots


def _died(code: int, point: Point, hit: int) -> list[Finding]:
    if code == -signal.SIGKILL:
        return []
    words = f"the writer passed {point} {hit} times without dying (exit code {code})"
    return [Finding(Kind.WRONG, words)]


def _gaps(block: Block, slots: range, expected: list[tuple[str]]) -> list[Finding]:
    """Before anything is asked again: only a call that died in flight has left a gap."""
    with block.opened() as platform, transaction(platform.engine) as conn:
        gaps = conn.execute(
            """SELECT reason FROM slots
            WHERE status <> 'ok' AND slot_time BETWEEN %s AND %s AND purpose = 'live'""",
            (writer.slot_time(slots.start), writer.slot_time(slots.stop - 1)),
        ).fetchall()
    if gaps == expected:
        return []
    return [Finding(Kind.OPEN, f"I6: after recovery {gaps}, expected {expected}")]
