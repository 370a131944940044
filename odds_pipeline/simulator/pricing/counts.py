"""How likely a count is to exceed a line.

Belongs here: the distribution of what a player does. Does not belong here: who does it.
Units: counts; probabilities. Small means are Poisson, large ones normal with a variance of
``spread`` times the mean.
"""

from math import exp, sqrt
from statistics import NormalDist

_POISSON_BELOW = 6.0


def over(mean: float, spread: float, line: float) -> float:
    """P(count > line) for a line that is no whole number."""
    if mean >= _POISSON_BELOW:
        return 1.0 - NormalDist(mean, sqrt(spread * mean)).cdf(line)
    chance = at_most = exp(-mean)
    for number in range(1, int(line) + 1):
        chance *= mean / number
        at_most += chance
    return max(1.0 - at_most, 0.0)
