"""An example to copy: a strategy that thinks event by event.

It backs home sides at prices from 1.8 to 2.6, at the book that offers most. It is no good; it
shows how a strategy is written. Copy this file, rename the class and ``name``, and run it with
``find("my_module:MyStrategy")``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from odds_pipeline.backtesting.strategy import (
    EventNow,
    EventStrategy,
    Opportunity,
    Parameters,
)

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class HomeValueParameters(Parameters):
    """Parameters.

    Args:
        lowest: lowest price to bet at.
        highest: highest price to bet at.
    """

    lowest: float = 1.8
    highest: float = 2.6


class HomeValueStrategy(EventStrategy):
    """Home sides at middling prices."""

    name: ClassVar[str] = "home_value"
    summary: ClassVar[str] = "An example to copy: home sides at middling prices."
    parameters_class = HomeValueParameters

    def should_bet(self, event: EventNow, odds: "pd.DataFrame") -> Iterable[Opportunity]:
        """The best price of the home side, if it is in the range."""
        home = odds[(odds["market_key"] == "h2h") & (odds["outcome_name"] == event.home_team)]
        if home.empty:
            return []
        place = int(home["price"].to_numpy().argmax())
        price = float(home["price"].iloc[place])
        if not self.parameters.lowest <= price <= self.parameters.highest:
            return []
        return [Opportunity(int(home.index[place]), price)]
