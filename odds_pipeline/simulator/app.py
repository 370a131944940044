"""The loopback provider as an ASGI application.

Belongs here: keys, the order of checks, headers, JSON and gzip. Does not belong here: what is
answered (``endpoints``), sockets (``server``). Units: credits.

The order of checks: key, frequency, credits, parameters. Every answer carries the three
``x-requests-*`` headers; where no key was recognised they are zero.

Where a fault is switched on (``faults``), it stands around ``Provider.answer``.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from odds_pipeline.simulator.clock import Clock
from odds_pipeline.simulator.credits import CreditCount
from odds_pipeline.simulator.endpoints import ENDPOINTS, Answer, Endpoint, Question
from odds_pipeline.simulator.faults.play import SpoiledCall, play
from odds_pipeline.simulator.faults.switch import Faults
from odds_pipeline.simulator.feed import Feed
from odds_pipeline.simulator.limiter import FrequencyLimit
from odds_pipeline.simulator.refusals import Refusal

_GZIP_FROM = 500  # bytes


@dataclass(frozen=True, slots=True)
class Provider:
    """What an application answers from.

    Args:
        feed: what is served.
        clock: the provider's time.
        credits: what each key has used.
        limit: how often a key may call.
        keys: the valid keys; ``None`` accepts every key.
        deactivated: keys whose subscription has ended.
    """

    feed: Feed
    clock: Clock
    credits: CreditCount
    limit: FrequencyLimit
    keys: frozenset[str] | None = None
    deactivated: frozenset[str] = frozenset()

    def answer(self, endpoint: Endpoint, request: Request) -> Response:
        """One call answered, counted and refused as the provider does."""
        now = self.clock.now()
        key = request.query_params.get("apiKey", "")
        try:
            self._admit(key, endpoint, now)
            answer = endpoint.answer(
                Question(
                    feed=self.feed,
                    now=int(now.timestamp()),
                    path=request.path_params,
                    query=request.query_params,
                )
            )
        except Refusal as refusal:
            return self.response(now, key, refusal.status, Answer(refusal.body()))
        self.credits.charge(key, answer.credits, now)
        return self.response(now, key, 200, answer)

    def response(self, now: datetime, key: str, status: int, answer: Answer) -> Response:
        """JSON with the provider's headers."""
        known = self._knows(key)
        return Response(
            msgspec.json.encode(answer.body),
            status_code=status,
            media_type="application/json; charset=utf-8",
            headers={
                "date": format_datetime(now, usegmt=True),
                "x-requests-remaining": str(self.credits.remaining(key, now) if known else 0),
                "x-requests-used": str(self.credits.used(key, now) if known else 0),
                "x-requests-last": str(answer.credits),
            },
        )

    def refusal(self, now: datetime, key: str, status: int, body: object) -> Response:
        """An answer that costs nothing, of any status and body."""
        return self.response(now, key, status, Answer(body))

    def spend(self, key: str, credits: int | None, now: datetime) -> int:
        """Charge a key so many credits, or all that are left; returns how many."""
        amount = max(self.credits.remaining(key, now), 0) if credits is None else credits
        self.credits.charge(key, amount, now)
        return amount

    def _knows(self, key: str) -> bool:
        return bool(key) and (self.keys is None or key in self.keys)

    def _admit(self, key: str, endpoint: Endpoint, now: datetime) -> None:
        if not key:
            raise Refusal("MISSING_KEY")
        if not self._knows(key):
            raise Refusal("INVALID_KEY")
        if key in self.deactivated:
            raise Refusal("DEACTIVATED_KEY")
        if not self.limit.admits(key):
            raise Refusal("EXCEEDED_FREQ_LIMIT")
        if endpoint.historical and self.credits.is_free_plan:
            raise Refusal("HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN")
        if not endpoint.free and self.credits.remaining(key, now) <= 0:
            raise Refusal("OUT_OF_USAGE_CREDITS")


def build_app(provider: Provider, faults: Faults) -> ASGIApp:
    """The application: every endpoint with and without a trailing slash, GET only, JSON only."""
    routes = [
        Route(path, _handler(provider, faults, endpoint), methods=["GET"])
        for endpoint in ENDPOINTS
        for path in (endpoint.path, endpoint.path + "/")
    ]

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        codes = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}
        refusal = Refusal(codes.get(status, "INTERNAL_ERROR"))
        key = request.query_params.get("apiKey", "")
        now = provider.clock.now()
        return provider.response(now, key, refusal.status, Answer(refusal.body()))

    return Starlette(
        routes=routes,
        middleware=[Middleware(GZipMiddleware, minimum_size=_GZIP_FROM)],
        exception_handlers={HTTPException: refused, 500: refused},
    )


def _handler(
    provider: Provider, faults: Faults, endpoint: Endpoint
) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        struck = faults.draw(endpoint.path)
        if struck is None:
            return provider.answer(endpoint, request)
        call = SpoiledCall(
            desk=provider,
            proper=lambda: provider.answer(endpoint, request),
            faults=faults,
            now=provider.clock.now(),
            url=str(request.url),
            key=request.query_params.get("apiKey", ""),
        )
        return play(struck, call)

    return handle
