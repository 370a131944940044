"""Margin removal: markets a second on one core, beside the packages shin and penaltyblog.

Three-way markets with a margin of 2 to 8 %; two-way ones as well. The reference packages take one
market a call and are given as many as they manage in a moment. penaltyblog is not among our
dependencies (it brings some fifty packages); where it is absent, the ratio to it is left out.
Seconds are of the processor, so that who else is busy does not count.
"""

import time
from collections.abc import Callable

import numpy as np
import shin

from benchmarks.harness import Result, Sample, Side, alternate, repeat
from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.margin_removal.methods import METHODS, remove_margin

MARKETS = 1_000_000
BY_SHIN, BY_PENALTYBLOG = 20_000, 500
UNIT = "markets a second"


def measure() -> list[Result]:
    """Every method on a million markets; Shin's beside the packages."""
    three = _markets(3)
    results = [_method(name, 3, three) for name in METHODS]
    two = _markets(2)
    results += [_method(name, 2, two) for name in METHODS]
    rows = three[:BY_SHIN].tolist()
    results.append(_against("package shin", shin.calculate_implied_probabilities, rows, three, 50))
    penaltyblog = _penaltyblog()
    if penaltyblog is not None:
        few = rows[:BY_PENALTYBLOG]
        results.append(_against("penaltyblog", penaltyblog, few, three, 1_000))
    return results


def _method(name: str, outcomes: int, prices: Floats) -> Result:
    side = repeat("ours", _ours(name, prices))
    second = Side("a million in a second", (float(MARKETS),))
    return Result(f"margin_removal.{name}.{outcomes}_way", UNIT, side, second, True, 1.0)


def _against(
    package: str,
    one_market: Callable[[list[float]], object],
    rows: list[list[float]],
    prices: Floats,
    target: float,
) -> Result:
    def theirs(_: int) -> float:
        return len(rows) / _seconds(lambda: [one_market(row) for row in rows])

    ours, reference = alternate(("ours", _ours("shin", prices)), (package, theirs))
    fair = remove_margin(rows, "shin").probabilities
    found = np.array([one_market(row) for row in rows])
    note = f"greatest difference on {len(rows):,} markets {np.abs(fair - found).max():.1e}"
    name = f"margin_removal.shin_beside_{package.split()[-1]}"
    return Result(name, UNIT, ours, reference, True, target, (note,))


def _ours(name: str, prices: Floats) -> Sample:
    return lambda _: len(prices) / _seconds(lambda: remove_margin(prices, name))


def _seconds(action: Callable[[], object]) -> float:
    begun = time.process_time()
    action()
    return time.process_time() - begun


def _penaltyblog() -> Callable[[list[float]], object] | None:
    try:
        from penaltyblog.implied import calculate_implied
    except ImportError:
        return None
    return lambda prices: calculate_implied(prices, method="shin").probabilities


def _markets(outcomes: int) -> Floats:
    draw = np.random.default_rng(0)
    fair = np.maximum(draw.dirichlet(np.full(outcomes, 5.0), MARKETS), 0.02)
    fair /= fair.sum(axis=1, keepdims=True)
    return np.asarray(1.0 / (fair * draw.uniform(1.02, 1.08, (MARKETS, 1))))
