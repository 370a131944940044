"""How good probabilities are, judged by what happened.

Belongs here: log loss, Brier score, ranked probability score, reliability, and whether one method
is better than another on the same games. Does not belong here: reading results, making the
probabilities.

Units: nats for log loss. Shapes: probabilities (games, n), winners (games,) as places on the last
axis. A game with a missing probability or winner (below 0) is NaN and left out of the means.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats, Ints

SMALLEST = 1e-15  # a probability of 0 would make one game infinitely bad


class PairedDifference(NamedTuple):
    """One method's mean loss minus another's on the same games.

    Args:
        mean: negative where the method is better.
        t: mean by its standard error; NaN with fewer than two games.
        lower: of the 95 % interval of the mean.
        upper: of the same.
        games: on which both have a loss.
    """

    mean: float
    t: float
    lower: float
    upper: float
    games: int


class Reliability(NamedTuple):
    """Stated against observed frequency, one entry a bin that is not empty.

    Args:
        stated: mean probability in the bin.
        observed: share of them that happened.
        lower: of the 95 % Wilson interval of the observed share.
        upper: of the same.
        number: how many probabilities.
    """

    stated: Floats
    observed: Floats
    lower: Floats
    upper: Floats
    number: Ints


NORMAL_95 = 1.959963984540054


def log_losses(probabilities: ArrayLike, winners: ArrayLike) -> Floats:
    """Minus the log of the winner's probability, clipped at 1e-15, shape (games,)."""
    fair, won = _games(probabilities, winners)
    return np.asarray(-np.log(np.maximum(_of_winner(fair, won), SMALLEST)))


def brier_scores(probabilities: ArrayLike, winners: ArrayLike) -> Floats:
    """Sum over the outcomes of (p - y)^2, shape (games,)."""
    fair, won = _games(probabilities, winners)
    missed = _of_winner(fair, won)
    return np.asarray((fair * fair).sum(axis=-1) - 2.0 * missed + 1.0)


def brier_scores_of_outcome(probabilities: ArrayLike, happened: ArrayLike) -> Floats:
    """(p - y)^2 of single outcomes, any shape."""
    off = np.asarray(probabilities, dtype=np.float64) - np.asarray(happened, dtype=np.float64)
    return np.asarray(off * off)


def ranked_probability_scores(probabilities: ArrayLike, winners: ArrayLike) -> Floats:
    """Ranked probability score of ordered outcomes (home, draw, away), shape (games,).

    Mean over the n - 1 thresholds of the squared difference of the cumulative sums.
    """
    fair, won = _games(probabilities, winners)
    places = np.arange(fair.shape[-1] - 1)
    off = np.cumsum(fair, axis=-1)[..., :-1] - (places >= won[..., None])
    return np.where(won < 0, np.nan, (off * off).mean(axis=-1))


def mean_loss(losses: ArrayLike) -> float:
    """Mean over the games that have a loss; NaN without any."""
    found = np.asarray(losses, dtype=np.float64)
    found = found[np.isfinite(found)]
    return float(found.mean()) if len(found) else float("nan")


def paired_difference(losses: ArrayLike, reference: ArrayLike) -> PairedDifference:
    """Compare two methods game by game: far sharper than comparing their means.

    Args:
        losses: of the method, shape (games,).
        reference: of the other, shape (games,).
    """
    apart = np.asarray(losses, dtype=np.float64) - np.asarray(reference, dtype=np.float64)
    apart = apart[np.isfinite(apart)]
    games = len(apart)
    mean = float(apart.mean()) if games else float("nan")
    error = float(apart.std(ddof=1) / np.sqrt(games)) if games > 1 else float("nan")
    t = mean / error if error > 0.0 else float("nan")
    return PairedDifference(mean, t, mean - NORMAL_95 * error, mean + NORMAL_95 * error, games)


def compare_methods(losses: Mapping[str, ArrayLike], reference: str) -> dict[str, PairedDifference]:
    """Every method's paired difference to one of them.

    Args:
        losses: by method, each of shape (games,).
        reference: the method the others are compared with.
    """
    return {
        method: paired_difference(found, losses[reference])
        for method, found in losses.items()
        if method != reference
    }


def reliability(probabilities: ArrayLike, happened: ArrayLike, bins: int = 10) -> Reliability:
    """Observed frequency by stated probability, in bins of equal width.

    Args:
        probabilities: any shape.
        happened: whether each outcome happened, the same shape.
        bins: from 0 to 1.
    """
    stated = np.asarray(probabilities, dtype=np.float64).ravel()
    came = np.asarray(happened, dtype=np.float64).ravel()
    known = np.isfinite(stated) & np.isfinite(came)
    stated, came = stated[known], came[known]
    places = np.minimum((stated * bins).astype(np.int64), bins - 1)
    count = np.bincount(places, minlength=bins)
    filled = count > 0
    number = count[filled]
    share = np.bincount(places, came, minlength=bins)[filled] / number
    mean = np.bincount(places, stated, minlength=bins)[filled] / number
    lower, upper = wilson_interval(share, number)
    return Reliability(mean, share, lower, upper, number)


def expected_calibration_error(found: Reliability) -> float:
    """Mean distance of observed from stated frequency, weighted by count; depends on the bins."""
    return float(np.average(np.abs(found.observed - found.stated), weights=found.number))


def calibration_z(probabilities: ArrayLike, happened: ArrayLike) -> float:
    """How many standard errors more outcomes happened than were stated (Spiegelhalter-like).

    Outcomes must be independent: take one outcome of each game.
    """
    stated = np.asarray(probabilities, dtype=np.float64).ravel()
    came = np.asarray(happened, dtype=np.float64).ravel()
    known = np.isfinite(stated) & np.isfinite(came)
    stated, came = stated[known], came[known]
    return float((came - stated).sum() / np.sqrt((stated * (1.0 - stated)).sum()))


def wilson_interval(share: ArrayLike, count: ArrayLike) -> tuple[Floats, Floats]:
    """95 % interval of a frequency (Wilson 1927); stays inside 0 to 1."""
    p, n = np.asarray(share, dtype=np.float64), np.asarray(count, dtype=np.float64)
    square = NORMAL_95 * NORMAL_95
    middle = (p + square / (2.0 * n)) / (1.0 + square / n)
    half = NORMAL_95 * np.sqrt(p * (1.0 - p) / n + square / (4.0 * n * n)) / (1.0 + square / n)
    return np.asarray(middle - half), np.asarray(middle + half)


def _games(probabilities: ArrayLike, winners: ArrayLike) -> tuple[Floats, Ints]:
    return np.asarray(probabilities, dtype=np.float64), np.asarray(winners, dtype=np.int64)


def _of_winner(fair: Floats, won: Ints) -> Floats:
    place = np.maximum(won, 0)[..., None]
    return np.where(won < 0, np.nan, np.take_along_axis(fair, place, axis=-1)[..., 0])
