"""Tells whether PostgreSQL can read a body as JSON, without asking it.

Belongs here: the few things in valid JSON that ``jsonb`` refuses. Does not belong here: parsing.
"""

import re

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

_DECODER = Decoder(Raw)  # looks at every byte and builds nothing
_ESCAPES = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")  # NUL, and halves of characters
_EXPONENTS = re.compile(rb"[eE][+-]?[0-9]{5}")
_DIGITS = re.compile(rb"[0-9]{1000}")
_MANY = 100_000  # digits that a number may have; shorter bodies cannot hold as many


def plain_text(body: bytes) -> str | None:
    """The text of a JSON body that PostgreSQL can surely read; ``None`` where it must be asked."""
    if _ESCAPES.search(body) or _EXPONENTS.search(body):
        return None
    if len(body) > _MANY and _DIGITS.search(body):
        return None
    try:
        _DECODER.decode(body)
        return body.decode()
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return None
