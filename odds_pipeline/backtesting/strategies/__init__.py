"""The strategies by name: one file each, and one line here.

Belongs here: the registry. A strategy of your own goes into a file beside these, or into any
module that ``find`` is given as ``module:Class``.
"""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from odds_pipeline.backtesting.strategies.arbitrage import ArbitrageStrategy
from odds_pipeline.backtesting.strategies.ev import EVStrategy
from odds_pipeline.backtesting.strategies.favourite import FavouriteStrategy, UnderdogStrategy
from odds_pipeline.backtesting.strategies.home_value import HomeValueStrategy
from odds_pipeline.backtesting.strategies.movement import (
    ClosingLineFollowerStrategy,
    SteamFollowerStrategy,
)
from odds_pipeline.backtesting.strategy import Strategy

STRATEGIES: Mapping[str, type[Strategy]] = MappingProxyType(
    {
        strategy.name: strategy
        for strategy in (
            ArbitrageStrategy,
            EVStrategy,
            FavouriteStrategy,
            UnderdogStrategy,
            SteamFollowerStrategy,
            ClosingLineFollowerStrategy,
            HomeValueStrategy,
        )
    }
)


def find(name: str) -> type[Strategy]:
    """A strategy by its name, or of one's own as ``module:Class``.

    Raises:
        ValueError: there is none of that name.
    """
    if name in STRATEGIES:
        return STRATEGIES[name]
    module, colon, attribute = name.partition(":")
    if not colon:
        raise ValueError(f"no strategy {name!r}; there are {', '.join(STRATEGIES)}")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as absent:
        raise ValueError(f"no strategy {name!r}: {absent}") from absent
    if not (isinstance(found, type) and issubclass(found, Strategy)):
        raise ValueError(f"{name} is no Strategy")
    return found
