"""The layer around Dagster's application that applies the rules: ASGI.

Belongs here: turning a call away, and the headers that keep other sites from framing a page. Does
not belong here: the rules (``policy``), the login (``login``).
"""

from collections import defaultdict
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from odds_pipeline.webserver.login import Login
from odds_pipeline.webserver.policy import READING, Call, refusal

# What says whether the server lives, and nothing else: asked by health checks without a password.
HEALTH: Final = "/server_info"
_POLICY_VIOLATED = 1008
_HEADERS = {
    # Dagster sends a policy of its own as well: a browser keeps to both.
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """An ASGI application that lets through to another one what may pass.

    Args:
        app: Dagster's webserver.
        hosts: the names it is reached by.
        login: who may call; ``None``: whoever reaches it.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str], login: Login | None) -> None:
        self._app = app
        self._hosts = hosts
        self._login = login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or turn away."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        turned_away = await self._turned_away(scope)
        if turned_away is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await receive()  # the handshake; closing before accepting answers it with 403
            await send({"type": "websocket.close", "code": _POLICY_VIOLATED})
        else:
            await turned_away(scope, receive, _with_headers(send))

    async def _turned_away(self, scope: Scope) -> Response | None:
        call = _call(scope)
        refused = refusal(call, self._hosts)
        if refused is not None:
            return PlainTextResponse(f"Refused: {refused.reason}\n", refused.status)
        if self._login is None or (call.path == HEALTH and call.method in READING):
            return None
        peer = scope.get("client")
        if await self._login.accepts(call, peer[0] if peer else ""):
            return None
        asked = {"WWW-Authenticate": 'Basic realm="odds_pipeline", charset="UTF-8"'}
        return PlainTextResponse("Log in to see this UI.\n", 401, asked)


def _call(scope: Scope) -> Call:
    headers: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in scope["headers"]:
        headers[name.decode("latin-1").lower()].append(value.decode("latin-1"))
    method = "WEBSOCKET" if scope["type"] == "websocket" else scope["method"].upper()
    return Call(method, scope["path"], scope["query_string"].decode("latin-1"), headers)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.append(name, value)
        await send(message)

    return sending
