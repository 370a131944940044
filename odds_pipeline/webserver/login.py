"""Who is calling: a password, or a proxy that has asked for one.

Belongs here: telling whether a call comes from somebody who may see the UI. Does not belong here:
where it comes from (``policy``), HTTP (``guard``).

A password is kept as an argon2id hash only. What was right once is remembered as a keyed digest
in this process, since argon2id is slow on purpose and the UI asks several times a second.
"""

import asyncio
import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from odds_pipeline.webserver.policy import Call

Network = IPv4Network | IPv6Network
WRONG_COSTS_S = 1.0
_LONGEST = 1024
_REMEMBERED = 16


class Login(Protocol):
    """Decides whether a call is made by somebody who may."""

    async def accepts(self, call: Call, peer: str) -> bool:
        """Whether it is; ``peer`` is the address at the other end of the connection."""
        ...


class PasswordLogin:
    """HTTP Basic with one user.

    Guesses queue up behind one another and each wrong one costs a second, whoever makes it.

    Args:
        user: the name.
        hashed: argon2id hash of the password, as ``odds config hash-password`` prints it.
        wrong_costs_s: how long a wrong guess holds the queue, in seconds.
    """

    def __init__(self, user: str, hashed: str, wrong_costs_s: float = WRONG_COSTS_S) -> None:
        self._user = user
        self._hashed = hashed
        self._wrong_costs_s = wrong_costs_s
        self._key = secrets.token_bytes(32)
        self._right: list[bytes] = []
        self._queue = asyncio.Lock()

    async def accepts(self, call: Call, peer: str) -> bool:
        """Whether the call carries the right name and password."""
        header = call.header("authorization") or ""
        if not header or len(header) > _LONGEST:
            return False
        digest = hmac.digest(self._key, header.encode(), "sha256")
        if self._remembers(digest):
            return True
        async with self._queue:
            if self._remembers(digest):
                return True
            if await asyncio.to_thread(self._is_right, header):
                # The same password has few spellings of its header: more is no browser.
                self._right = [*self._right, digest][-_REMEMBERED:]
                return True
            await asyncio.sleep(self._wrong_costs_s)
        return False

    def _remembers(self, digest: bytes) -> bool:
        return any(hmac.compare_digest(digest, known) for known in self._right)

    def _is_right(self, header: str) -> bool:
        user, password = _credentials(header)
        named = hmac.compare_digest(user.encode(), self._user.encode())
        try:
            # A wrong name takes as long as a wrong password.
            fits = PasswordHasher().verify(self._hashed, password)
        except (Argon2Error, InvalidHashError):
            return False
        return named and fits


class ProxyLogin:
    """A reverse proxy that has logged the user in says so in a header.

    Args:
        header: its name, such as ``X-Remote-User``; the proxy must drop what a client sends in it.
        proxies: the networks the proxy calls from; from anywhere else the header means nothing.
    """

    def __init__(self, header: str, proxies: Sequence[Network]) -> None:
        self._header = header.lower()
        self._proxies = tuple(proxies)

    async def accepts(self, call: Call, peer: str) -> bool:
        """Whether the proxy names a user."""
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        trusted = any(address in network for network in self._proxies)
        return trusted and bool(call.header(self._header))


def _credentials(header: str) -> tuple[str, str]:
    """Name and password of a Basic header; both empty when it is none."""
    scheme, _, packed = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(packed, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password
