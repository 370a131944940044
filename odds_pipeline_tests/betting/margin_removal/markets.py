"""Random markets for the margin removals' tests."""

import numpy as np

from odds_pipeline.betting.arrays import Floats


def random_markets(
    count: int, outcomes: int, booksums: tuple[float, float], seed: int = 7
) -> Floats:
    """Decimal odds of random markets: prices with a margin loaded on longshots."""
    draw = np.random.default_rng(seed)
    fair = draw.dirichlet(np.full(outcomes, 1.5), count)
    fair = np.maximum(fair, 2e-3)
    fair /= fair.sum(axis=1, keepdims=True)
    implied = fair ** draw.uniform(0.9, 1.0, (count, 1))
    booksum = draw.uniform(*booksums, (count, 1))
    implied = implied / implied.sum(axis=1, keepdims=True) * booksum
    return np.asarray(1.0 / implied[(implied < 0.999).all(axis=1)])
