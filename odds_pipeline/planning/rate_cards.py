"""What a call will cost, before it is made.

Belongs here: rate cards as data, and the forecast they give. Does not belong here: what was
charged in the end (the provider's headers say), budgets and reservations.

Units: credits. A forecast is an upper bound: an answer without events costs nothing, and the
event-odds endpoints charge only the markets they return, not all that were asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypedDict

from odds_pipeline.catalog.endpoints import Endpoint


class CostInputs(TypedDict, total=False):
    """What of a call sets its cost; the arguments of ``RateCard.forecast`` by name."""

    markets: int
    bookmakers: int
    regions: int
    days_from: bool
    events: int


@dataclass(frozen=True, slots=True)
class Tariff:
    """Credits of one endpoint.

    Args:
        credits: credits of a call, or of each market in each region.
        per_market_and_region: whether ``credits`` counts for each market in each region.
        with_days_from: credits of a call that asks for past days; ``None`` = the same.
        per_event: whether ``credits`` counts for each event of the answer.
    """

    credits: int
    per_market_and_region: bool = False
    with_days_from: int | None = None
    per_event: bool = False


@dataclass(frozen=True, slots=True)
class RateCard:
    """What each endpoint costs.

    Args:
        name: name of the card.
        tariffs: the tariff of each endpoint that can be called.
        bookmakers_per_region: bookmakers asked for by key that count as one region.
    """

    name: str
    tariffs: Mapping[Endpoint, Tariff]
    bookmakers_per_region: int = 10

    def forecast(
        self,
        endpoint: Endpoint,
        *,
        markets: int = 1,
        bookmakers: int = 0,
        regions: int = 0,
        days_from: bool = False,
        events: int = 1,
    ) -> int:
        """Credits one call costs at most.

        Args:
            endpoint: what is called.
            markets: number of different markets asked for.
            bookmakers: number of bookmakers asked for by key; overrides ``regions``.
            regions: number of regions asked for.
            days_from: whether past days are asked for (scores).
            events: how many events the answer will have at most, where the card charges by them.

        Raises:
            ValueError: the card has no tariff for the endpoint, or neither bookmakers nor
                regions are given where they set the price.
        """
        tariff = self.tariffs.get(endpoint)
        if tariff is None:
            raise ValueError(f"rate card {self.name} has no tariff for {endpoint}")
        if tariff.per_event:
            return tariff.credits * events
        if not tariff.per_market_and_region:
            dearer = tariff.with_days_from if days_from else None
            return tariff.credits if dearer is None else dearer
        if bookmakers < 1 and regions < 1:
            raise ValueError(f"{endpoint} is priced by region: give bookmakers or regions")
        counted = -(-bookmakers // self.bookmakers_per_region) if bookmakers else regions
        return tariff.credits * markets * counted


THE_ODDS_API = RateCard(
    "the_odds_api",
    MappingProxyType(
        {
            Endpoint.SPORTS: Tariff(0),
            Endpoint.EVENTS: Tariff(0),
            Endpoint.ODDS: Tariff(1, per_market_and_region=True),
            Endpoint.SCORES: Tariff(1, with_days_from=2),
            Endpoint.EVENT_ODDS: Tariff(1, per_market_and_region=True),
            Endpoint.EVENT_MARKETS: Tariff(1),
            Endpoint.PARTICIPANTS: Tariff(1),
            Endpoint.HISTORICAL_ODDS: Tariff(10, per_market_and_region=True),
            Endpoint.HISTORICAL_EVENTS: Tariff(1),
            Endpoint.HISTORICAL_EVENT_ODDS: Tariff(10, per_market_and_region=True),
        }
    ),
)

# As this platform's first design had it: one object a game, books and markets free. Kept to
# compare with; the provider has never charged so.
COST_PER_OBJECT = RateCard(
    "cost_per_object",
    MappingProxyType(
        {
            Endpoint.SPORTS: Tariff(0),
            Endpoint.EVENTS: Tariff(0),
            Endpoint.ODDS: Tariff(1, per_event=True),
            Endpoint.SCORES: Tariff(1, per_event=True),
            Endpoint.HISTORICAL_ODDS: Tariff(1, per_event=True),
            Endpoint.HISTORICAL_EVENTS: Tariff(1, per_event=True),
        }
    ),
)

CARDS: Mapping[str, RateCard] = MappingProxyType(
    {card.name: card for card in (THE_ODDS_API, COST_PER_OBJECT)}
)
