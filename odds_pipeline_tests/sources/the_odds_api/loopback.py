"""A loopback HTTP server whose answers a test writes by hand, fault by fault."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Play = Callable[[BaseHTTPRequestHandler], None]


class Loopback:
    """A running server.

    Args:
        url: its root address.
        paths: path and query of every request so far.
        headers: headers of every request so far.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []


@contextmanager
def serve(*plays: Play) -> Iterator[Loopback]:
    """Serve the plays one request after the other, the last one for ever."""
    loopback = Loopback("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            play = plays[min(len(loopback.paths), len(plays) - 1)]
            loopback.paths.append(self.path)
            loopback.headers.append(dict(self.headers.items()))
            self.close_connection = True
            play(self)

        def end_headers(self) -> None:
            self.send_header("Connection", "close")  # a reused dead connection costs a try
            super().end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the tests look at logs."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    loopback.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield loopback
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(status: int, body: bytes = b"[]", **headers: str) -> Play:
    """A plain answer; underscores in header names stand for hyphens."""

    def play(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return play


def echo_address(status: int) -> Play:
    """An error page that repeats the address it was asked for, key and all."""

    def play(handler: BaseHTTPRequestHandler) -> None:
        answer(status, f"<p>cannot serve {handler.path}</p>".encode())(handler)

    return play


def cut_off(body: bytes, promised: int) -> Play:
    """A body shorter than its Content-Length."""

    def play(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(promised))
        handler.end_headers()
        handler.wfile.write(body)

    return play


def drip(stop: threading.Event, in_headers: bool = False, length: bool = True) -> Play:
    """One byte after the other, for ever."""

    def play(handler: BaseHTTPRequestHandler) -> None:
        if in_headers:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        else:
            handler.send_response(200)
            if length:
                handler.send_header("Content-Length", "1000000")
            handler.end_headers()
        try:
            while not stop.wait(0.01):
                handler.wfile.write(b" ")
        except OSError:
            pass  # the client has gone, as it should

    return play


def bad_headers(handler: BaseHTTPRequestHandler) -> None:
    """Headers that urllib3 complains about in a warning that quotes the address."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n: nameless\r\n\r\n[]")


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """No answer at all."""
    handler.connection.close()


def nonsense(handler: BaseHTTPRequestHandler) -> None:
    """Bytes that are not HTTP."""
    handler.wfile.write(b"hello there\r\n\r\n")
