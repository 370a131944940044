"""A TCP proxy that breaks connections where a test says so.

Belongs here: relaying bytes, cutting and stalling. Does not belong here: any protocol; a place in
a conversation is named by a number of bytes or by bytes that occur there (`COMMIT`).

    with TcpProxy("127.0.0.1", 5432) as proxy:
        engine = connect(port=proxy.port)
        proxy.at(Direction.TO_SERVER, Do.DROP_ANSWER, seen=b"COMMIT")   # committed, answer lost
        proxy.at(Direction.TO_SERVER, Do.CUT, seen=b"COMMIT")           # never reached the server
        proxy.at(Direction.TO_CLIENT, Do.CUT, after=100)                # 100 more bytes, then gone
        proxy.cut()                                                     # all connections, now

An armed break fires once and then is forgotten; `wait_fired` tells when. A cut is a reset, as a
killed peer or a failed link gives it.
"""

import select
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from types import TracebackType
from typing import Self

_CHUNK = 64 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Direction(Enum):
    """Which way bytes go."""

    TO_SERVER = auto()
    TO_CLIENT = auto()


class Do(Enum):
    """What happens where a break fires.

    CUT: both ends are reset; the bytes from the place on are not relayed.
    STALL: the connection stays open and relays nothing more, either way, until `resume`.
    DROP_ANSWER: all is relayed, and the connection is reset as soon as the other side answers, so
        that the bytes have surely arrived and been worked on.
    """

    CUT = auto()
    STALL = auto()
    DROP_ANSWER = auto()


@dataclass(slots=True)
class _Break:
    direction: Direction
    do: Do
    after: int
    seen: bytes
    skip: int


class TcpProxy:
    """Relays every connection to one server, as a context manager.

    Args:
        host: of the server.
        port: of the server.
    """

    def __init__(self, host: str, port: int) -> None:
        self._upstream = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._open: list[_Connection] = []
        self._break: _Break | None = None
        self._fired = threading.Event()
        self._refusing = False
        self._accepted = 0
        self._threads: list[threading.Thread] = []

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        port: int = self._listening.getsockname()[1]
        return port

    @property
    def accepted(self) -> int:
        """Connections that were made so far."""
        return self._accepted

    @property
    def fired(self) -> bool:
        """Whether the armed break has fired."""
        return self._fired.is_set()

    def at(
        self, direction: Direction, do: Do, *, after: int = 0, seen: bytes = b"", skip: int = 0
    ) -> None:
        """Arm one break.

        Args:
            direction: which bytes are watched, over all connections from now on.
            do: what happens.
            after: fires when this many bytes have been relayed.
            seen: fires at these bytes instead; they are found when they come in one piece.
            skip: how many pieces with these bytes are let through before.
        """
        with self._lock:
            self._break = _Break(direction, do, after, seen, skip)
            self._fired.clear()

    def wait_fired(self, seconds: float = 30.0) -> None:
        """Return once the armed break has fired.

        Raises:
            TimeoutError: it did not.
        """
        if not self._fired.wait(seconds):
            raise TimeoutError("the break did not fire")

    def cut(self) -> None:
        """Reset all open connections."""
        for connection in self._connections():
            connection.order(b"c")

    def stall(self) -> None:
        """Relay nothing on all open connections, until `resume`."""
        for connection in self._connections():
            connection.order(b"s")

    def resume(self) -> None:
        """Relay again what was stalled."""
        for connection in self._connections():
            connection.order(b"r")

    def refuse(self, refusing: bool = True) -> None:
        """Reset (or accept again) every new connection; the open ones go on."""
        self._refusing = refusing

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._threads[0].join()
        self.cut()
        for connection in self._connections():
            connection.hang_up()
        for thread in self._threads:
            thread.join()

    def _connections(self) -> list["_Connection"]:
        with self._lock:
            return list(self._open)

    def _run(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return  # closed
            self._accepted += 1
            server = None if self._refusing else self._connected()
            if server is None:
                _reset(client)
                continue
            connection = _Connection(self, client, server)
            with self._lock:
                self._open.append(connection)
            self._run(connection.relay)

    def _connected(self) -> socket.socket | None:
        try:
            return socket.create_connection(self._upstream)
        except OSError:
            return None  # the client sees a reset, as it would without the proxy

    def _forget(self, connection: "_Connection") -> None:
        with self._lock:
            self._open.remove(connection)

    def _watch(self, direction: Direction, chunk: bytes) -> tuple[int, Do] | None:
        """Where in these bytes the break fires and what it does, if it does."""
        with self._lock:
            armed = self._break
            if armed is None or armed.direction is not direction:
                return None
            place = chunk.find(armed.seen) if armed.seen else armed.after
            if place < 0 or (not armed.seen and place > len(chunk)):
                armed.after -= len(chunk)
                return None
            if armed.skip:
                armed.skip -= 1
                return None
            self._break = None
        return place, armed.do

    def _tell_fired(self) -> None:
        self._fired.set()


class _Connection:
    """One relayed connection, worked by one thread so that only that thread closes sockets."""

    def __init__(self, proxy: TcpProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client, self._server = client, server
        self._orders, self._ordering = socket.socketpair()
        self._stalled = False
        self._held: tuple[socket.socket, bytes] | None = None  # for whom, since the stall
        self._drop: socket.socket | None = None  # whose next bytes end the connection

    def order(self, what: bytes) -> None:
        with suppress(OSError):  # ended meanwhile
            self._ordering.send(what)

    def hang_up(self) -> None:
        """Wake a thread that is stuck in sending."""
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def relay(self) -> None:
        try:
            while self._step():
                pass
        except OSError:
            pass  # one end has gone
        finally:
            _reset(self._client)
            _reset(self._server)
            self._proxy._forget(self)
            self._orders.close()
            self._ordering.close()

    def _step(self) -> bool:
        """Relay what there is; ``False`` ends the connection."""
        waiting = [self._orders] if self._stalled else [self._orders, self._client, self._server]
        ready, _, _ = select.select(waiting, [], [])
        if self._orders in ready:
            return self._obey(self._orders.recv(1))
        if self._drop in ready:
            return self._fire_end()
        return all(self._pass_on(end) for end in ready)

    def _obey(self, order: bytes) -> bool:
        self._stalled = order == b"s"
        if order == b"r" and self._held is not None:
            target, chunk = self._held
            self._held = None
            target.sendall(chunk)
        return order != b"c"

    def _pass_on(self, source: socket.socket) -> bool:
        to_server = source is self._client
        target = self._server if to_server else self._client
        chunk = source.recv(_CHUNK)
        if not chunk:
            return False
        direction = Direction.TO_SERVER if to_server else Direction.TO_CLIENT
        fires = self._proxy._watch(direction, chunk)
        if fires is None:
            target.sendall(chunk)
            return True
        place, do = fires
        if do is Do.DROP_ANSWER:
            target.sendall(chunk)
            self._drop = target
            return True
        target.sendall(chunk[:place])
        if do is Do.CUT:
            return self._fire_end()
        self._stalled = True
        self._held = target, chunk[place:]
        self._proxy._tell_fired()
        return True

    def _fire_end(self) -> bool:
        self._proxy._tell_fired()
        return False


def _reset(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    end.close()
