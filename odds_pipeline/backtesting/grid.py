"""The grid of a sweep: every combination of some values of parameters and stakes.

Belongs here: which points there are. Does not belong here: running them (``sweep``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

STAKE = "stake"


@dataclass(frozen=True, slots=True)
class Grid:
    """The values of each axis; points are counted with the last axis running fastest.

    Args:
        axes: values by name: parameters of the strategy, or ``stake`` (as ``kelly:0.25``).
    """

    axes: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        """Refuse an axis that holds nothing, or a value twice.

        Raises:
            ValueError: so.
        """
        for name, values in self.axes.items():
            if not values or len(set(values)) < len(values):
                raise ValueError(f"{name}: at least one value, and each once")

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each axis has."""
        return tuple(len(values) for values in self.axes.values())

    @property
    def count(self) -> int:
        """How many points there are."""
        return prod(self.shape)

    def points(self) -> Sequence[Mapping[str, str]]:
        """Every point: a value of each axis."""
        return [
            dict(zip(self.axes, values, strict=True)) for values in product(*self.axes.values())
        ]


def spaced(first: float, last: float, count: int) -> tuple[str, ...]:
    """So many numbers at equal distances, both ends included, to ten digits.

    Raises:
        ValueError: fewer than two.
    """
    if count < 2:
        raise ValueError("two numbers or more")
    step = (last - first) / (count - 1)
    return tuple(f"{first + step * place:.10g}" for place in range(count))
