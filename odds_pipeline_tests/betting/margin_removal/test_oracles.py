"""Margin removal against independent implementations, on thousands of random markets.

The package ``shin``; scipy's Brent on each method's own equation; penaltyblog 1.13.1 and
goto-conversion 4.0.3 by recorded outputs (they need some fifty packages, a browser among them).
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shin
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from odds_pipeline.betting.margin_removal.methods import remove_margin
from odds_pipeline_tests.betting.margin_removal.markets import random_markets

RECORDED = Path(__file__).parents[2] / "fixtures" / "margin_removal_peers.json"
NEAR = 1e-9


def shin_equation(implied: np.ndarray, z: float) -> np.ndarray:
    roots = np.sqrt(z * z + 4 * (1 - z) * implied**2 / implied.sum())
    return np.asarray((roots - z) / (2 * (1 - z)))


EQUATIONS: dict[str, tuple[Callable[[np.ndarray, float], np.ndarray], float, float]] = {
    "power": (lambda r, k: r**k, 0.05, 60.0),
    "odds_ratio": (lambda r, c: r / (c + r - c * r), 1e-3, 1e4),
    "probit": (lambda r, c: ndtr(ndtri(r) - c), -4.0, 6.0),
    "shin": (shin_equation, -30.0, 1 - 1e-9),
}


@pytest.mark.parametrize("method", EQUATIONS)
@pytest.mark.parametrize("outcomes", [2, 3, 8])
def test_brent_finds_the_same_root(method: str, outcomes: int) -> None:
    equation, lower, upper = EQUATIONS[method]
    prices = random_markets(450, outcomes, (0.97, 1.4))
    found = remove_margin(prices, method).probabilities
    assert len(prices) > 300
    for row, ours in zip(1.0 / prices, found, strict=True):
        root = brentq(
            lambda x, r=row: equation(r, x).sum() - 1.0, lower, upper, xtol=1e-14, rtol=1e-14
        )
        assert np.abs(equation(row, root) - ours).max() <= NEAR


@pytest.mark.parametrize("outcomes", [2, 3, 5])
def test_the_package_shin(outcomes: int) -> None:
    prices = random_markets(1500, outcomes, (1.01, 1.12))
    ours = remove_margin(prices, "shin").probabilities
    assert len(prices) > 1000
    for row, found in zip(prices.tolist(), ours, strict=True):
        theirs = shin.calculate_implied_probabilities(row)
        assert np.abs(np.array(theirs) - found).max() <= NEAR


def test_recorded_peers() -> None:
    compared = dict.fromkeys(
        ("multiplicative", "additive", "power", "shin", "odds_ratio", "goto"), 0
    )
    for market in json.loads(RECORDED.read_text()):
        prices = market.pop("prices")
        for method, theirs in market.items():
            ours = remove_margin(prices, method).probabilities
            assert np.abs(np.array(theirs) - ours).max() <= NEAR, (prices, method)
            compared[method] += 1
    assert min(compared.values()) > 70


def test_goto_is_its_own_formula() -> None:
    prices = random_markets(300, 4, (1.02, 1.1))
    implied = 1 / prices
    error = np.sqrt((implied - implied**2) / implied)
    steps = (implied.sum(axis=1) - 1) / error.sum(axis=1)
    expected = implied - error * steps[:, None]
    found = remove_margin(prices, "goto").probabilities
    proper = (expected > 0).all(axis=1)
    assert np.isnan(found[~proper]).all()
    np.testing.assert_allclose(found[proper], expected[proper], rtol=0, atol=1e-14)
