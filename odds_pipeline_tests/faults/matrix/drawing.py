"""Which cases a run has, and in which blocks.

Belongs here: shares by weight, order, blocks. Does not belong here: playing them (``runner``).
"""

from collections.abc import Iterable
from math import floor
from random import Random

from odds_pipeline_tests.faults.matrix.classes import CLASSES
from odds_pipeline_tests.faults.matrix.fault_class import Case, FaultClass, Needs

IN_A_BLOCK = 20


def draw(count: int, seed: int, classes: Iterable[FaultClass] = CLASSES.values()) -> list[Case]:
    """So many cases, each class by its weight, in an order drawn from the seed."""
    chosen = list(classes)
    shares = _shares(chosen, count)
    cases = [Case(one.name, number) for one in chosen for number in range(shares[one.name])]
    Random(seed).shuffle(cases)
    return cases


def blocks(cases: Iterable[Case]) -> list[list[Case]]:
    """The cases in blocks; those that need Dagster in blocks of their own."""
    apart: tuple[list[Case], list[Case]] = ([], [])
    for case in cases:
        apart[CLASSES[case.fault_class].needs is Needs.DAGSTER].append(case)
    return [
        some[first : first + IN_A_BLOCK]
        for some in apart
        for first in range(0, len(some), IN_A_BLOCK)
    ]


def _shares(classes: list[FaultClass], count: int) -> dict[str, int]:
    """Each class's part of the count: its minimum, where that leaves room, and then by weight."""
    total = sum(one.weight for one in classes)
    ideal = {one.name: count * one.weight / total for one in classes}
    shares = {one.name: floor(ideal[one.name]) for one in classes}
    if count >= sum(one.at_least for one in classes):
        shares = {one.name: max(one.at_least, shares[one.name]) for one in classes}
    by_need = sorted(classes, key=lambda one: shares[one.name] - ideal[one.name])
    for place in range(abs(count - sum(shares.values()))):
        if sum(shares.values()) < count:
            shares[by_need[place % len(by_need)].name] += 1
        else:
            shares[max(shares, key=lambda name: shares[name])] -= 1
    return shares
