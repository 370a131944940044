"""Which calls to the UI are let through: pure, by host, origin, method and path.

Belongs here: the rules. Does not belong here: passwords (``login``), HTTP itself (``guard``).

The rules, in their order:

1. The Host is one that this UI is known by: otherwise any name that resolves to this machine
   (DNS rebinding) would make a stranger's page a page of ours.
2. Reading is GET or HEAD; what another site embeds or fetches is refused, a link is followed.
   GraphQL is never answered to a GET with a question in it.
3. Everything else is a POST of JSON, or a websocket, from a page of this UI: with an Origin that
   is this very address. A browser sets it and no page can forge it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
READING = frozenset({"GET", "HEAD"})
OURS = frozenset({"same-origin", "none"})

FORBIDDEN, METHOD_NOT_ALLOWED, UNSUPPORTED_TYPE = 403, 405, 415


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request or websocket handshake.

    Args:
        method: in capitals; ``WEBSOCKET`` for a handshake.
        path: decoded, without the query.
        query: the undecoded query, perhaps empty.
        headers: every value by lower-case name, in the order received.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, Sequence[str]]

    def header(self, name: str) -> str | None:
        """The one value of a header; ``None`` when it is missing or stands twice."""
        values = self.headers.get(name, ())
        return values[0] if len(values) == 1 else None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call is not let through, as an HTTP status and a line for a person."""

    status: int
    reason: str


def refusal(call: Call, hosts: frozenset[str]) -> Refusal | None:
    """Why a call is refused; ``None`` for one that may pass.

    Args:
        call: what came in.
        hosts: the names, without port, that this UI is reached by.
    """
    host = call.header("host")
    if host is None or _name(host) not in hosts:
        return Refusal(FORBIDDEN, "this UI is not known by that Host; see ODDS_UI_HOSTS")
    if call.method in READING:
        return _refused_reading(call)
    if call.method not in {"POST", "WEBSOCKET"}:
        return Refusal(METHOD_NOT_ALLOWED, "only GET, HEAD and POST are answered")
    if not _from_this_ui(call, host):
        return Refusal(FORBIDDEN, "only a page of this UI may do that: its Origin is missing")
    if call.method == "POST" and not _is_json(call):
        return Refusal(UNSUPPORTED_TYPE, "only application/json is taken")
    return None


def _refused_reading(call: Call) -> Refusal | None:
    if "graphql" in call.path.lower().split("/") and call.query:
        return Refusal(METHOD_NOT_ALLOWED, "GraphQL is asked by POST")
    if not _is_ours(call) and not _follows_a_link(call):
        return Refusal(FORBIDDEN, "another site may link to this UI, not embed or fetch it")
    return None


def _is_ours(call: Call) -> bool:
    """Whether the browser says so, or says nothing because it is old or no browser."""
    return all(value in OURS for value in call.headers.get("sec-fetch-site", ()))


def _follows_a_link(call: Call) -> bool:
    return call.header("sec-fetch-mode") == "navigate" and (
        call.header("sec-fetch-dest") == "document"
    )


def _from_this_ui(call: Call, host: str) -> bool:
    # Without a parser: a browser sends scheme, host and port in one form only.
    addresses = {f"http://{host}".lower(), f"https://{host}".lower()}
    return (call.header("origin") or "").lower() in addresses and _is_ours(call)


def _is_json(call: Call) -> bool:
    media_type = (call.header("content-type") or "").partition(";")[0]
    return media_type.strip().lower() == "application/json"


def _name(host: str) -> str:
    """The name in ``name:port`` or ``[v6]:port``; empty when there is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""
