"""The strategies by name: one file each, and one line here.

Belongs here: the registry. A strategy of your own goes into a file beside these, into a
distribution of your own as a plug-in (``odds_pipeline.plugins``), or into any module that ``find``
is given as ``module:Class``.
"""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TypeGuard

from odds_pipeline.backtesting.strategies.arbitrage import ArbitrageStrategy
from odds_pipeline.backtesting.strategies.ev import EVStrategy
from odds_pipeline.backtesting.strategies.favourite import FavouriteStrategy, UnderdogStrategy
from odds_pipeline.backtesting.strategies.home_value import HomeValueStrategy
from odds_pipeline.backtesting.strategies.movement import (
    ClosingLineFollowerStrategy,
    SteamFollowerStrategy,
)
from odds_pipeline.backtesting.strategy import Strategy
from odds_pipeline.plugins import Group, added, fault_of

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


def strategies() -> dict[str, type[Strategy]]:
    """Every strategy by its name, those of plug-ins last."""
    return {**STRATEGIES, **added(Group.STRATEGIES, _of_a_plugin, STRATEGIES)}


def find(name: str) -> type[Strategy]:
    """A strategy by its name, or of one's own as ``module:Class``.

    Raises:
        ValueError: there is none of that name.
    """
    known = strategies()
    if name in known:
        return known[name]
    module, colon, attribute = name.partition(":")
    if not colon:
        why = fault_of(Group.STRATEGIES, name) or f"there are {', '.join(known)}"
        raise ValueError(f"no strategy {name!r}; {why}")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as absent:
        raise ValueError(f"no strategy {name!r}: {absent}") from absent
    if not _is_strategy(found):
        raise ValueError(f"{name} is no Strategy")
    return found


def _of_a_plugin(value: object) -> type[Strategy]:
    if not _is_strategy(value):
        raise ValueError("it is no Strategy (odds_pipeline.backtesting.strategy)")
    return value


def _is_strategy(value: object) -> TypeGuard[type[Strategy]]:
    return isinstance(value, type) and issubclass(value, Strategy)
