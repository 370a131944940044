"""Backing every outcome for a certain profit, and covering a back bet by a lay.

Belongs here: best prices, stakes exact and rounded, worst-case profit. Does not belong here:
whether the prices can still be had (age and verdicts belong to the edges), middles (``middles``).

Only prices of the same event, market, point and settlement rules, seen at the same time, belong
together. Units: decimal odds, money in any currency.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from odds_pipeline.betting.arrays import Floats, Ints
from odds_pipeline.betting.odds_arrays import after_commission

FUZZ = 1e-9  # steps by which a stake may miss a whole number without being one step more
CANDIDATES = 2_000_000  # payouts looked at in one search


class BestPrices(NamedTuple):
    """The best price of each outcome and who has it.

    Args:
        prices: shape (..., n); NaN where nobody has one.
        books: place of the book on its axis, shape (..., n); -1 where nobody has one.
    """

    prices: Floats
    books: Ints


class Arbitrage(NamedTuple):
    """What equal payouts on every outcome would bring.

    Args:
        booksum: sum of 1/price after commission, shape (...); below 1 it is an arbitrage.
        shares: of the total stake on each outcome, shape (..., n).
        profit: per unit staked in total, 1/booksum - 1, shape (...); negative without arbitrage.
    """

    booksum: Floats
    shares: Floats
    profit: Floats


class RoundedStakes(NamedTuple):
    """Stakes in real money.

    Args:
        stakes: money on each outcome, shape (n,); all 0 where no stakes have a certain profit.
        total: their sum.
        profit: in the worst case, in whole cents, rounded down.
    """

    stakes: Floats
    total: float
    profit: float


class BackLay(NamedTuple):
    """A back bet covered by a lay.

    Args:
        lay_stake: the backer's stake to accept on the exchange.
        liability: what that lay can lose.
        profit: the same whichever way it ends.
    """

    lay_stake: Floats
    liability: Floats
    profit: Floats


def best_prices(prices: ArrayLike) -> BestPrices:
    """Best price of each outcome over the books.

    Args:
        prices: decimal odds after commission, shape (..., books, n), of no books too; NaN for an
            absent price.
    """
    decimal = np.asarray(prices, dtype=np.float64)
    if not decimal.shape[-2]:
        none = (*decimal.shape[:-2], decimal.shape[-1])
        return BestPrices(np.full(none, np.nan), np.full(none, -1))
    offered = np.where(np.isfinite(decimal) & (decimal > 1.0), decimal, -np.inf)
    books = np.argmax(offered, axis=-2)
    best = np.take_along_axis(offered, books[..., None, :], axis=-2)[..., 0, :]
    found = np.isfinite(best)
    return BestPrices(np.where(found, best, np.nan), np.where(found, books, -1))


def arbitrage(prices: ArrayLike, commission: ArrayLike = 0.0) -> Arbitrage:
    """Booksum, stake shares and profit of backing every outcome.

    s_i = T/(d_i B), profit T (1/B - 1).

    Args:
        prices: decimal odds, shape (..., n); a market with a missing price is NaN.
        commission: share of net winnings; broadcast against the prices.
    """
    decimal = np.asarray(prices, dtype=np.float64)
    priced = np.where(np.isfinite(decimal) & (decimal > 1.0), decimal, np.nan)
    implied = 1.0 / after_commission(priced, commission)
    booksum = implied.sum(axis=-1)
    return Arbitrage(
        np.asarray(booksum),
        np.asarray(implied / booksum[..., None]),
        np.asarray(1.0 / booksum - 1.0),
    )


def rounded_stakes(
    prices: ArrayLike,
    total: float,
    step: ArrayLike = 1.0,
    commission: ArrayLike = 0.0,
    limits: ArrayLike = np.inf,
) -> RoundedStakes:
    """Stakes in whole steps of money with the greatest worst-case profit, found exactly.

    Rounding each stake to the nearest step can turn a thin arbitrage into a loss. If a set of
    stakes pays at least M in every case, the smallest multiples of each step that pay M do too, for
    less; so the best set is among those, and only payouts near the greatest one need to be looked
    at (of an arbitrage so thin that these are more than two million, the greatest).

    Args:
        prices: decimal odds of the n outcomes, shape (n,).
        total: greatest sum of stakes.
        step: smallest unit of money a stake can have, a number or shape (n,).
        commission: share of net winnings, a number or shape (n,).
        limits: greatest stake, a number or shape (n,).

    Raises:
        ValueError: fewer than two prices, one not above 1, or a step that is not positive.
    """
    paid, steps, most = _legs(prices, step, commission, limits)
    nothing = RoundedStakes(np.zeros(len(paid)), 0.0, 0.0)
    margin = 1.0 - (1.0 / paid).sum()
    payout = min(
        total / (1.0 / paid).sum(), float((np.floor(most / steps + FUZZ) * steps * paid).min())
    )
    if margin <= 0.0 or payout <= 0.0:
        return nothing
    # Rounding up costs less than one step a leg: payouts lower by more cannot make up for it.
    lower = steps.sum() * (1.0 / margin + 1.0 / (1.0 - margin))
    payouts = _payouts(paid, steps, payout, lower)
    counts = np.ceil(payouts[:, None] / (paid * steps) - FUZZ)
    stakes = counts * steps
    worst = (stakes * paid).min(axis=1) - stakes.sum(axis=1)
    allowed = (stakes.sum(axis=1) <= total * (1.0 + 1e-12)) & (stakes <= most + FUZZ).all(axis=1)
    if not allowed.any() or worst[allowed].max() <= 0.0:
        return nothing
    best = int(np.argmax(np.where(allowed, worst, -np.inf)))
    cents = np.floor(100.0 * worst[best] + 1e-6) / 100.0
    return RoundedStakes(stakes[best], float(stakes[best].sum()), float(cents))


def back_lay(
    back: ArrayLike, lay: ArrayLike, stake: ArrayLike, commission: ArrayLike = 0.0
) -> BackLay:
    """Cover a back bet by a lay so that both results bring the same.

    l = S B/(L - c), profit l (1 - c) - S.

    Args:
        back: decimal odds B of the back bet.
        lay: decimal odds L of the lay.
        stake: S of the back bet.
        commission: share c of the exchange's net winnings.
    """
    backed, laid = np.asarray(back, dtype=np.float64), np.asarray(lay, dtype=np.float64)
    staked, share = np.asarray(stake, dtype=np.float64), np.asarray(commission, dtype=np.float64)
    accepted = staked * backed / (laid - share)
    return BackLay(
        np.asarray(accepted),
        np.asarray(accepted * (laid - 1.0)),
        np.asarray(accepted * (1.0 - share) - staked),
    )


def _legs(
    prices: ArrayLike, step: ArrayLike, commission: ArrayLike, limits: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    decimal = np.atleast_1d(np.asarray(prices, dtype=np.float64))
    if decimal.ndim != 1 or len(decimal) < 2:
        raise ValueError("an arbitrage needs the prices of at least two outcomes")
    if not (np.isfinite(decimal) & (decimal > 1.0)).all():
        raise ValueError(f"every price must be above 1, not {decimal.tolist()}")
    steps = np.broadcast_to(np.asarray(step, dtype=np.float64), decimal.shape)
    if not (steps > 0.0).all():
        raise ValueError("the step of a stake must be positive")
    most = np.broadcast_to(np.asarray(limits, dtype=np.float64), decimal.shape)
    return after_commission(decimal, commission), steps, most


def _payouts(paid: Floats, steps: Floats, payout: float, reach: float) -> Floats:
    """Payouts that are exact for one leg, from the greatest down to ``reach`` below it."""
    found = []
    for unit in paid * steps:
        last = np.floor(payout / unit + FUZZ)
        first = max(1.0, np.floor((payout - reach) / unit), last - CANDIDATES // len(paid))
        found.append(np.arange(first, last + 1.0) * unit)
    return np.concatenate(found)
