"""The joint results of several bets.

Belongs here: which bets win together and with what probability: independent, or with correlated
latent variables. Does not belong here: stakes (``simultaneous``).
"""

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Bools, Floats

EXACT = 12  # bets whose joint results are enumerated; 4,096 states
DRAWS = 2**16  # quasi-random draws where they cannot be, each with its mirror image
ROUNDS = 200  # of fitting; each brings the tables several times nearer
SEED = 20_240_601  # of those draws: the same question has the same answer


class States(NamedTuple):
    """Joint results.

    Args:
        returns: profit of one unit on each bet, shape (states, bets).
        weights: probability of each state, shape (states,), summing to 1.
    """

    returns: Floats
    weights: Floats


def independent_states(win: ArrayLike, prices: ArrayLike, push: ArrayLike = 0.0) -> States:
    """Joint results of independent bets, exact for up to 12 of them.

    Args:
        win: probability of winning, shape (bets,).
        prices: decimal odds after commission, shape (bets,).
        push: probability that the stake comes back.

    Raises:
        ValueError: more than 12 bets; use ``correlated_states`` with no correlation.
    """
    won, net, back = _bets(win, prices, push)
    if len(won) > EXACT:
        raise ValueError(f"{len(won)} bets have too many joint results; at most {EXACT} are exact")
    chances = np.stack([won, back, 1.0 - won - back])  # (3, bets)
    profits = np.stack([net, np.zeros_like(net), np.full_like(net, -1.0)])
    kinds = (0, 1, 2) if back.any() else (0, 2)
    states = np.array(list(itertools.product(kinds, repeat=len(won))))
    bets = np.arange(len(won))
    weights = chances[states, bets].prod(axis=1)
    possible = weights > 0.0
    return States(profits[states, bets][possible], weights[possible])


def correlated_states(win: ArrayLike, prices: ArrayLike, correlation: ArrayLike) -> States:
    """Joint results under a Gaussian copula.

    Two bets exactly. More by 131,072 fixed draws, whose weights are fitted so that every bet and
    every pair of bets has its exact probability; only how three and more go together is drawn.
    The correlation is that of the latent normals, not the smaller one of the results themselves.

    Args:
        win: probability of winning, shape (bets,).
        prices: decimal odds after commission, shape (bets,).
        correlation: positive semidefinite matrix with ones on its diagonal, shape (bets, bets).

    Raises:
        ValueError: not such a matrix.
    """
    won, net, _ = _bets(win, prices, 0.0)
    matrix = correlation_matrix(correlation, len(won))
    if len(won) == 2:
        wins = np.array([[False, False], [False, True], [True, False], [True, True]])
        return States(np.where(wins, net, -1.0), _pair_table(won, float(matrix[0, 1])))
    bits = 1 << np.arange(len(won))
    codes, counts = np.unique(_draw(won, matrix) @ bits, return_counts=True)
    wins = (codes[:, None] & bits) > 0
    weights = _fit_pairs(wins, counts / counts.sum(), won, matrix)
    return States(np.where(wins, net, -1.0), weights)


def correlation_matrix(correlation: ArrayLike, size: int) -> Floats:
    """A checked correlation matrix.

    Raises:
        ValueError: wrong shape, not symmetric, no ones on the diagonal or not semidefinite.
    """
    matrix = np.asarray(correlation, dtype=np.float64)
    if matrix.shape != (size, size):
        raise ValueError(f"{size} bets need a {size} x {size} correlation, not {matrix.shape}")
    if not np.allclose(matrix, matrix.T) or not np.allclose(np.diag(matrix), 1.0):
        raise ValueError("a correlation is symmetric with ones on its diagonal")
    if np.linalg.eigvalsh(matrix).min() < -1e-10:
        raise ValueError("the correlation is not positive semidefinite: no bets can have it")
    return matrix


