"""The client of The Odds API: a typed request in, the stored-first answer out.

Belongs here: one method an endpoint. Does not belong here: HTTP (``transport``), spelling of a
request (``queries``), judging an answer (``responses``), reading it (``odds``, ``listings``).

Importing this module loads the HTTP library: import it where a client is built.
"""

from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from odds_pipeline.catalog.observations import CaptureBasis
from odds_pipeline.sources.the_odds_api.queries import (
    EventMarketsRequest,
    EventOddsRequest,
    EventsRequest,
    HistoricalEventOddsRequest,
    HistoricalEventsRequest,
    HistoricalOddsRequest,
    OddsRequest,
    ParticipantsRequest,
    ProviderRequest,
    ScoresRequest,
    SportsRequest,
)
from odds_pipeline.sources.the_odds_api.responses import (
    KEPT_HEADERS,
    ProviderResponse,
    credits_in,
    date_in,
)
from odds_pipeline.sources.the_odds_api.transport import Answer, Limits, Timing, Transport

CLOCK_TOLERANCE = timedelta(seconds=2)


class OddsApiClient:
    """Asks one provider with one key; use it as a context manager or call ``close``.

    Args:
        base_url: root address without `/v4`.
        key: the API key; never shown.
        limits: deadline of a try, size cap, number of tries.
        timing: clocks and waiting.

    Every method returns the answer for any HTTP status, so that its bytes can be stored before
    ``responses.raise_for_status`` judges it, and raises ``ProviderUnreachable`` when no complete
    answer came and ``MalformedResponse`` when it was larger than allowed.
    """

    def __init__(
        self,
        base_url: str,
        key: SecretStr | str,
        limits: Limits | None = None,
        timing: Timing | None = None,
    ) -> None:
        secret = key if isinstance(key, SecretStr) else SecretStr(key)
        self._transport = Transport(base_url, secret, limits or Limits(), timing or Timing())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def sports(self, request: SportsRequest) -> ProviderResponse:
        """The sports. Free."""
        return self.fetch(request)

    def events(self, request: EventsRequest) -> ProviderResponse:
        """A sport's events. Free."""
        return self.fetch(request)

    def odds(self, request: OddsRequest) -> ProviderResponse:
        """A sport's odds."""
        return self.fetch(request)

    def event_odds(self, request: EventOddsRequest) -> ProviderResponse:
        """One event's odds, in any market."""
        return self.fetch(request)

    def event_markets(self, request: EventMarketsRequest) -> ProviderResponse:
        """The markets in which each bookmaker was seen lately for one event."""
        return self.fetch(request)

    def participants(self, request: ParticipantsRequest) -> ProviderResponse:
        """A sport's teams or players."""
        return self.fetch(request)

    def scores(self, request: ScoresRequest) -> ProviderResponse:
        """A sport's scores."""
        return self.fetch(request)

    def historical_odds(self, request: HistoricalOddsRequest) -> ProviderResponse:
        """A sport's odds at a past time."""
        return self.fetch(request)

    def historical_events(self, request: HistoricalEventsRequest) -> ProviderResponse:
        """A sport's events at a past time."""
        return self.fetch(request)

    def historical_event_odds(self, request: HistoricalEventOddsRequest) -> ProviderResponse:
        """One event's odds at a past time."""
        return self.fetch(request)

    def fetch(self, request: ProviderRequest) -> ProviderResponse:
        """Ask any request; what the named methods do."""
        answer = self._transport.get(request.path, request.query())
        provider_date = date_in(answer.headers)
        received_at, basis = received(answer, provider_date)
        return ProviderResponse(
            endpoint=request.endpoint,
            request=request.described(),
            status=answer.status,
            headers={name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers},
            body=answer.body,
            received_at=received_at,
            basis=basis,
            clock_at=answer.last_byte_at,
            provider_date=provider_date,
            elapsed_ms=answer.elapsed_s * 1000.0,
            attempts=answer.attempts,
            credits_last=credits_in(answer.headers, "x-requests-last"),
            credits_used=credits_in(answer.headers, "x-requests-used"),
            credits_remaining=credits_in(answer.headers, "x-requests-remaining"),
        )


def received(answer: Answer, provider_date: datetime | None) -> tuple[datetime, CaptureBasis]:
    """When the last byte came, and by whose clock.

    The `Date` header is compared with our clock when the headers came, so that a slow body is not
    taken for a wrong clock; beyond the tolerance the difference moves our last-byte time.
    """
    if provider_date is None:
        return answer.last_byte_at, CaptureBasis.CLOCK
    off = provider_date - answer.headers_at
    if abs(off) <= CLOCK_TOLERANCE:
        return answer.last_byte_at, CaptureBasis.CLOCK
    return answer.last_byte_at + off, CaptureBasis.DATE_HEADER
