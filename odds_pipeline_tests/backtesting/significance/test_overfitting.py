"""Cross-validation of a choice, against a slow version of its definition."""

from itertools import combinations

import numpy as np
import pytest

from odds_pipeline.backtesting.significance.overfitting import overfitting


def _slowly(returns: np.ndarray, blocks: int) -> tuple[float, float]:
    parts = np.array_split(returns, blocks)
    ranks, losses = [], []
    for chosen in combinations(range(blocks), blocks // 2):
        inside = np.concatenate([parts[i] for i in chosen])
        outside = np.concatenate([parts[i] for i in range(blocks) if i not in chosen])
        best = int(np.argmax(inside.mean(axis=0) / inside.std(axis=0)))
        ratios = outside.mean(axis=0) / outside.std(axis=0)
        ranks.append((1 + (ratios < ratios[best]).sum()) / (returns.shape[1] + 1))
        losses.append(outside[:, best].mean() < 0)
    return float((np.array(ranks) <= 0.5).mean()), float(np.mean(losses))


def test_is_its_definition() -> None:
    generator = np.random.default_rng(3)
    returns = generator.normal(0.02, 1.0, (103, 7))
    found = overfitting(returns, blocks=8)
    probability, losses = _slowly(returns, 8)
    assert found.probability == pytest.approx(probability, abs=1e-12)
    assert found.loss_probability == pytest.approx(losses, abs=1e-12)
    assert found.splits == 70


def test_skill_is_told_from_luck() -> None:
    generator = np.random.default_rng(4)
    luck = generator.normal(0.0, 1.0, (320, 30))
    skill = luck.copy()
    skill[:, 5] += 0.5
    assert overfitting(luck, blocks=10).probability > 0.2
    found = overfitting(skill, blocks=10)
    assert found.probability == 0.0
    assert found.loss_probability == 0.0
    assert found.mean_rank > 0.9


def test_what_cannot_be_split_is_refused() -> None:
    for returns, blocks in (
        (np.zeros((10, 1)), 2),
        (np.zeros((10, 2)), 3),
        (np.zeros((10, 2)), 12),
        (np.zeros(10), 2),
    ):
        with pytest.raises(ValueError, match=r"strategies|blocks"):
            overfitting(returns, blocks)
    assert overfitting(np.zeros((10, 2)), 2).splits == 2