def joint_probability(first: ArrayLike, second: ArrayLike, correlation: ArrayLike) -> Floats:
    """Chance that two bets both win under a Gaussian copula.

    Plackett (1954): Phi(h) Phi(k) plus the integral of the bivariate density over the correlation,
    by Gauss-Legendre with 64 nodes in the arc sine of it (Genz 2004). Shapes broadcast.

    Args:
        first: probability of the one.
        second: probability of the other.
        correlation: of the latent normals, strictly between -1 and 1, or exactly one of these.
    """
    from scipy.special import ndtri  # slow to import, and only needed here

    p, q, rho = np.broadcast_arrays(
        *(np.asarray(v, np.float64) for v in (first, second, correlation))
    )
    h, k = (ndtri(np.clip(v, 1e-300, 1.0 - 1e-16))[..., None] for v in (p, q))
    nodes, weights = np.polynomial.legendre.leggauss(64)
    reach = np.arcsin(np.clip(rho, -1.0, 1.0))[..., None]
    angle = 0.5 * reach * (nodes + 1.0)
    sine, cosine = np.sin(angle), np.cos(angle)
    density = np.exp(-(h * h + k * k - 2.0 * h * k * sine) / (2.0 * cosine * cosine))
    dependent = (density * weights).sum(axis=-1) * reach[..., 0] / (4.0 * np.pi)
    inside = np.clip(p * q + dependent, np.maximum(p + q - 1.0, 0.0), np.minimum(p, q))
    return np.select(
        [rho >= 1.0, rho <= -1.0], [np.minimum(p, q), np.maximum(p + q - 1.0, 0.0)], inside
    )


def _draw(won: Floats, correlation: Floats) -> Bools:
    from scipy.special import ndtri
    from scipy.stats import qmc

    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    sobol = qmc.Sobol(len(won), scramble=True, rng=np.random.default_rng(SEED))
    uniform = np.clip(sobol.random(DRAWS), 1e-12, 1.0 - 1e-12)
    normal = ndtri(uniform) @ root.T
    return np.asarray(np.concatenate([normal, -normal]) < ndtri(won))


def _fit_pairs(wins: Bools, drawn: Floats, won: Floats, correlation: Floats) -> Floats:
    """Iterative proportional fitting of the drawn weights to each pair's exact joint table."""
    weights = drawn
    pairs = list(itertools.combinations(range(len(won)), 2))
    kinds = [2 * wins[:, one] + wins[:, other] for one, other in pairs]
    targets = [_pair_table(won[[i, j]], correlation[i, j]) for i, j in pairs]
    for _ in range(ROUNDS):
        before = weights
        for kind, target in zip(kinds, targets, strict=True):
            found = np.bincount(kind, weights, minlength=4)
            weights = weights * (target / np.where(found > 0.0, found, 1.0))[kind]
        if np.abs(weights - before).max() <= 1e-15:
            break
    return np.asarray(weights / weights.sum())


def _pair_table(won: Floats, correlation: float) -> Floats:
    """Probability of neither, only the second, only the first, and both."""
    both = float(joint_probability(won[0], won[1], correlation))
    table = np.array([1.0 - won.sum() + both, won[1] - both, won[0] - both, both])
    return np.asarray(np.maximum(table, 0.0))


def _bets(win: ArrayLike, prices: ArrayLike, push: ArrayLike) -> tuple[Floats, Floats, Floats]:
    won = np.atleast_1d(np.asarray(win, dtype=np.float64))
    price = np.atleast_1d(np.asarray(prices, dtype=np.float64))
    back = np.broadcast_to(np.asarray(push, dtype=np.float64), won.shape)
    if won.shape != price.shape or won.ndim != 1:
        raise ValueError(f"{won.shape} probabilities do not fit {price.shape} prices")
    if not ((won >= 0.0) & (won + back <= 1.0) & (price > 1.0)).all():
        raise ValueError("a bet needs a probability from 0 to 1 and a price above 1")
    return won, price - 1.0, back
