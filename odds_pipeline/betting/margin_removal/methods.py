"""The margin removals by name: the one place where a new method is entered."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from numpy.typing import ArrayLike

from odds_pipeline.betting.margin_removal.additive import additive
from odds_pipeline.betting.margin_removal.goto import goto
from odds_pipeline.betting.margin_removal.markets import FairMarkets
from odds_pipeline.betting.margin_removal.multiplicative import multiplicative
from odds_pipeline.betting.margin_removal.odds_ratio import odds_ratio
from odds_pipeline.betting.margin_removal.power import power
from odds_pipeline.betting.margin_removal.probit import probit
from odds_pipeline.betting.margin_removal.shin import shin
from odds_pipeline.betting.margin_removal.worst_case import worst_case

Method = Callable[..., FairMarkets]

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "multiplicative": multiplicative,
        "additive": additive,
        "power": power,
        "odds_ratio": odds_ratio,
        "shin": shin,
        "probit": probit,
        "goto": goto,
        "worst_case": worst_case,
    }
)

# The five that stored fair prices are made with.
STORED = ("multiplicative", "additive", "power", "odds_ratio", "shin")


def remove_margin(prices: ArrayLike, method: str = "power", winners: float = 1.0) -> FairMarkets:
    """Fair probabilities of whole markets by the named method.

    Args:
        prices: decimal odds, shape (..., n).
        method: a key of ``METHODS``.
        winners: how many outcomes win.

    Raises:
        ValueError: unknown method, or a number of winners the method has no answer to.
    """
    if method not in METHODS:
        raise ValueError(f"unknown margin removal {method!r}; choose from {', '.join(METHODS)}")
    return METHODS[method](prices, winners)
