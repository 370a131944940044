"""Binding: loopback only, one at a time."""

import socket

import pytest

from odds_pipeline.errors import AlreadyRunning, UsageError
from odds_pipeline.simulator.server import serve


def test_a_taken_port_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(AlreadyRunning, match=f"port {port} "):
            serve(port=port)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])  # noqa: S104
def test_other_than_loopback_addresses_are_refused(host: str) -> None:
    with pytest.raises(UsageError, match="loopback"):
        serve(host, 0)
