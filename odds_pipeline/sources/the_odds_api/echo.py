"""Hiding the key in what a provider repeats: error pages quote the address they were asked for.

Belongs here: the spellings of a key and taking them out. Does not belong here: HTTP
(``transport``).
"""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

SHORTEST = 16  # characters; a shorter key (of a loopback provider) may be an ordinary word
HIDDEN = "(key-hidden)"  # without a space, so that it passes for a value in an address


class Echo:
    """Takes one key out of text and bytes, however it is spelled there.

    Args:
        key: the API key; one shorter than ``SHORTEST`` is left alone.
    """

    def __init__(self, key: SecretStr) -> None:
        secret = key.get_secret_value()
        found = set(_spellings(secret)) if len(secret) >= SHORTEST else set()
        # The longest first: a shorter spelling may be a part of a longer one.
        self._spellings = tuple(SecretStr(one) for one in sorted(found, key=len, reverse=True))

    def hide(self, body: bytes) -> bytes:
        """The bytes without the key; the same bytes where it is not there."""
        for spelling in self._spellings:
            body = body.replace(spelling.get_secret_value().encode(), HIDDEN.encode())
        return body

    def hide_in(self, text: str) -> str:
        """The text without the key."""
        for spelling in self._spellings:
            text = text.replace(spelling.get_secret_value(), HIDDEN)
        return text


def _spellings(key: str) -> Iterator[str]:
    yield key
    for quoted in (quote(key), quote(key, safe=""), quote_plus(key), quote(quote(key, safe=""))):
        yield quoted
        yield _lower_escapes(quoted)
    yield html.escape(key)
    # In the repr of a longer text, whose other characters decide which quote is escaped.
    yield repr(key)[1:-1]
    yield key.replace("\\", "\\\\").replace("'", "\\'")
    as_json = json.dumps(key)[1:-1]
    yield as_json
    yield as_json.replace("/", "\\/")
    for encode in (b64encode, urlsafe_b64encode):
        yield from _inside_base64(key.encode(), encode)


def _lower_escapes(quoted: str) -> str:
    head, *escapes = quoted.split("%")
    return "".join((head, *(f"%{part[:2].lower()}{part[2:]}" for part in escapes)))


def _inside_base64(key: bytes, encode: Callable[[bytes], bytes]) -> Iterator[str]:
    """What of a base64 text depends on the key alone, wherever the key stands in the data."""
    for before in range(3):
        coded = encode(b"\0" * before + key).rstrip(b"=").decode()
        first = (0, 2, 3)[before]
        last = len(coded) - (1 if (before + len(key)) % 3 else 0)
        yield coded[first:last]
