"""What every request shares.

Belongs here: the shape of a request, and of one that is priced by markets. Does not belong here:
the requests themselves, the spelling of single parameters (``spelling``).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar, TypeVar, cast

from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.catalog.observations import OddsFormat
from odds_pipeline.errors import UsageError
from odds_pipeline.planning.rate_cards import CostInputs
from odds_pipeline.sources.the_odds_api.queries import spelling
from odds_pipeline.sources.the_odds_api.queries.spelling import Detail


class ProviderRequest(ABC):
    """One question to the provider."""

    endpoint: ClassVar[Endpoint]

    def __post_init__(self) -> None:
        """Refuse what cannot be asked.

        Raises:
            UsageError: a part is missing or cannot be spelled.
        """
        _ = self.path, self.query()

    @property
    @abstractmethod
    def path(self) -> str:
        """Path below the base address."""

    @abstractmethod
    def query(self) -> dict[str, str]:
        """Query parameters without the key."""

    def described(self) -> dict[str, str]:
        """Path and query parameters by name, without the key."""
        stated = {name: getattr(self, name, None) for name in ("sport", "event_id")}
        return {name: value for name, value in stated.items() if value} | self.query()

    def cost_inputs(self) -> CostInputs:
        """What of the request sets its cost, for ``RateCard.forecast``."""
        return {}


class PricedRequest(ProviderRequest):
    """A question that is paid by market and region, whatever the number of games."""

    markets: tuple[str, ...]
    bookmakers: tuple[str, ...]
    regions: tuple[str, ...]
    odds_format: OddsFormat
    details: frozenset[Detail]
    offered: ClassVar[frozenset[Detail]] = spelling.PRICED

    def cost_inputs(self) -> CostInputs:
        """See ``ProviderRequest``."""
        return {
            "markets": len(set(self.markets)),
            "bookmakers": len(set(self.bookmakers)),
            "regions": len(set(self.regions)),
        }

    def _priced(self) -> dict[str, str]:
        if not self.markets:
            raise UsageError("odds are asked for without a market; name at least one")
        return {
            **spelling.sellers(self.bookmakers, self.regions),
            "markets": spelling.keys("market", self.markets),
            "oddsFormat": str(self.odds_format),
            "dateFormat": "iso",
            **spelling.flags(self.details, self.offered),
        }


P = TypeVar("P", bound=PricedRequest)


def without_markets(request: P, refused: Iterable[str]) -> P | None:
    """The same request without these markets; ``None`` when none would be left."""
    gone = set(refused)
    left = tuple(market for market in request.markets if market not in gone)
    return cast(P, replace(cast(Any, request), markets=left)) if left else None
