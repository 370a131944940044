"""A service on the loopback that takes messages as apprise's JSON channel posts them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What came, and how the service answers: by status, and where a redirect leads."""

    url: str = ""
    status: int = 200
    location: str = ""
    came: list[dict[str, str]] = field(default_factory=list)

    @property
    def messages(self) -> list[str]:
        return [body["message"] for body in self.came]

    @property
    def ids(self) -> list[str]:
        """The stable id at the end of each message."""
        return [message.rpartition("id ")[2].strip() for message in self.messages]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """One such service on a free port, for as long as the block lasts."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if receiver.status == 200:
                receiver.came.append(json.loads(body))
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"json://127.0.0.1:{server.server_address[1]}/alerts"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
