"""A backfill of a past day, killed at a random point and begun again.

Belongs here: the class. Does not belong here: the child's work (``backfiller``).
"""

from datetime import date, timedelta
from random import Random

from odds_pipeline.crash_points import Point
from odds_pipeline_tests.faults import backfiller
from odds_pipeline_tests.faults.invariants import Finding, Kind
from odds_pipeline_tests.faults.matrix.block import Block

FIRST = date(2025, 3, 6)
DAYS = 60
POINTS = list(Point)
CALLS = 6


def backfill_killed(block: Block, random: Random, number: int) -> list[Finding]:
    """One day, killed at each point in turn at a random visit; the next start completes it."""
    day = FIRST + timedelta(days=random.randrange(DAYS))
    crash = f"{POINTS[number % len(POINTS)]}:{random.randint(1, CALLS)}"
    block.run(backfiller.fill, day, day, crash=crash)
    block.strike()
    code = block.run(backfiller.fill, day, day)
    return [] if code == 0 else [Finding(Kind.OPEN, f"the backfill ended with exit code {code}")]
