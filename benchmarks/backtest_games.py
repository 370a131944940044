"""Games to bet on for the engine's benchmarks: made once, given to both sides.

Belongs here: the games. Does not belong here: either side. Only numpy, so that the other package's
environment can read this file too. Units: decimal odds.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

GAMES_A_DAY = 100
OUTCOMES = ("home_win", "draw", "away_win", "over_2.5", "under_2.5")


class Games(NamedTuple):
    """(games, 5) highest prices and whether each outcome came, in the order of ``OUTCOMES``."""

    price: NDArray[np.float64]
    won: NDArray[np.bool_]
    home_goals: NDArray[np.int64]
    away_goals: NDArray[np.int64]


def games(count: int, seed: int = 1) -> Games:
    """So many games; the highest prices of a market together cost from 97 to 103 %."""
    generator = np.random.default_rng(seed)
    chance = generator.dirichlet((4.0, 2.5, 3.0), size=count).clip(0.03)
    over = generator.uniform(0.35, 0.65, size=(count, 1))
    whole = np.hstack([chance / chance.sum(axis=1, keepdims=True), over, 1.0 - over])
    price = np.round(1.0 / (whole * generator.uniform(0.97, 1.03, size=whole.shape)), 2)
    home, away = generator.poisson(1.5, count), generator.poisson(1.2, count)
    won = np.column_stack([home > away, home == away, home < away, home + away > 2])
    return Games(price, np.column_stack([won, home + away < 3]), home, away)
