"""The one root finder behind what has no closed form, for many roots at once.

Belongs here: Newton's method kept inside a bracket. Does not belong here: any formula.
"""

from collections.abc import Callable

import numpy as np

from odds_pipeline.betting.arrays import Floats

# Parameter (m) -> how much too high each result is (m), and the slope of that (m).
Excess = Callable[[Floats], tuple[Floats, Floats]]

ROUNDING = 2e-14  # what the sum of many probabilities may be off by, and no step can mend
STEPS = 200  # halving a bracket reaches the last bit in about 60


def solve(excess: Excess, lower: Floats, upper: Floats, start: Floats) -> Floats:
    """Find the parameters at which each excess is zero.

    The excess falls through zero once in [lower, upper]. A Newton step that leaves the bracket, or
    follows one that did not halve the error, is replaced by halving the bracket, so that every
    search ends.

    Returns:
        Parameter (m).
    """
    parameter = np.minimum(np.maximum(start, lower), upper)
    before = np.full(parameter.shape, np.nan)  # compares as neither fast nor slow
    for _ in range(STEPS):
        high, slope = excess(parameter)
        error = np.abs(high)
        # Newton's error falls by a square: from the last two the next is known without looking.
        near = (error <= ROUNDING) | (error * error * error <= 1e-15 * before * before)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            newton = parameter - high / slope
        lower = np.where(high > 0.0, parameter, lower)
        upper = np.where(high < 0.0, parameter, upper)
        slow = (error > 0.5 * before) & ~near
        kept = (newton >= lower) & (newton <= upper) & ~slow
        parameter = np.where(kept, newton, np.where(near, parameter, 0.5 * (lower + upper)))
        if near.all():
            break
        before = error
    return parameter
