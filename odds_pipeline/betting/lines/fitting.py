"""Fitting the distribution of scores to games that were played."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.lines.distribution import ScoreDistribution
from odds_pipeline.betting.lines.mean import solve_mean

ROUNDS = 50  # each halves what is missing at least, down to the last digits
ROUNDS_OF_GAMES = 12  # games are counted in whole numbers, the last digits of a fit are noise
LARGEST = 60  # a margin above this is nobody's key number
GAMES_OF_DOUBT = 20.0  # games without key numbers that the observed ones are mixed with


def fit_sd(scores: ArrayLike, expected: ArrayLike) -> float:
    """Standard deviation of scores around what the closing line expected of them.

    The root mean square difference, less the 1/12 that rounding to whole points adds (Sheppard).

    Args:
        scores: margins or totals, shape (games,).
        expected: minus the closing spread, or the closing total; games with a NaN are left out.

    Raises:
        ValueError: fewer than two games.
    """
    off = np.asarray(scores, dtype=np.float64) - np.asarray(expected, dtype=np.float64)
    off = off[np.isfinite(off)]
    if len(off) < 2:
        raise ValueError("a standard deviation needs at least two games")
    return float(np.sqrt(max(float(np.mean(off * off)) - 1.0 / 12.0, 1e-12)))


def fit_key_numbers(
    margins: ArrayLike, expected: ArrayLike, ties: bool = True
) -> ScoreDistribution:
    """Distribution of margins with the weights of every size fitted to games.

    A size's weight is how often it happened by how often it would have, both with a few games of
    the plain normal mixed in, so that a rare size is not believed at once.

    Args:
        margins: shape (games,).
        expected: minus the closing spread, shape (games,).
        ties: whether a game can end level.

    Raises:
        ValueError: fewer than two games.
    """
    score, mean = np.asarray(margins, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    known = np.isfinite(score) & np.isfinite(mean)
    score, mean = score[known], mean[known]
    spread = fit_sd(score, mean)
    observed = np.bincount(np.abs(score).astype(np.int64), minlength=LARGEST + 1)[: LARGEST + 1]
    fitted = ScoreDistribution(spread, ties)
    doubt = GAMES_OF_DOUBT * _sizes(fitted, mean) / len(score)
    for _ in range(ROUNDS_OF_GAMES):
        found = _sizes(fitted, mean)
        weights = {
            size: fitted.key_numbers.get(size, 1.0) * float(seen) / float(said)
            for size, (seen, said) in enumerate(zip(observed + doubt, found + doubt, strict=True))
            if said > 0.0
        }
        fitted = _rescaled(replace(fitted, key_numbers=weights), spread, mean)
    return fitted


def key_numbers_from_push_rates(
    rates: Mapping[int, float], sd: float, ties: bool = True
) -> ScoreDistribution:
    """Distribution in which a game with an even line at k ends exactly there as often as stated.

    Args:
        rates: by whole number k, the share of games with that line that were pushed.
        sd: standard deviation of margins around the line.
        ties: whether a game can end level.
    """
    lines = np.array(list(rates), dtype=np.float64)
    fitted = ScoreDistribution(sd, ties, dict.fromkeys(rates, 1.0))
    for _ in range(ROUNDS):
        found = fitted.chances(solve_mean(fitted, 0.5, -lines), -lines).push
        weights = {
            number: weight * rates[number] / float(rate)
            for (number, weight), rate in zip(fitted.key_numbers.items(), found, strict=True)
        }
        fitted = _rescaled(replace(fitted, key_numbers=weights), sd, lines)
    return fitted


def _rescaled(distribution: ScoreDistribution, sd: float, lines: Floats) -> ScoreDistribution:
    """The underlying normal widened until the scores lie around even lines with this sd."""
    several, counts = np.unique(lines, return_counts=True)
    found = distribution.scores(solve_mean(distribution, 0.5, -several))
    share = found.masses / found.masses.sum(axis=1, keepdims=True)
    off = ((found.scores - several[:, None]) ** 2 * share).sum(axis=1)
    now = np.sqrt(np.average(off, weights=counts) - 1.0 / 12.0)
    return replace(distribution, sd=distribution.sd * float(sd / now))


def _sizes(distribution: ScoreDistribution, lines: Floats) -> Floats:
    """Expected number of games that end at each size of margin, shape (LARGEST + 1,)."""
    several, counts = np.unique(lines, return_counts=True)
    found = distribution.scores(solve_mean(distribution, 0.5, -several))
    share = found.masses / found.masses.sum(axis=1, keepdims=True) * counts[:, None]
    places = np.minimum(np.abs(found.scores), LARGEST + 1)
    sizes = np.bincount(places.ravel(), share.ravel(), minlength=LARGEST + 2)
    return np.asarray(sizes[: LARGEST + 1], dtype=np.float64)
