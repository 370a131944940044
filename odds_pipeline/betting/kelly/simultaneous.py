"""Kelly stakes on bets that are open at the same time."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Bools, Floats
from odds_pipeline.betting.kelly.states import States

RUIN = 1e-9  # a bankroll is never staked so that less than this share of it can be left
BINDING = 1e-6  # how near the search leaves a stake to a limit that holds it
STEPS = 50


class SimultaneousStakes(NamedTuple):
    """Stakes on bets that are open together.

    Args:
        stakes: shares of the bankroll, shape (bets,).
        growth: expected logarithmic growth.
    """

    stakes: Floats
    growth: float


def simultaneous_kelly(
    states: States, total: float = 1.0, caps: ArrayLike = 1.0
) -> SimultaneousStakes:
    """Stakes that maximise expected logarithmic growth over the joint results.

    The limits are part of the question: scaling the free answer down to them would be worse.

    Args:
        states: from ``independent_states`` or ``correlated_states``.
        total: greatest sum of stakes.
        caps: greatest stake of each bet, a number or shape (bets,).

    Raises:
        ValueError: a negative limit.
    """
    bets = states.returns.shape[1]
    limits = np.broadcast_to(np.asarray(caps, dtype=np.float64), (bets,))
    if total < 0.0 or (limits < 0.0).any():
        raise ValueError("limits of stakes must not be negative")
    room = min(total, 1.0 - RUIN)
    near = _search(states, room, np.minimum(limits, room))
    stakes = _polish(states, room, np.minimum(limits, room), near)
    return SimultaneousStakes(stakes, _growth(states, stakes))


def _search(states: States, total: float, limits: Floats) -> Floats:
    from scipy.optimize import minimize  # slow to import, and only needed here

    result = minimize(
        lambda stakes: -_growth(states, stakes),
        x0=np.minimum(limits, total / (4.0 * len(limits))),
        jac=lambda stakes: -_gradient(states, stakes),
        bounds=[(0.0, limit) for limit in limits],
        constraints={
            "type": "ineq",
            "fun": lambda stakes: total - stakes.sum(),
            "jac": lambda stakes: -np.ones_like(stakes),
        },
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 500},
    )
    return np.asarray(np.clip(result.x, 0.0, limits))


def _polish(states: States, total: float, limits: Floats, near: Floats) -> Floats:
    """Newton's method on the stakes that no limit holds, which gives them their last digits."""
    full = near.sum() >= total - BINDING
    stakes = near
    for _ in limits:
        low, high = stakes <= BINDING, stakes >= limits - BINDING
        stakes = np.where(low, 0.0, np.where(high, limits, stakes))
        free = ~(low | high)
        if not free.any():
            break
        if full:
            stakes[free] += (total - stakes.sum()) / free.sum()
        stakes = _newton(states, stakes, free, full)
        if ((stakes > BINDING) & (stakes < limits - BINDING))[free].all():
            break
        stakes = np.clip(stakes, 0.0, limits)  # one more is held by a limit: again without it
    return np.asarray(stakes)


def _newton(states: States, stakes: Floats, free: Bools, full: bool) -> Floats:
    for _ in range(STEPS):
        step = _newton_step(states, stakes, free, full)
        stakes = stakes + step
        if np.abs(step).max() <= 1e-15:
            break
    return stakes


def _newton_step(states: States, stakes: Floats, free: Bools, full: bool) -> Floats:
    wealth = 1.0 + states.returns @ stakes
    ratios = states.returns[:, free] / wealth[:, None]
    gradient = states.weights @ ratios
    hessian = -(ratios * states.weights[:, None]).T @ ratios
    size = int(free.sum())
    system, right = hessian, -gradient
    if full:
        system = np.zeros((size + 1, size + 1))
        system[:size, :size], system[:size, size], system[size, :size] = hessian, 1.0, 1.0
        right = np.append(-gradient, 0.0)
    step = np.zeros_like(stakes)
    step[free] = np.linalg.lstsq(system, right)[0][:size]
    return step


def _growth(states: States, stakes: Floats) -> float:
    wealth = np.maximum(1.0 + states.returns @ stakes, RUIN / 10.0)
    return float(states.weights @ np.log(wealth))


def _gradient(states: States, stakes: Floats) -> Floats:
    wealth = np.maximum(1.0 + states.returns @ stakes, RUIN / 10.0)
    return np.asarray(states.weights @ (states.returns / wealth[:, None]))
