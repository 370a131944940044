"""`/health`: whether the platform as a whole works, for whoever runs the container.

Belongs here: asking database and daemon, and the answer. Does not belong here: keeping others out
(``guard``): it tells nobody more than yes or no, so any Host may ask, and nobody needs a password.

200 when both databases answer and Dagster's daemon gave a sign of life within 90 seconds, else 503.
It is looked at once in five seconds, however often it is asked.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import anyio
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from odds_pipeline.webserver.policy import READING

PATH: Final = "/health"
SILENT_AFTER = timedelta(seconds=90)
_FRESH_S = 5.0

Probe = Callable[[], bool]


class Health:
    """An ASGI application that answers ``/health`` itself and leaves the rest to another one.

    Args:
        app: the guarded UI.
        probes: what must be so, by name; each may take its time or fail.
    """

    def __init__(self, app: ASGIApp, probes: dict[str, Probe]) -> None:
        self._app = app
        self._probes = probes
        self._seen: dict[str, bool] = {}
        self._looked = -_FRESH_S
        self._lock = anyio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass it on."""
        asked = scope["type"] == "http" and scope["path"] == PATH and scope["method"] in READING
        if not asked:
            await self._app(scope, receive, send)
            return
        async with self._lock:
            if time.monotonic() - self._looked >= _FRESH_S:
                self._seen = await anyio.to_thread.run_sync(self._look)
                self._looked = time.monotonic()
        healthy = all(self._seen.values())
        body = {"status": "ok" if healthy else "failing"} | self._seen
        await JSONResponse(body, 200 if healthy else 503)(scope, receive, send)

    def _look(self) -> dict[str, bool]:
        return {name: _holds(probe) for name, probe in self._probes.items()}


def alive(beats: Callable[[], list[float]]) -> Probe:
    """Whether the newest of these times, in seconds since 1970, is not long past."""

    def probe() -> bool:
        newest = max(beats(), default=0.0)
        return datetime.now(UTC) - datetime.fromtimestamp(newest, UTC) <= SILENT_AFTER

    return probe


def _holds(probe: Probe) -> bool:
    try:
        return probe()
    except Exception:  # whatever it is, it does not work
        return False
