"""What can be said of a final score before it is known, and how it is drawn.

Belongs here: probabilities of sides, spreads and totals under the two score models.
Does not belong here: margins of bookmakers, clocks. Units: points (goals); probabilities.

A points game has a normal latent margin X and total Y. The final margin is X rounded away from
zero (a points game is never level), the total is Y rounded to the parity of the margin. A goals
game has two Poisson counts. All probabilities below follow exactly from that, except that the
parity of the margin is taken as a fair coin.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import erf, exp, sqrt
from typing import Protocol

_SQRT_2 = sqrt(2.0)
_MOST_GOALS = 14


class Belief(Protocol):
    """A distribution of the final score."""

    def sides(self) -> tuple[float, ...]:
        """Probabilities that home, away and (where it is a result) nobody wins."""

    def cover(self, point: float) -> float:
        """Chance of home plus ``point``, given that it is no push: inverse of the fair price."""

    def over(self, point: float) -> float:
        """Chance of Over ``point``, given that it is no push: inverse of the fair price."""

    def fair_margin(self) -> float:
        """Mean of home minus away, points."""

    def fair_total(self) -> float:
        """Mean of both together, points."""

    def shifted(self, margin: float, total: float) -> "Belief":
        """The same belief with its means moved, points."""


def _above(threshold: float, mean: float, sd: float) -> float:
    return 0.5 * (1.0 - erf((threshold - mean) / (sd * _SQRT_2)))


@dataclass(frozen=True, slots=True)
class PointsBelief:
    """Normal margin and total, points."""

    margin: float
    total: float
    margin_sd: float
    total_sd: float

    def sides(self) -> tuple[float, ...]:
        """Home and away."""
        home = _above(0.0, self.margin, self.margin_sd)
        return home, 1.0 - home

    def cover(self, point: float) -> float:
        """See ``Belief``."""
        return _without_push(self._margin_above, -point)

    def over(self, point: float) -> float:
        """See ``Belief``."""
        return _without_push(self._total_above, point)

    def fair_margin(self) -> float:
        """See ``Belief``."""
        return self.margin

    def fair_total(self) -> float:
        """See ``Belief``."""
        return self.total

    def shifted(self, margin: float, total: float) -> "PointsBelief":
        """See ``Belief``."""
        return PointsBelief(self.margin + margin, self.total + total, self.margin_sd, self.total_sd)

    def _margin_above(self, least: int) -> float:
        """P(final margin >= least): the margin is the latent one rounded away from zero."""
        return _above(least - 1 if least > 0 else least, self.margin, self.margin_sd)

    def _total_above(self, least: int) -> float:
        """P(final total >= least): rounded to even or odd numbers with equal chance."""
        return 0.5 * (
            _above(least - 1, self.total, self.total_sd) + _above(least, self.total, self.total_sd)
        )


@dataclass(frozen=True, slots=True)
class GoalsBelief:
    """Goals so far and the Poisson means of those still to come."""

    home_goals: int
    away_goals: int
    home_rate: float
    away_rate: float

    def sides(self) -> tuple[float, ...]:
        """Home, away and draw."""
        home, level = self._margin_above(1), self._margin_above(0)
        return home, 1.0 - level, max(level - home, 0.0)

    def cover(self, point: float) -> float:
        """See ``Belief``."""
        return _without_push(self._margin_above, -point)

    def over(self, point: float) -> float:
        """See ``Belief``."""
        return _without_push(self._total_above, point)

    def fair_margin(self) -> float:
        """See ``Belief``."""
        return self.home_goals + self.home_rate - self.away_goals - self.away_rate

    def fair_total(self) -> float:
        """See ``Belief``."""
        return self.home_goals + self.home_rate + self.away_goals + self.away_rate

    def shifted(self, margin: float, total: float) -> "GoalsBelief":
        """See ``Belief``; a mean never falls below a twentieth of what it was."""
        return GoalsBelief(
            self.home_goals,
            self.away_goals,
            max(self.home_rate + (total + margin) / 2, self.home_rate / 20),
            max(self.away_rate + (total - margin) / 2, self.away_rate / 20),
        )

    def _margin_above(self, least: int) -> float:
        ahead = _margin_tail(round(self.home_rate, 4), round(self.away_rate, 4))
        index = least - (self.home_goals - self.away_goals) + _MOST_GOALS
        return ahead[min(max(index, 0), len(ahead) - 1)]

    def _total_above(self, least: int) -> float:
        needed = least - self.home_goals - self.away_goals
        fewer = _poisson(round(self.home_rate + self.away_rate, 4))[: max(needed, 0)]
        return max(1.0 - sum(fewer), 0.0)


def _without_push(at_least: Callable[[int], float], line: float) -> float:
    """P(result > line) given that result != line, for a whole-numbered result.

    A quarter line is a bet of two halves on the lines beside it: the share of the stake that
    wins, of that which is decided. Its inverse is the fair price in every case.
    """
    halves = (line,) if (line * 2).is_integer() else (line - 0.25, line + 0.25)
    win = lose = 0.0
    for half in halves:
        floor = int(half // 1)
        win += at_least(floor + 1)
        lose += 1.0 - at_least(floor if half == floor else floor + 1)
    decided = win + lose
    return win / decided if decided > 0.0 else 0.5


@lru_cache(maxsize=8192)
def _poisson(rate: float) -> tuple[float, ...]:
    """Probabilities of 0 .. _MOST_GOALS goals; what lies beyond is put on the last."""
    chances = [exp(-rate)]
    for goals in range(1, _MOST_GOALS):
        chances.append(chances[-1] * rate / goals)
    return (*chances, max(1.0 - sum(chances), 0.0))


@lru_cache(maxsize=8192)
def _margin_tail(home_rate: float, away_rate: float) -> tuple[float, ...]:
    """P(home - away >= m) of the goals to come, m from -_MOST_GOALS up; last entry 0."""
    chances = [0.0] * (2 * _MOST_GOALS + 1)
    away = _poisson(away_rate)
    for home_goals, home_chance in enumerate(_poisson(home_rate)):
        for away_goals, away_chance in enumerate(away):
            chances[home_goals - away_goals + _MOST_GOALS] += home_chance * away_chance
    tail = [0.0]
    for chance in reversed(chances):
        tail.append(min(tail[-1] + chance, 1.0))
    return tuple(reversed(tail))
