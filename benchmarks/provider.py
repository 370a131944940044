"""Requests a second of the loopback provider's ``/odds``, by one client and by four.

The provider runs in a process of its own, its clock at machine speed from an evening of games; the
clients keep their connections. The reference is a bare route in the same process that serves the
bytes of such an answer, compressed by the same middleware: what HTTP and gzip alone cost.

Run as a module without the harness, it is that process: it prints its addresses as one JSON line
and serves until its input ends.
"""

import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Thread
from time import perf_counter
from urllib.parse import urlencode, urlsplit

from benchmarks.harness import Result, alternate

SECONDS = 2.0
CLIENTS = (1, 4)
EVENING = datetime(2025, 11, 7, 22, 0, tzinfo=UTC)
_ASKED = urlencode(
    {
        "apiKey": "benchmark",
        "bookmakers": "pinnacle,lowvig,draftkings,fanduel,betmgm,williamhill_us,betrivers,bovada",
        "markets": "h2h,spreads,totals",
        "oddsFormat": "american",
    }
)
ODDS = f"/v4/sports/basketball_nba/odds?{_ASKED}"
SPORTS = "/v4/sports?apiKey=benchmark"


def measure() -> list[Result]:
    """``/odds`` against the bare route, a figure being the requests of two seconds."""
    with _served() as (ours, bare):
        events = json.loads(_get(_connect(ours), ODDS, compressed=False))
        quotes = sum(
            len(market["outcomes"])
            for event in events
            for book in event["bookmakers"]
            for market in book["markets"]
        )
        free = _rate(ours, SPORTS, 1)
        notes = (
            f"{len(events)} events, {quotes} outcomes, gzip; /v4/sports on the same server "
            f"{free:,.0f} requests/s by one client",
        )
        return [
            Result(
                f"provider.{clients}_client",
                "requests/s",
                *alternate(
                    ("/odds", _sample(ours, ODDS, clients)),
                    ("bare route, equal body", _sample(bare, "/", clients)),
                ),
                higher_is_better=True,
                notes=notes,
            )
            for clients in CLIENTS
        ]


def _sample(address: str, path: str, clients: int) -> Callable[[int], float]:
    return lambda _: _rate(address, path, clients)


def _rate(address: str, path: str, clients: int) -> float:
    """Requests a second of so many clients at once, each on its own kept connection."""
    with ThreadPoolExecutor(clients) as pool:
        begun = perf_counter()
        counts = list(pool.map(lambda _: _ask(address, path, begun + SECONDS), range(clients)))
        return sum(counts) / (perf_counter() - begun)


def _ask(address: str, path: str, until: float) -> int:
    connection = _connect(address)
    count = 0
    while perf_counter() < until:
        _get(connection, path)
        count += 1
    connection.close()
    return count


def _connect(address: str) -> http.client.HTTPConnection:
    parts = urlsplit(address)
    return http.client.HTTPConnection(parts.hostname or "", parts.port)


def _get(connection: http.client.HTTPConnection, path: str, *, compressed: bool = True) -> bytes:
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"} if compressed else {})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        reason = f"{path} answered {answer.status}: {body[:200]!r}"
        raise RuntimeError(reason)
    return body


@contextmanager
def _served() -> Iterator[tuple[str, str]]:
    """Addresses of the provider and of the bare route, in another process."""
    command = [sys.executable, "-m", "benchmarks.provider"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            ours, bare = json.loads(process.stdout.readline())
            yield ours, bare
        finally:
            process.stdin.close()


def serve() -> None:
    """Be the other process."""
    from odds_pipeline.simulator.clock import DrivenClock
    from odds_pipeline.simulator.server import RunningSimulator

    with RunningSimulator(clock=DrivenClock(EVENING, 1.0), quota=10**9) as provider:
        body = _get(_connect(provider.url), ODDS, compressed=False)
        print(json.dumps([provider.url, _serve_bare(body)]), flush=True)
        sys.stdin.read()


def _serve_bare(body: bytes) -> str:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    async def answer(_: Request) -> Response:
        return Response(body, media_type="application/json")

    app = Starlette(routes=[Route("/", answer)], middleware=[Middleware(GZipMiddleware)])
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning", ws="none"))
    Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


if __name__ == "__main__":
    serve()
