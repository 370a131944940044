"""The layer itself, around an application that counts who gets through."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from odds_pipeline.webserver.guard import Guard
from odds_pipeline.webserver.login import Login
from odds_pipeline.webserver.policy import LOOPBACK_HOSTS, Call

Message = MutableMapping[str, Any]


class _Named:
    """A login that believes a header."""

    async def accepts(self, call: Call, peer: str) -> bool:
        return call.header("name") == "ann" and peer == "127.0.0.1"


class _Ui:
    """Answers everything with 200, and accepts every websocket."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        self.seen.append(scope["type"])
        if scope["type"] == "http":
            headers = [(b"content-security-policy", b"default-src 'self'")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        elif scope["type"] == "websocket":
            await send({"type": "websocket.accept"})


def _sent(
    login: Login | None, path: str, kind: str = "http", method: str = "GET", **headers: str
) -> tuple[list[Message], _Ui]:
    ui = _Ui()
    sent: list[Message] = []
    scope = {
        "type": kind,
        "method": method,
        "path": path,
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }

    async def receive() -> Message:
        return {"type": f"{kind}.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(Guard(ui, LOOPBACK_HOSTS, login)(scope, receive, send))
    return sent, ui


def test_a_login_is_asked_of_everybody_but_the_health_check() -> None:
    sent, ui = _sent(_Named(), "/", host="localhost")
    assert (sent[0]["status"], ui.seen) == (401, [])
    assert any(name == b"www-authenticate" for name, _ in sent[0]["headers"])
    for path, headers in (("/", {"name": "ann"}), ("/server_info", {})):
        sent, ui = _sent(_Named(), path, host="localhost", **headers)
        assert (sent[0]["status"], ui.seen) == (200, ["http"])
    sent, ui = _sent(_Named(), "/server_info", host="evil.example", name="ann")
    assert (sent[0]["status"], ui.seen) == (403, [])


def test_no_answer_may_be_framed_and_no_policy_is_lost() -> None:
    for host in ("localhost", "evil.example"):
        sent, _ = _sent(None, "/", host=host)
        policies = [v for name, v in sent[0]["headers"] if name == b"content-security-policy"]
        assert b"frame-ancestors 'none'" in policies
        assert (b"x-frame-options", b"DENY") in sent[0]["headers"]
    assert b"default-src 'self'" in [
        value for _, value in _sent(None, "/", host="localhost")[0][0]["headers"]
    ]


@pytest.mark.parametrize(
    ("login", "headers", "through"),
    [
        (None, {"origin": "http://localhost"}, True),
        (None, {"origin": "http://evil.example"}, False),
        (None, {}, False),
        (_Named(), {"origin": "http://localhost"}, False),
        (_Named(), {"origin": "http://localhost", "name": "ann"}, True),
    ],
)
def test_a_websocket_is_closed_before_it_opens(
    login: Login | None, headers: dict[str, str], through: bool
) -> None:
    sent, ui = _sent(login, "/graphql", "websocket", host="localhost", **headers)
    assert [message["type"] for message in sent] == [
        "websocket.accept" if through else "websocket.close"
    ]
    assert ui.seen == (["websocket"] if through else [])


def test_starting_and_ending_pass() -> None:
    assert _sent(_Named(), "/", "lifespan")[1].seen == ["lifespan"]
