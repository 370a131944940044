"""What can be asked of The Odds API.

Belongs here: one typed request an endpoint, and how it is spelled on the wire. Does not belong
here: sending (``client``), cost (``planning.rate_cards``).

A request knows its path and parameters and never the key. ``described()`` is what is stored with
the answer: the query parameters as sent, and ``sport`` for the path. Keys are sorted, so that the
same question is spelled the same. Times are sent as ``YYYY-MM-DDTHH:MM:SSZ``: the provider
refuses offsets and fractions.

An endpoint to come (event odds, event markets, participants, historical event odds) is one more
class here, one named method in ``client``.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar, TypeVar
from urllib.parse import quote

from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.catalog.observations import OddsFormat
from odds_pipeline.errors import UsageError

MAX_DAYS_FROM = 3


def strict_time(moment: datetime) -> str:
    """A time in the only spelling the provider takes; fractions of a second are cut off.

    Raises:
        UsageError: the time has no zone.
    """
    if moment.tzinfo is None:
        raise UsageError(f"time {moment.isoformat()} has no zone; give one in UTC")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class ProviderRequest(ABC):
    """One question to the provider."""

    endpoint: ClassVar[Endpoint]

    @property
    @abstractmethod
    def path(self) -> str:
        """Path below the base address."""

    @abstractmethod
    def query(self) -> dict[str, str]:
        """Query parameters without the key."""

    def described(self) -> dict[str, str]:
        """Path and query parameters by name, without the key."""
        sport = getattr(self, "sport", None)
        return ({"sport": sport} if sport else {}) | self.query()


@dataclass(frozen=True, slots=True)
class SportsRequest(ProviderRequest):
    """All sports, in season or not. Free."""

    endpoint = Endpoint.SPORTS

    @property
    def path(self) -> str:
        """See ``ProviderRequest``."""
        return "/v4/sports"

    def query(self) -> dict[str, str]:
        """See ``ProviderRequest``."""
        return {"all": "true"}


@dataclass(frozen=True, slots=True)
class EventsRequest(ProviderRequest):
    """A sport's events that have not ended. Free.

    Args:
        sport: sport key.
        event_ids: only these events; empty = all.
        starts_from: only events that start at or after this time.
        starts_to: only events that start at or before this time.
    """

    sport: str
    event_ids: tuple[str, ...] = ()
    starts_from: datetime | None = None
    starts_to: datetime | None = None
    endpoint = Endpoint.EVENTS

    @property
    def path(self) -> str:
        """See ``ProviderRequest``."""
        return f"/v4/sports/{_segment(self.sport)}/events"

    def query(self) -> dict[str, str]:
        """See ``ProviderRequest``."""
        return {"dateFormat": "iso"} | _filters(self.event_ids, self.starts_from, self.starts_to)


@dataclass(frozen=True, slots=True)
class OddsRequest(ProviderRequest):
    """The odds of a sport's events. Costs markets times regions, whatever the number of games.

    Args:
        sport: sport key, or `upcoming`.
        markets: market keys.
        bookmakers: bookmaker keys; override the regions.
        regions: provider regions; used only without bookmakers.
        odds_format: format of the prices.
        event_ids: only these events; empty = all.
        starts_from: only events that start at or after this time.
        starts_to: only events that start at or before this time.
    """

    sport: str
    markets: tuple[str, ...]
    bookmakers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    odds_format: OddsFormat = OddsFormat.AMERICAN
    event_ids: tuple[str, ...] = ()
    starts_from: datetime | None = None
    starts_to: datetime | None = None
    endpoint = Endpoint.ODDS

    @property
    def path(self) -> str:
        """See ``ProviderRequest``."""
        return f"/v4/sports/{_segment(self.sport)}/odds"

    def query(self) -> dict[str, str]:
        """See ``ProviderRequest``."""
        return _priced(self) | _filters(self.event_ids, self.starts_from, self.starts_to)


@dataclass(frozen=True, slots=True)
class ScoresRequest(ProviderRequest):
    """A sport's scores, live and of up to three past days.

    Args:
        sport: sport key.
        days_from: past days to include (1 to 3); ``None`` = live and upcoming only, one credit.
        event_ids: only these events; empty = all.
    """

    sport: str
    days_from: int | None = None
    event_ids: tuple[str, ...] = ()
    endpoint = Endpoint.SCORES

    @property
    def path(self) -> str:
        """See ``ProviderRequest``."""
        return f"/v4/sports/{_segment(self.sport)}/scores"

    def query(self) -> dict[str, str]:
        """See ``ProviderRequest``."""
        if self.days_from is not None and not 1 <= self.days_from <= MAX_DAYS_FROM:
            raise UsageError(f"days_from is {self.days_from}; the provider keeps 1 to 3 days")
        days = {} if self.days_from is None else {"daysFrom": str(self.days_from)}
        return {"dateFormat": "iso"} | days | _filters(self.event_ids, None, None)


@dataclass(frozen=True, slots=True)
class HistoricalOddsRequest(ProviderRequest):
    """The odds as the provider had them at a past time: ten times the price of odds.

    Args:
        sport: sport key.
        date: the snapshot wanted; the answer is the one at or before it.
        markets: market keys.
        bookmakers: bookmaker keys; override the regions.
        regions: provider regions; used only without bookmakers.
        odds_format: format of the prices.
        event_ids: only these events; empty = all.
        starts_from: only events that start at or after this time.
        starts_to: only events that start at or before this time.
    """

    sport: str
    date: datetime
    markets: tuple[str, ...]
    bookmakers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    odds_format: OddsFormat = OddsFormat.AMERICAN
    event_ids: tuple[str, ...] = ()
    starts_from: datetime | None = None
    starts_to: datetime | None = None
    endpoint = Endpoint.HISTORICAL_ODDS

    @property
    def path(self) -> str:
        """See ``ProviderRequest``."""
        return f"/v4/historical/sports/{_segment(self.sport)}/odds"

    def query(self) -> dict[str, str]:
        """See ``ProviderRequest``."""
        filters = _filters(self.event_ids, self.starts_from, self.starts_to)
        return {"date": strict_time(self.date)} | _priced(self) | filters


@dataclass(frozen=True, slots=True)
class HistoricalEventsRequest(ProviderRequest):
    """The events that had odds at a past time. One credit.

    Args:
        sport: sport key.
        date: the snapshot wanted; the answer is the one at or before it.
        event_ids: only these events; empty = all.
        starts_from: only events that start at or after this time.
        starts_to: only events that start at or before this time.
    """

    sport: str
    date: datetime
    event_ids: tuple[str, ...] = ()
    starts_from: datetime | None = None
    starts_to: datetime | None = None
    endpoint = Endpoint.HISTORICAL_EVENTS

    @property
    def path(self) -> str:
        """See ``ProviderRequest``."""
        return f"/v4/historical/sports/{_segment(self.sport)}/events"

    def query(self) -> dict[str, str]:
        """See ``ProviderRequest``."""
        filters = _filters(self.event_ids, self.starts_from, self.starts_to)
        return {"date": strict_time(self.date), "dateFormat": "iso"} | filters


R = TypeVar("R", OddsRequest, HistoricalOddsRequest)


def without_markets(request: R, refused: Iterable[str]) -> R | None:
    """The same request without these markets; ``None`` when none would be left."""
    left = tuple(market for market in request.markets if market not in set(refused))
    return replace(request, markets=left) if left else None


def _priced(request: OddsRequest | HistoricalOddsRequest) -> dict[str, str]:
    if not request.markets:
        raise UsageError("odds are asked for without a market")
    if not request.bookmakers and not request.regions:
        raise UsageError("odds are asked for without bookmakers or regions")
    books = {"bookmakers": _joined(request.bookmakers)}
    regions = {"regions": _joined(request.regions)}
    return {
        **(books if request.bookmakers else regions),
        "markets": _joined(request.markets),
        "oddsFormat": str(request.odds_format),
        "dateFormat": "iso",
    }


def _filters(
    event_ids: tuple[str, ...], starts_from: datetime | None, starts_to: datetime | None
) -> dict[str, str]:
    filters = {}
    if event_ids:
        filters["eventIds"] = _joined(event_ids)
    if starts_from is not None:
        filters["commenceTimeFrom"] = strict_time(starts_from)
    if starts_to is not None:
        filters["commenceTimeTo"] = strict_time(starts_to)
    return filters


def _joined(keys: Iterable[str]) -> str:
    return ",".join(sorted(set(keys)))


def _segment(key: str) -> str:
    if not key:
        raise UsageError("a sport key is empty")
    return quote(key, safe="")
