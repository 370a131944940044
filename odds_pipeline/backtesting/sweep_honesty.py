"""What the best point of a sweep is worth, given all the others.

Belongs here: the one summary that every sweep carries. Does not belong here: each statistic
(``significance``), running the points (``sweep``).

The best point is the one with the highest Sharpe ratio by day: a choice by profit would favour the
point that merely staked most.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.backtesting.honesty import variance
from odds_pipeline.backtesting.significance.best_of_many import BestOfMany, best_of_many
from odds_pipeline.backtesting.significance.many_tests import benjamini_hochberg, holm
from odds_pipeline.backtesting.significance.overfitting import BLOCKS, Overfitting, overfitting
from odds_pipeline.backtesting.significance.sharpe import deflated_sharpe
from odds_pipeline.backtesting.significance.walk_forward import Split, walk_forward
from odds_pipeline.backtesting.sweep import Sweep

Floats = NDArray[np.float64]
EPOCH = date(1970, 1, 1)
TRAIN_SHARE, TEST_SHARE = 3, 6  # a third of the days chooses first, each sixth judges


@dataclass(frozen=True, slots=True)
class Forward:
    """Choosing on earlier days and betting on later ones, step by step.

    Args:
        splits: the steps.
        points: the point that each step chose, by the Sharpe ratio of its training days.
        roi: of all days that judged; NaN without bets on them.
        profit: of these days, over the first bankroll.
        embargo_days: days between choosing and judging: the longest that a bet stayed open.
    """

    splits: tuple[Split, ...]
    points: tuple[int, ...]
    roi: float
    profit: float
    embargo_days: int


@dataclass(frozen=True, slots=True)
class SweepHonesty:
    """Of one sweep; ``None`` or NaN where too little was bet to say.

    Args:
        best: the point with the highest Sharpe ratio by day; -1 without one.
        trials: runs ever made on this data, every point of this sweep included.
        deflated_sharpe: chance that the best point's true ratio is above what the best of all
            trials shows by luck.
        holm: the p-value of each point against fair prices, corrected for the number of points.
        benjamini_hochberg: the same, holding the share of false alarms instead.
        best_of_many: White's reality check and Hansen's tests.
        overfitting: how the best of one half of the days did on the other.
        forward: what choosing by the past would have earned.
    """

    best: int
    trials: int
    deflated_sharpe: float
    holm: Floats
    benjamini_hochberg: Floats
    best_of_many: BestOfMany | None
    overfitting: Overfitting | None
    forward: Forward | None


def sweep_honesty(of: Sweep, earlier: Sequence[float], seed: int = 0) -> SweepHonesty:
    """Weigh a sweep.

    Args:
        of: the sweep.
        earlier: the daily Sharpe ratio of every run made before on the same data; NaN of one that
            has none.
        seed: of the bootstrap.
    """
    ratios = np.array([outcome.shape.ratio for outcome in of.outcomes])
    trials = len(earlier) + len(ratios)
    best = best_point(of)
    deflated = np.nan
    if best >= 0:
        spread = variance(np.array([*earlier, *ratios]))
        deflated = deflated_sharpe(of.outcomes[best].shape, trials, spread)
    return SweepHonesty(
        best,
        trials,
        deflated,
        *_corrected(np.array([outcome.p_value for outcome in of.outcomes])),
        _best_of_many(of, seed),
        _overfitting(of.returns),
        _forward(of),
    )


def best_point(of: Sweep) -> int:
    """The point with the highest Sharpe ratio by day, the first of equals; -1 without one."""
    ratios = np.array([outcome.shape.ratio for outcome in of.outcomes])
    return int(np.nanargmax(ratios)) if np.isfinite(ratios).any() else -1


def _corrected(p_values: Floats) -> tuple[Floats, Floats]:
    """By Holm, and by Benjamini and Hochberg; points without bets are tests all the same."""
    whole = np.nan_to_num(p_values, nan=1.0)
    silent = np.isnan(p_values)
    return tuple(  # type: ignore[return-value]
        np.where(silent, np.nan, correct(whole)) for correct in (holm, benjamini_hochberg)
    )


def _best_of_many(of: Sweep, seed: int) -> BestOfMany | None:
    days = len(of.returns)
    if days < 2 or not (np.ptp(of.returns, axis=0) > 0.0).any():
        return None
    # Days share nothing but bets that stay open across them; longer blocks than that leave too few
    # to estimate each point's spread from, and the studentised tests then see skill in luck.
    block = float(min(max(of.horizon, 1), days))
    return best_of_many(of.returns, block, seed=seed)


def _overfitting(returns: Floats) -> Overfitting | None:
    days, points = returns.shape
    blocks = min(BLOCKS, days - days % 2)
    return overfitting(returns, blocks) if points > 1 and blocks > 1 else None


def _forward(of: Sweep) -> Forward | None:
    days, points = of.returns.shape
    if points < 2 or days < TEST_SHARE:
        return None
    first = EPOCH + timedelta(days=of.first_day)
    last = first + timedelta(days=days - 1)
    steps = walk_forward(
        first, last, days // TRAIN_SHARE, days // TEST_SHARE, of.horizon, grow=True
    )
    splits, chosen, profit, staked = [], [], 0.0, 0.0
    for split in steps:
        train, test = (
            slice((begin - first).days, (end - first).days)
            for begin, end in (
                (split.train_begin, split.train_end),
                (split.test_begin, split.test_end),
            )
        )
        point = _highest(of.returns[train])
        splits.append(split)
        chosen.append(point)
        profit += float(of.returns[test, point].sum())
        staked += float(of.stakes[test, point].sum())
    if not splits:
        return None
    roi = profit * of.bankroll / staked if staked else np.nan
    return Forward(tuple(splits), tuple(chosen), roi, profit, of.horizon)


def _highest(returns: Floats) -> int:
    """The point with the highest ratio; one that does not vary counts as 0."""
    means, spreads = returns.mean(axis=0), returns.std(axis=0)
    varies = spreads > 0.0
    return int(np.argmax(np.where(varies, means / np.where(varies, spreads, 1.0), 0.0)))
