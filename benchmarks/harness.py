"""How a benchmark measures and what it reports.

Belongs here: alternating rounds, medians, ratios, the machine line. Does not belong here: what is
measured (one file each beside this one).

Units: each benchmark states its own; seconds are wall time.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

ROUNDS = 5

T = TypeVar("T")

Sample = Callable[[int], float]  # round number, -1 for the warm-up -> figure


class Skipped(Exception):
    """A benchmark that cannot run here, with the reason."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side's figures, in the order they were taken."""

    name: str
    figures: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median of the figures."""
        return statistics.median(self.figures)


@dataclass(frozen=True, slots=True)
class Result:
    """What one benchmark found.

    Args:
        name: the benchmark's, with a part behind a dot where it has several.
        unit: of both sides' figures.
        ours: our side.
        reference: what it is compared with; ``None`` for a figure without a comparison.
        higher_is_better: whether more of the unit is better; decides which way the ratio goes.
        target: the least ratio that is good enough.
        notes: what a reader must know to judge the figures.
    """

    name: str
    unit: str
    ours: Side
    reference: Side | None = None
    higher_is_better: bool = False
    target: float | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def ratio(self) -> float | None:
        """How many times better than the reference our median is."""
        if self.reference is None:
            return None
        ours, theirs = self.ours.median, self.reference.median
        return ours / theirs if self.higher_is_better else theirs / ours


def seconds(action: Callable[[], object]) -> float:
    """Wall time of one call."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def seconds_of_each(action: Callable[[T], None], items: Iterable[T]) -> float:
    """Wall time of the action on every item in turn."""

    def run() -> None:
        for item in items:
            action(item)

    return seconds(run)


def alternate(
    ours: tuple[str, Sample], reference: tuple[str, Sample], rounds: int = ROUNDS
) -> tuple[Side, Side]:
    """Warm both sides up once, then take their figures by turns; who begins changes too."""
    sides = (ours, reference)
    figures: dict[str, list[float]] = {ours[0]: [], reference[0]: []}
    for _, sample in sides:
        sample(-1)
    for number in range(rounds):
        for name, sample in sides if number % 2 == 0 else sides[::-1]:
            figures[name].append(sample(number))
    return tuple(Side(name, tuple(figures[name])) for name, _ in sides)  # type: ignore[return-value]


def repeat(name: str, sample: Sample, rounds: int = ROUNDS) -> Side:
    """Figures of one side without a reference, after one warm-up."""
    sample(-1)
    return Side(name, tuple(sample(number) for number in range(rounds)))


def machine() -> str:
    """The line that says where the figures were taken, and how busy it was."""
    loads = "/".join(f"{load:.1f}" for load in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, load {loads}"
    )


def line(result: Result) -> str:
    """One result as one line, its notes below."""
    parts = [f"{result.name}: {result.ours.name} {result.ours.median:,.4g} {result.unit}"]
    if result.reference is not None:
        reference = result.reference
        parts.append(f"{reference.name} {reference.median:,.4g} {result.unit}")
    if result.ratio is not None:
        parts.append(f"ratio {result.ratio:.3g}x")
    if result.target is not None:
        assert result.ratio is not None
        verdict = "met" if result.ratio >= result.target else "MISSED"
        parts.append(f"target {result.target:g}x {verdict}")
    return "\n".join([" | ".join(parts), *(f"    {note}" for note in result.notes)])
