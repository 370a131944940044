"""What a pricer is given and what it gives back.

Belongs here: one priced outcome, the pricing of a line's two sides and of a field of outcomes.
Does not belong here: which lines there are. Units: decimal odds; probabilities; points.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from odds_pipeline.simulator.books import SimulatedBook
from odds_pipeline.simulator.life import Life
from odds_pipeline.simulator.prices import shown, with_overround
from odds_pipeline.simulator.scoring import Belief

Outcomes = tuple["PricedOutcome", ...]
SHUT_AT = 0.9985  # an outcome this sure is no longer offered


@dataclass(frozen=True, slots=True)
class PricedOutcome:
    """One outcome: its name, decimal price, line, and whom it is about where names repeat."""

    name: str
    price: float
    point: float | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """One market to be priced: the game, the book, its opinion and the time it was formed."""

    life: Life
    book: SimulatedBook
    belief: Belief
    updated: int

    @property
    def in_play(self) -> bool:
        """Whether the game has begun."""
        return self.updated >= self.life.start


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a bet before it is priced."""

    name: str
    point: float | None = None
    description: str | None = None


def two_sided(book: SimulatedBook, chance: float, one: Side, other: Side) -> Outcomes:
    """Both sides of a bet, the first of which comes in with this chance; none when it is sure."""
    return priced(book, book.line_overround, ((chance, one), (1.0 - chance, other)))


def priced(
    book: SimulatedBook, overround: float, sides: Iterable[tuple[float, Side]]
) -> tuple[PricedOutcome, ...]:
    """Outcomes of one bet at fair chances plus an overround; none when one of them is sure."""
    chances, names = zip(*sides, strict=True)
    if max(chances) > SHUT_AT:
        return ()
    implied = with_overround(chances, overround)
    return tuple(
        PricedOutcome(side.name, shown(share, book.ladder), side.point, side.description)
        for side, share in zip(names, implied, strict=True)
    )


def by_name(outcomes: Iterable[PricedOutcome]) -> Outcomes:
    """Outcomes in the provider's order: by name, then by line."""
    return tuple(sorted(outcomes, key=lambda outcome: (outcome.name, outcome.point or 0.0)))


def half_step(value: float) -> float:
    """The nearest multiple of a half; a plain zero where it would be a negative one."""
    return round(value * 2) / 2 + 0.0


def half_line(value: float) -> float:
    """The nearest half that is no whole number, and never below a half."""
    return max(value // 1, 0.0) + 0.5


def steps(offsets: Iterable[float], around: float) -> Iterator[float]:
    """The lines of a ladder around its middle."""
    return (around + offset for offset in offsets)
