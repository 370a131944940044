"""Kills by the hundred: every named point, in every company that a process may die in.

Belongs here: which cases, a file of results to go on from, the account. Does not belong here: the
classes of kills, playing them (``runner``).

Each block kills at every point a collector that is alone; some at the start after it, some of two
collectors on the same slots, some in a backfill. Two daemons, one of which dies with the run that
is in flight, have blocks of their own.
"""

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from odds_pipeline.crash_points import Point
from odds_pipeline_tests.faults.matrix import runner
from odds_pipeline_tests.faults.matrix.fault_class import Case
from odds_pipeline_tests.faults.matrix.report import markdown
from odds_pipeline_tests.faults.matrix.runner import Result

# Of each class in a block, and the fewest kills of a case: a process may pass its point by.
IN_A_BLOCK = {"crash-point": 13, "crash-again": 4, "two-collectors": 5, "backfill": 4}
FEWEST = {"crash-point": 1, "crash-again": 2, "two-collectors": 0, "backfill": 0}
DAEMONS, AT_ONCE, EVERY = "one-of-two-daemons", 2, 10  # cases in a block, blocks between
COMPANIES = (*IN_A_BLOCK, DAEMONS)


def plan(kills: int) -> list[list[Case]]:
    """Blocks in which at least so many processes are killed."""
    sure = sum(number * FEWEST[name] for name, number in IN_A_BLOCK.items())
    planned = []
    for block in range(-(-kills // sure)):
        planned.append(
            [
                Case(name, block * number + place)
                for name, number in IN_A_BLOCK.items()
                for place in range(number)
            ]
        )
        if block % EVERY == EVERY // 2:
            first = block // EVERY * AT_ONCE
            planned.append([Case(DAEMONS, first + place) for place in range(AT_ONCE)])
    return planned


def run(
    kills: int, seed: int, processes: int, file: Path, say: Callable[[str], None]
) -> list[Result]:
    """Kill so many processes; blocks that the file has are not played again."""
    done = read(file)
    played = {result.case for result in done}
    left = [cases for cases in plan(kills) if cases[0] not in played]
    return done + runner.run(left, seed, processes, say, partial(append, file))


def read(file: Path) -> list[Result]:
    """The results of the blocks that were played to their end."""
    lines = file.read_bytes().splitlines() if file.exists() else []
    return [result for line in lines for result in msgspec.json.decode(line, type=list[Result])]


def append(file: Path, results: Sequence[Result]) -> None:
    """Keep a block's results, in a line."""
    with file.open("ab") as kept:
        kept.write(msgspec.json.encode(results) + b"\n")


def account(results: Sequence[Result]) -> list[str]:
    """Kills by point and company, and the credits on both sides."""
    kills = Counter(
        (point, result.case.fault_class) for result in results for point in result.killed
    )
    rows = [
        (point, *(str(kills[point, company]) for company in COMPANIES))
        for point in (*map(str, Point), "daemon", "run")
    ]
    totals = [sum(n for (_, c), n in kills.items() if c == company) for company in COMPANIES]
    times = [result.recovery_s for result in results] or [0.0]
    charged = sum(result.charged for result in results)
    booked = sum(result.booked for result in results)
    found = [finding for result in results for finding in result.findings]
    return [
        *markdown([("killed at", *COMPANIES), *rows, ("all", *map(str, totals))]),
        "",
        f"{kills.total()} kills in {len(results)} cases; the provider charged {charged:g} credits, "
        f"the ledger has {booked:g}; {len(found)} findings; recovery median "
        f"{statistics.median(times):.2f} s, max {max(times):.2f} s",
    ]
