"""Closing line value: what a bet's price was worth against the last price before the start.

Belongs here: the four definitions, moved to the bet's own number where the line moved, with a
reason where there is none. Does not belong here: finding the closing line (the point-in-time
readers), which never falls back to an opening price.

Units: decimal odds; values per unit staked. Shapes: one bet an entry, (...); closing prices have
the market's outcomes on their last axis.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Bools, Floats, Ints, Texts
from odds_pipeline.betting.expected_value import expected_value, fair_price
from odds_pipeline.betting.lines.distribution import ScoreDistribution
from odds_pipeline.betting.lines.mean import solve_mean
from odds_pipeline.betting.margin_removal.methods import remove_margin
from odds_pipeline.betting.odds_arrays import cents

NO_BET_PRICE = "bet has no usable price"
NO_CLOSE = "no closing price"
ONE_SIDED = "closing market is one-sided"
NO_FAIR_CLOSE = "closing market has no fair price by this method"
NO_POINT = "bet or closing line has no point"
NO_DISTRIBUTION = "line moved and no distribution of scores is known"


@dataclass(frozen=True, slots=True)
class ClosingLineValue:
    """Every measure of each bet, shape (...); NaN where ``reason`` says why.

    Args:
        price_ratio: bet price by closing price, minus 1; keeps the close's margin.
        implied_difference: implied probability of the close minus that of the bet.
        no_vig: expected profit of one unit at the close's fair price, pushes included.
        cents: bet minus close on the cents scale.
        points: how many points the bet's number is better than the closing one.
        close_price: closing price of the backed side at the bet's number, margin included.
        fair_price: closing fair price at the bet's number.
        moved: whether the closing number was another one.
        reason: why there is no value; empty text where there is one.
    """

    price_ratio: Floats
    implied_difference: Floats
    no_vig: Floats
    cents: Floats
    points: Floats
    close_price: Floats
    fair_price: Floats
    moved: Bools
    reason: Texts


def closing_line_value(
    price: ArrayLike,
    close_prices: ArrayLike,
    handicap: ArrayLike = np.nan,
    close_handicap: ArrayLike = np.nan,
    outcome: ArrayLike = 0,
    distribution: ScoreDistribution | None = None,
    method: str = "power",
) -> ClosingLineValue:
    """Closing line value of bets on one kind of market.

    Where the number moved: the fair chance at the closing number gives the mean of the
    distribution, and that the chances at the bet's number; the closing price itself moves the same
    way, its margin kept.

    Args:
        price: decimal odds of the bet.
        close_prices: closing odds of the whole market, shape (..., n).
        handicap: of the bet (see ``lines``); NaN for a market without numbers.
        close_handicap: of the closing line, for the backed side.
        outcome: place of the backed side on the last axis of ``close_prices``.
        distribution: of the scores, only for a market with numbers; without it a moved line has
            no value.
        method: of removing the close's margin.

    Raises:
        ValueError: unknown method, or a handicap that is no multiple of 0.25.
    """
    closes = np.asarray(close_prices, dtype=np.float64)
    bet, line, close_line, place = _broadcast(price, handicap, close_handicap, outcome, closes)
    fair = remove_margin(closes, method).probabilities
    own, fair_own = (_pick(table, place) for table in (closes, fair))
    moved = ~((line == close_line) | (np.isnan(line) & np.isnan(close_line)))
    unnumbered = np.isnan(line) if distribution is None else np.zeros_like(moved)
    pointless = (np.isnan(line) | np.isnan(close_line)) & ~(unnumbered & np.isnan(close_line))
    reason = _reasons(bet, closes, own, fair_own, pointless, moved & (distribution is None))
    sound = reason == ""
    win, push = np.where(sound, fair_own, np.nan), np.where(sound, 0.0, np.nan)
    close = np.where(sound, own, np.nan)
    numbered = sound & np.isfinite(line)
    if distribution is not None and numbered.any():
        mean = solve_mean(distribution, fair_own[numbered], close_line[numbered])
        win[numbered], push[numbered], _ = distribution.chances(mean, line[numbered])
    shift = numbered & moved
    if distribution is not None and shift.any():
        mean = solve_mean(distribution, 1.0 / own[shift], close_line[shift])
        there = distribution.chances(mean, line[shift])
        close[shift] = 1.0 + there.loss / there.win
    return ClosingLineValue(
        price_ratio=np.asarray(bet / close - 1.0),
        implied_difference=np.asarray(1.0 / close - 1.0 / bet),
        no_vig=expected_value(win, bet, push),
        cents=np.asarray(cents(bet) - cents(close)),
        points=np.where(sound, np.where(np.isfinite(line), line - close_line, 0.0), np.nan),
        close_price=close,
        fair_price=fair_price(win, push),
        moved=moved & sound,
        reason=reason,
    )


def _broadcast(
    price: ArrayLike,
    handicap: ArrayLike,
    close_handicap: ArrayLike,
    outcome: ArrayLike,
    closes: Floats,
) -> tuple[Floats, Floats, Floats, Ints]:
    shape = np.broadcast_shapes(
        closes.shape[:-1], *(np.shape(one) for one in (price, handicap, close_handicap, outcome))
    )
    bet = np.array(np.broadcast_to(np.asarray(price, dtype=np.float64), shape))
    bet[~(np.isfinite(bet) & (bet > 1.0))] = np.nan
    lines = (np.asarray(line, dtype=np.float64) for line in (handicap, close_handicap))
    line, close_line = (np.broadcast_to(one, shape) for one in lines)
    return bet, line, close_line, np.broadcast_to(np.asarray(outcome, dtype=np.int64), shape)


def _pick(table: Floats, place: Ints) -> Floats:
    whole = np.broadcast_to(table, (*place.shape, table.shape[-1]))
    return np.asarray(np.take_along_axis(whole, place[..., None], axis=-1)[..., 0])


def _reasons(
    bet: Floats,
    closes: Floats,
    own: Floats,
    fair_own: Floats,
    pointless: Bools,
    lost: Bools,
) -> Texts:
    priced = np.isfinite(closes) & (closes > 1.0)
    alone = np.broadcast_to(priced.sum(axis=-1) < 2, bet.shape)
    causes = [
        (np.isnan(bet), NO_BET_PRICE),
        (~(np.isfinite(own) & (own > 1.0)), NO_CLOSE),
        (alone, ONE_SIDED),
        (np.isnan(fair_own), NO_FAIR_CLOSE),
        (pointless, NO_POINT),
        (lost, NO_DISTRIBUTION),
    ]
    return np.asarray(np.select([found for found, _ in causes], [text for _, text in causes], ""))
