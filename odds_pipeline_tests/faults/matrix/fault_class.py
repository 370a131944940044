"""What a class of fault is.

Belongs here: the types. Does not belong here: any fault, the table (``classes``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from random import Random

from odds_pipeline_tests.faults.invariants import Finding
from odds_pipeline_tests.faults.matrix.block import Block

Play = Callable[[Block, Random, int], list[Finding]]


class Needs(Enum):
    """What a case takes for itself: nothing, the database server, the right to mount, Dagster."""

    NOTHING = auto()
    SERVER = auto()
    MOUNT = auto()
    DAGSTER = auto()


@dataclass(frozen=True)
class FaultClass:
    """One class of fault.

    Args:
        name: unique.
        weight: how often it is drawn, against the others.
        play: injects one fault into a block, given the case's own random numbers and its number;
            returns what it saw go wrong beyond the invariants, which are judged after it. What it
            collects it tells the block, and it says when it struck.
        needs: what it takes for itself.
        at_least: how often it is drawn in any run that is long enough.
    """

    name: str
    weight: float
    play: Play
    needs: Needs = Needs.NOTHING
    at_least: int = 1


@dataclass(frozen=True, order=True)
class Case:
    """One fault to inject: the class and the number within it."""

    fault_class: str
    number: int

    def __str__(self) -> str:
        return f"{self.fault_class}:{self.number}"

    def random(self, seed: int) -> Random:
        """The case's own random numbers."""
        return Random(f"{seed} {self}")
