"""Writing to a connection what no proper server writes.

Belongs here: the way from an ASGI application to its connection, and playing a ``Wire`` there.
Does not belong here: what is written (``families``).

The server's protocol lends each request its connection; the answer writes to it past the server,
which then sees no more than a client that has gone.
"""

import asyncio
import socket
import struct
from collections.abc import MutableMapping
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from odds_pipeline.simulator.faults.fault import End, Wire

_CONNECTION = "odds_pipeline.connection"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class LendingProtocol(H11Protocol):
    """HTTP/1.1 that lends its connection to the application."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As the server's own, with the application wrapped."""
        super().connection_made(transport)
        self.app = _lent(self.app, self)
        self.access_log = False  # an address holds the key, whoever turns the log on later


def _lent(app: Any, protocol: H11Protocol) -> Any:  # noqa: ANN401 (the server's own types)
    async def lending(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        scope[_CONNECTION] = protocol
        await app(scope, receive, send)

    return lending


class WireResponse(Response):
    """An answer that is written by hand."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write, end as told, and return once the connection is gone."""
        protocol: H11Protocol = scope[_CONNECTION]
        await self._write(protocol)
        if self._wire.end is End.CLOSE:
            protocol.transport.close()
        elif self._wire.end is End.RESET:
            _reset(protocol.transport)
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _write(self, protocol: H11Protocol) -> None:
        for piece in self._wire.pieces:
            if protocol.transport.is_closing():
                return
            protocol.transport.write(piece)
            await protocol.flow.drain()
            # Also without a pause: a gone client is only noticed when the loop has its turn.
            await asyncio.sleep(self._wire.pause)


def _reset(transport: asyncio.Transport) -> None:
    connection: socket.socket = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()
