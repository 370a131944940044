"""`/health` says yes or no to anybody, and is not a way to keep the databases busy."""

import asyncio
import json
import time
from collections.abc import Callable, MutableMapping
from typing import Any

from odds_pipeline.webserver.guard import Guard
from odds_pipeline.webserver.health import PATH, Health, alive
from odds_pipeline.webserver.policy import LOOPBACK_HOSTS

Message = MutableMapping[str, Any]


class _Nobody:
    async def accepts(self, call: object, peer: str) -> bool:
        return False


async def _ui(scope: Message, receive: Any, send: Any) -> None:
    raise AssertionError("nobody may come this far")


def _asked(*calls: tuple[str, str], **probes: Callable[[], bool]) -> list[tuple[int, Any]]:
    """Status and body of each (method, path), asked of one server by a strange name."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def ask() -> None:
        app = Health(Guard(_ui, LOOPBACK_HOSTS, _Nobody()), probes)
        for method, path in calls:
            scope = {"type": "http", "method": method, "path": path, "query_string": b""}
            await app(scope | {"headers": [(b"host", b"any.example")]}, receive, send)

    asyncio.run(ask())
    bodies = [one["body"] for one in sent if one["type"] == "http.response.body"]
    starts = [one["status"] for one in sent if one["type"] == "http.response.start"]
    return [
        (status, json.loads(body) if body.startswith(b"{") else body.decode())
        for status, body in zip(starts, bodies, strict=True)
    ]


def _breaks() -> bool:
    raise OSError("no connection")


def test_it_needs_no_name_and_no_password_and_opens_nothing_else() -> None:
    well, page, post = _asked(
        ("GET", PATH), ("GET", "/"), ("POST", PATH), database=lambda: True, daemon=lambda: True
    )
    assert well == (200, {"status": "ok", "database": True, "daemon": True})
    assert page[0] == post[0] == 403


def test_what_does_not_hold_or_breaks_is_503() -> None:
    ((status, body),) = _asked(("GET", PATH), database=_breaks, daemon=lambda: True)
    assert (status, body) == (503, {"status": "failing", "database": False, "daemon": True})


def test_it_is_looked_at_once_however_often_it_is_asked() -> None:
    looked: list[float] = []

    def probe() -> bool:
        looked.append(time.monotonic())
        return True

    assert {status for status, _ in _asked(*[("GET", PATH)] * 20, database=probe)} == {200}
    assert len(looked) == 1


def test_a_daemon_lives_while_it_gives_signs() -> None:
    now = time.time()
    assert alive(lambda: [now - 1000, now - 30])()
    assert not alive(lambda: [now - 200])()
    assert not alive(list)()
