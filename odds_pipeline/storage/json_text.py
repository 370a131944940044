"""Tells whether PostgreSQL can read a body as JSON, without asking it.

Belongs here: the few things in valid JSON that ``jsonb`` refuses. Does not belong here: parsing.
"""

import re

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

_DECODER = Decoder(Raw)  # looks at every byte and builds nothing
_ESCAPES = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")  # NUL, and halves of characters
# Every digit as 0 and every exponent as e: then what is too large begins with a fixed text.
_NUMBERS = bytes.maketrans(b"123456789E", b"000000000e")
_EXPONENT = re.compile(rb"e000000*(?:[\s,\]}]|\Z)")  # as in a number, not in an id
_DIGITS = b"0" * 1000


def plain_text(body: bytes) -> str | None:
    """The text of a JSON body that PostgreSQL can surely read; ``None`` where it must be asked."""
    numbers = body.translate(_NUMBERS, b"+-")
    if _ESCAPES.search(body) or _EXPONENT.search(numbers) or _DIGITS in numbers:
        return None
    try:
        _DECODER.decode(body)
        return body.decode()
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return None
