"""How a strategy is written: over whole frames, or event by event.

Belongs here: the base classes, parameters, and what a strategy says. Does not belong here:
strategies (``strategies``, one file each), how much is staked by default (``sizing``).

All ways give the engine the same thing: positions in the offers, each with the chance the
strategy gives it. ``Strategy`` sees all offers at once and is fast; ``EventStrategy`` sees one
event at one decision and cannot look anywhere else; ``ThresholdStrategy`` is a ``Strategy`` that
sweeps are fast with.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

Listed = TypeVar("Listed")


@dataclass(frozen=True, slots=True)
class Parameters:
    """Base of every strategy's parameters: a frozen dataclass of numbers and words."""


@dataclass(frozen=True, slots=True)
class Picks:
    """What a strategy wants to bet on: arrays of one length.

    Args:
        rows: positions in the offers.
        probability: chance of winning by the strategy; NaN where it has no opinion.
        weight: share of the stake of its group; 1 for a bet on its own.
        group: bets of one number are made together or not at all; -1 for a bet on its own.
    """

    rows: np.ndarray
    probability: np.ndarray
    weight: np.ndarray
    group: np.ndarray

    @classmethod
    def single(cls, rows: Sequence[int] | np.ndarray, probability: object = np.nan) -> "Picks":
        """Bets on their own; what is the same of all is held once."""
        places = np.asarray(rows, dtype=np.int64)
        chance, weight, group = (
            np.broadcast_to(np.asarray(value, dtype=kind), places.shape)
            for value, kind in ((probability, np.float64), (1.0, np.float64), (-1, np.int64))
        )
        return cls(places, chance, weight, group)


@dataclass(frozen=True, slots=True)
class EventNow:
    """An event as it was known at a decision; its odds come beside it."""

    event_id: str
    home_team: str | None
    away_team: str | None
    commence_time: datetime
    decision_time: datetime


@dataclass(frozen=True, slots=True)
class Opportunity:
    """One bet that a strategy wants.

    Args:
        row: index label of its offer in the odds that were shown: its position in all offers.
        price: its decimal odds.
        probability: chance of winning by the strategy; NaN without an opinion.
        together: name of a group of bets made together or not at all; ``None`` on its own.
        weight: share of the group's stake.
    """

    row: int
    price: float
    probability: float = float("nan")
    together: str | None = None
    weight: float = 1.0


class Strategy(ABC):
    """A strategy over whole frames.

    A subclass has a ``name``, a one-line ``summary``, a ``Parameters`` class and ``opportunities``.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    parameters_class: ClassVar[type[Parameters]] = Parameters

    def __init__(self, parameters: Parameters | None = None) -> None:
        self.parameters: Any = parameters or self.parameters_class()

    @classmethod
    def named(cls, values: Mapping[str, object]) -> "Strategy":
        """One with these parameters, numbers and words as they come from a command line.

        Raises:
            ValueError: an unknown parameter, or a value that does not fit its type.
        """
        return cls(_parameters(cls, values))

    @abstractmethod
    def opportunities(self, offers: "pd.DataFrame") -> Picks:
        """Which offers to bet on.

        Whatever is decided at a moment must follow from offers up to that moment: a leak detector
        runs the strategy again on offers cut off there.

        Args:
            offers: as ``offers.offers`` gives them; ``ORDER`` is their order.
        """

    def calculate_stake(self, bankroll: float, opportunity: Opportunity) -> float | None:
        """Money to stake, or ``None`` to leave it to the run's sizing.

        Args:
            bankroll: free money and open stakes at the decision.
            opportunity: one that the strategy named.
        """
        return None

    @property
    def sizes_itself(self) -> bool:
        """Whether the strategy decides its own stakes."""
        return type(self).calculate_stake is not Strategy.calculate_stake


class ThresholdStrategy(Strategy, Generic[Listed]):
    """A strategy that lists candidates, and then cuts the list by its thresholds alone.

    A sweep over thresholds lists the candidates once, which makes each point cheap. A subclass has
    ``candidates`` and ``chosen`` in place of ``opportunities``.
    """

    thresholds: ClassVar[frozenset[str]]

    @abstractmethod
    def candidates(self, offers: "pd.DataFrame") -> Listed:
        """What may be bet on, without regard to any parameter named in ``thresholds``."""

    @abstractmethod
    def chosen(self, candidates: Listed) -> Picks:
        """Which candidates to bet on: positions in the offers."""

    def opportunities(self, offers: "pd.DataFrame") -> Picks:
        """See ``Strategy``."""
        return self.chosen(self.candidates(offers))

    @property
    def listing(self) -> Parameters:
        """The parameters that the candidates depend on: thresholds at their defaults."""
        default = self.parameters_class()
        kept = {name: getattr(default, name) for name in self.thresholds}
        listing: Parameters = replace(self.parameters, **kept)
        return listing


class EventStrategy(Strategy):
    """A strategy that thinks event by event."""

    @abstractmethod
    def should_bet(self, event: EventNow, odds: "pd.DataFrame") -> Iterable[Opportunity]:
        """The bets to make on one event at one decision; none is a fine answer.

        Args:
            event: as it was known.
            odds: the offers on it at this decision, under their index labels.
        """

    def opportunities(self, offers: "pd.DataFrame") -> Picks:
        """Ask ``should_bet`` for each event and decision in order."""
        found: list[Opportunity] = []
        groups: list[int] = []
        names: dict[tuple[object, ...], int] = {}
        by_decision = offers.groupby(["decision_time", "event_id"], sort=True)
        for _, odds in by_decision:
            first = odds.iloc[0]
            event = EventNow(*(first[field.name] for field in fields(EventNow)))
            for opportunity in self.should_bet(event, odds):
                found.append(opportunity)
                together = opportunity.together
                key = (event.decision_time, event.event_id, together)
                groups.append(-1 if together is None else names.setdefault(key, len(names)))
        return Picks(
            np.array([one.row for one in found], dtype=np.int64),
            np.array([one.probability for one in found], dtype=np.float64),
            np.array([one.weight for one in found], dtype=np.float64),
            np.array(groups, dtype=np.int64),
        )


def _parameters(of: type[Strategy], values: Mapping[str, object]) -> Parameters:
    known = {field.name: field for field in fields(of.parameters_class)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        expected = ", ".join(known) or "none"
        raise ValueError(f"{of.name} has no parameter {unknown[0]!r}; it has: {expected}")
    default = of.parameters_class()
    chosen = {name: _cast(name, value, getattr(default, name)) for name, value in values.items()}
    return of.parameters_class(**chosen)


def _cast(name: str, value: object, like: object) -> object:
    try:
        if isinstance(like, bool):
            return {"true": True, "false": False}[str(value).lower()]
        return type(like)(value)  # type: ignore[call-arg]
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            f"{name}: {value!r} is no {type(like).__name__}, such as {like!r}"
        ) from None
