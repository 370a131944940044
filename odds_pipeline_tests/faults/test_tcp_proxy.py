"""The proxy itself: relays whole, and breaks exactly where it was told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from odds_pipeline_tests.faults.tcp_proxy import Direction, Do, TcpProxy


class Echo:
    """A server that sends back what it gets and remembers it."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.got = bytearray()
        self.ended = threading.Semaphore(0)

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                peer, _ = self.listening.accept()
                threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer: socket.socket) -> None:
        with peer, suppress(OSError):
            while chunk := peer.recv(65536):
                self.got += chunk
                peer.sendall(chunk)
        self.ended.release()


@contextmanager
def echo() -> Iterator[tuple[Echo, TcpProxy]]:
    server = Echo()
    threading.Thread(target=server.serve, daemon=True).start()
    try:
        with TcpProxy(*server.listening.getsockname()) as proxy:
            yield server, proxy
    finally:
        server.listening.shutdown(socket.SHUT_RDWR)
        server.listening.close()


@contextmanager
def talking(proxy: TcpProxy) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as client:
        yield client


def read(client: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count and (chunk := client.recv(count - len(got))):
        got += chunk
    return got


def ask(client: socket.socket, text: bytes) -> bytes:
    client.sendall(text)
    return read(client, len(text))


def test_bytes_are_relayed_both_ways_and_whole() -> None:
    big = bytes(range(256)) * 4096
    with echo() as (_, proxy), talking(proxy) as client:
        sending = threading.Thread(target=client.sendall, args=(big,))
        sending.start()
        assert read(client, len(big)) == big
        sending.join()
    assert proxy.accepted == 1


def test_a_connection_is_cut_after_so_many_bytes() -> None:
    with echo() as (server, proxy), talking(proxy) as client:
        assert ask(client, b"before") == b"before"
        proxy.at(Direction.TO_CLIENT, Do.CUT, after=3)
        client.sendall(b"abcdef")
        got = b""
        with pytest.raises(ConnectionResetError):
            while True:
                got += client.recv(1)
        assert got in (b"", b"a", b"ab", b"abc")  # a reset may overtake what was not read yet
        proxy.wait_fired()
        assert server.ended.acquire(timeout=30)
        assert bytes(server.got) == b"beforeabcdef"
        with talking(proxy) as another:
            assert ask(another, b"again") == b"again"


def test_bytes_at_a_cut_never_reach_the_server() -> None:
    with echo() as (server, proxy), talking(proxy) as client:
        proxy.at(Direction.TO_SERVER, Do.CUT, seen=b"COMMIT")
        assert ask(client, b"INSERT;") == b"INSERT;"
        client.sendall(b"COMMIT;")
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        assert server.ended.acquire(timeout=30)
        assert bytes(server.got) == b"INSERT;"


def test_a_dropped_answer_was_given() -> None:
    with echo() as (server, proxy), talking(proxy) as client:
        proxy.at(Direction.TO_SERVER, Do.DROP_ANSWER, seen=b"COMMIT")
        client.sendall(b"COMMIT;")
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        proxy.wait_fired()
        assert bytes(server.got) == b"COMMIT;"


def test_a_stalled_connection_stays_open_until_it_is_resumed() -> None:
    with echo() as (server, proxy), talking(proxy) as client:
        proxy.at(Direction.TO_SERVER, Do.STALL, after=2)
        client.sendall(b"abcd")
        proxy.wait_fired()
        client.sendall(b"held back")
        assert bytes(server.got) in (b"", b"a", b"ab")
        proxy.resume()
        assert read(client, 13) == b"abcdheld back"


def test_a_break_may_let_some_pieces_through() -> None:
    with echo() as (server, proxy), talking(proxy) as client:
        proxy.at(Direction.TO_SERVER, Do.CUT, seen=b"COMMIT", skip=2)
        for _ in range(2):
            assert ask(client, b"COMMIT;") == b"COMMIT;"
        assert not proxy.fired
        client.sendall(b"COMMIT;")
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        assert proxy.fired
        assert bytes(server.got) == b"COMMIT;" * 2


def test_open_connections_are_cut_on_demand() -> None:
    with echo() as (_, proxy), talking(proxy) as one, talking(proxy) as two:
        for client in (one, two):
            assert ask(client, b"x") == b"x"
        proxy.cut()
        for client in (one, two):
            with pytest.raises(ConnectionResetError):
                client.recv(1)


def test_no_connection_outlives_the_proxy() -> None:
    with ExitStack() as stack:
        with echo() as (_, proxy):
            client = stack.enter_context(talking(proxy))
            assert ask(client, b"x") == b"x"
            proxy.stall()
        with suppress(ConnectionResetError):
            assert client.recv(1) == b""


def test_new_connections_are_refused_on_demand_and_open_ones_go_on() -> None:
    with echo() as (_, proxy), talking(proxy) as client:
        assert ask(client, b"x") == b"x"
        proxy.refuse()
        with pytest.raises(ConnectionError), talking(proxy) as late:
            late.sendall(b"y")
            assert late.recv(1) == b"y"
        assert ask(client, b"z") == b"z"
        proxy.refuse(False)
        with talking(proxy) as later:
            assert ask(later, b"y") == b"y"


def test_a_server_that_is_gone_shows_as_a_reset() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = gone.getsockname()
    with TcpProxy(*address) as proxy, pytest.raises(ConnectionError), talking(proxy) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"


def test_a_break_that_does_not_come_is_told() -> None:
    with echo() as (_, proxy):
        proxy.at(Direction.TO_SERVER, Do.CUT, after=1)
        with pytest.raises(TimeoutError):
            proxy.wait_fired(0.0)
