"""A deadline that a slow server cannot stretch.

Belongs here: ending one HTTP call when its time is up. Does not belong here: what happens then
(``transport``).

The timeouts of ``requests`` start anew with every byte, so a server that drips bytes, in its
headers or in its body, holds a caller for ever. Here a timer shuts the call's socket down: every
read that waits on it ends at once. Units: seconds.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import HTTPResponse


class Deadline:
    """The deadline of one call; ``passed`` says that it cut the call off."""

    def __init__(self) -> None:
        self.passed = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def guard(self, sock: socket.socket | None) -> None:
        """Shut this socket down when the time is up."""
        with self._lock:
            self._socket = sock
            if self.passed:
                self._shut()

    def end(self) -> None:
        """The time is up."""
        with self._lock:
            self.passed = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is None:
            return
        with suppress(OSError):  # closed already: nobody waits on it
            # The plain socket's method: TLS's own would pull the session from under a reader.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


_current: ContextVar[Deadline | None] = ContextVar("deadline of the running call", default=None)


@contextmanager
def deadline_in(seconds: float) -> Iterator[Deadline]:
    """Cut off the HTTP call made inside this block after so many seconds."""
    deadline = Deadline()
    timer = threading.Timer(seconds, deadline.end)
    timer.daemon = True
    token = _current.set(deadline)
    timer.start()
    try:
        yield deadline
    finally:
        timer.cancel()
        _current.reset(token)


class _Guarded(HTTPConnection):
    """A connection whose socket is guarded from the moment it waits for an answer."""

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 does
        deadline = _current.get()
        if deadline is not None:
            deadline.guard(self.sock)
        return super().getresponse()


class _GuardedTls(_Guarded, HTTPSConnection):
    """The same over TLS."""


class GuardedPool(HTTPConnectionPool):
    """A pool of guarded connections."""

    ConnectionCls = _Guarded


class GuardedTlsPool(HTTPSConnectionPool):
    """A pool of guarded TLS connections."""

    ConnectionCls = _GuardedTls
