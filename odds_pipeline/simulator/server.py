"""The loopback provider on a socket.

Belongs here: binding, serving in the foreground and in a thread. Does not belong here: what is
answered. Only loopback addresses are bound, and no request is ever logged, since its address
holds the key.
"""

import errno
import socket
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from types import TracebackType

import uvicorn

from odds_pipeline.errors import AlreadyRunning, UsageError
from odds_pipeline.simulator.app import Provider, build_app
from odds_pipeline.simulator.clock import Clock, RealClock
from odds_pipeline.simulator.credits import CreditCount
from odds_pipeline.simulator.efficiency import NATURAL, setting_of
from odds_pipeline.simulator.faults.switch import Faults
from odds_pipeline.simulator.faults.wire import LendingProtocol
from odds_pipeline.simulator.feed import Feed, MarketFeed
from odds_pipeline.simulator.limiter import CALLS_A_SECOND, FrequencyLimit
from odds_pipeline.simulator.market import Market
from odds_pipeline.simulator.replay import ReplayFeed

DEFAULT_SEED = 1
DEFAULT_QUOTA = 20_000
LOOPBACK = "127.0.0.1"


def serve(
    host: str = LOOPBACK,
    port: int = 8765,
    *,
    seed: int = DEFAULT_SEED,
    quota: int = DEFAULT_QUOTA,
    state: Path | None = None,
    replay: Path | None = None,
    clock: Clock | None = None,
    keys: frozenset[str] | None = None,
    faults: Faults | None = None,
    setting: str = NATURAL.name,
) -> None:
    """Serve until SIGINT or SIGTERM, which is raised again once all is closed.

    Args:
        host: a loopback address.
        port: TCP port; 0 takes a free one.
        seed: of the simulated market.
        quota: credits a month for every key.
        state: file that carries the credit count over a restart.
        replay: folder of recorded responses to serve instead of the market.
        clock: the provider's time; the machine's by default.
        keys: the valid keys; ``None`` accepts every key.
        faults: what goes wrong; nothing by default.
        setting: of the simulated market, a name of ``efficiency``.

    Raises:
        UsageError: the address is not loopback, a path cannot be used, or there is no such setting.
        AlreadyRunning: the port is taken.
    """
    feed = _feed(seed, replay, setting)
    provider = _provider(feed, clock or RealClock(), quota, state, CALLS_A_SECOND, keys)
    listening = _bind(host, port)
    with listening:
        _server(provider, faults or Faults()).run(sockets=[listening])


class RunningSimulator:
    """A provider serving from a thread on a free port, as a context manager.

    Args:
        seed: of the simulated market.
        quota: credits a month for every key.
        clock: the provider's time; the machine's by default.
        keys: the valid keys; ``None`` accepts every key.
        state: file that carries the credit count over a restart.
        replay: folder of recorded responses to serve instead of the market.
        calls_a_second: frequency limit of a key; ``None`` for none, so that a fast test is not
            refused for being fast.
        faults: what goes wrong; nothing by default. The attribute ``faults`` takes more later.
        setting: of the simulated market, a name of ``efficiency``.
        deactivated: keys whose subscription has ended.
    """

    def __init__(
        self,
        *,
        seed: int = DEFAULT_SEED,
        quota: int = DEFAULT_QUOTA,
        clock: Clock | None = None,
        keys: frozenset[str] | None = None,
        state: Path | None = None,
        replay: Path | None = None,
        calls_a_second: int | None = None,
        faults: Faults | None = None,
        setting: str = NATURAL.name,
        deactivated: frozenset[str] = frozenset(),
    ) -> None:
        self.faults = faults or Faults()
        self.clock: Clock = clock or RealClock()
        self._provider = replace(
            _provider(_feed(seed, replay, setting), self.clock, quota, state, calls_a_second, keys),
            deactivated=deactivated,
        )
        self._server = _server(self._provider, self.faults)
        self._listening = _bind(LOOPBACK, 0)
        self._thread = Thread(
            target=self._server.run, kwargs={"sockets": [self._listening]}, daemon=True
        )

    @property
    def url(self) -> str:
        """Root address, without ``/v4``."""
        return f"http://{LOOPBACK}:{self._listening.getsockname()[1]}"

    def credits_charged(self, key: str) -> int:
        """Credits this key was ever charged, ``faults.spent_elsewhere`` among them."""
        return self._provider.credits.total(key)

    def __enter__(self) -> "RunningSimulator":
        # The socket listens already, so a call made before the thread is up waits its turn.
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listening.close()


def _feed(seed: int, replay: Path | None, setting: str) -> Feed:
    if replay is not None:
        return ReplayFeed(replay)
    return MarketFeed(Market(seed, setting_of(setting)))


def _provider(
    feed: Feed,
    clock: Clock,
    quota: int,
    state: Path | None,
    calls_a_second: int | None,
    keys: frozenset[str] | None,
) -> Provider:
    return Provider(
        feed=feed,
        clock=clock,
        credits=CreditCount(quota, state),
        limit=FrequencyLimit(calls_a_second),
        keys=keys,
    )


def _server(provider: Provider, faults: Faults) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            build_app(provider, faults),
            http=LendingProtocol,
            access_log=False,
            log_level="warning",
            lifespan="off",
            ws="none",
            date_header=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
    )


def _bind(host: str, port: int) -> socket.socket:
    address = _loopback(host)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.socket(family)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
        listening.listen(128)
    except OSError as refused:
        listening.close()
        if refused.errno != errno.EADDRINUSE:
            raise
    else:
        return listening
    raise AlreadyRunning(
        f"port {port} on {address} is taken: stop what listens there or set ODDS_SIMULATOR_PORT"
    )


def _loopback(host: str) -> str:
    address = LOOPBACK if host == "localhost" else host
    try:
        inside = ip_address(address).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise UsageError(f"{host} is not a loopback address; the provider listens on none other")
    return address
