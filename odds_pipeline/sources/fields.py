"""Cleaning of single values that came from outside.

Belongs here: one function a kind of value (name, key, id, time, point, price, score), each
giving a clean value or a ``FieldError`` with the reason. Does not belong here: documents.

Units: times are UTC; prices come in as stated and leave as decimal odds (>= 1, < 1e6).
"""

import json
import math
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from msgspec import to_builtins

from odds_pipeline.betting.odds import decimal_from_american
from odds_pipeline.catalog.observations import OddsFormat

NAME_LENGTH = 200
EVIDENCE_LENGTH = 2_000
PRICE_LIMIT = 1e6  # decimal prices stay below it
AMERICAN_LIMIT = (PRICE_LIMIT - 1.0) * 100.0
MILLISECONDS_FROM = 1e11  # as Unix seconds this would be the year 5138
FIRST_YEAR, LAST_YEAR = 2000, 2100

_KEY = re.compile(r"[a-z0-9_]{1,100}")
_EVENT_ID = re.compile(r"[0-9A-Za-z_.:-]{1,100}")
_SCORE = re.compile(r"[0-9]{1,5}")

T = TypeVar("T")
ReadPrice = Callable[[object], float]


class FieldError(ValueError):
    """A value that cannot be used; its text is the reason."""


class Cleaned(dict[object, T]):
    """Remembers what each stated value cleaned to, since documents repeat themselves.

    ``cleaned[value]`` raises ``FieldError`` for a value that cannot be used and ``TypeError``
    for one that cannot even be hashed (a list or an object).
    """

    def __init__(self, clean: Callable[[object], T]) -> None:
        super().__init__()
        self._clean = clean

    def __missing__(self, value: object) -> T:
        cleaned = self._clean(value)
        self[value] = cleaned
        return cleaned


def clean_name(value: object) -> str:
    """A name: NFKC, without control and format characters, trimmed, 1 to 200 characters."""
    if type(value) is not str:
        raise FieldError("name is not text")
    if len(value) > 4 * NAME_LENGTH:
        raise FieldError(f"name is longer than {NAME_LENGTH} characters")
    name = value if value.isascii() and value.isprintable() else _normalised(value)
    name = name.strip()
    if not name:
        raise FieldError("name is empty")
    if len(name) > NAME_LENGTH:
        raise FieldError(f"name is longer than {NAME_LENGTH} characters")
    return name


def _normalised(value: str) -> str:
    kinds = {character: unicodedata.category(character) for character in set(value)}
    if "Cs" in kinds.values():
        raise FieldError("name holds half a character (lone surrogate)")
    visible = "".join(c for c in value if kinds[c] not in {"Cc", "Cf"})
    return unicodedata.normalize("NFKC", visible)


def clean_optional_name(value: object) -> str | None:
    """A name, or ``None`` where none is stated."""
    return None if value is None or value == "" else clean_name(value)


def clean_key(value: object) -> str:
    """A provider key: 1 to 100 lower-case letters, digits and underscores."""
    if type(value) is not str or not _KEY.fullmatch(value):
        raise FieldError("key is not lower-case letters, digits and underscores")
    return value


def clean_event_id(value: object) -> str:
    """A provider's event id: 1 to 100 letters, digits and ``_.:-``."""
    if type(value) is not str or not _EVENT_ID.fullmatch(value):
        raise FieldError("event id is not 1 to 100 letters and digits")
    return value


def clean_time(value: object) -> datetime:
    """A time as UTC: Unix seconds, Unix milliseconds or ISO 8601 with a zone."""
    try:
        if type(value) is str:
            time = datetime.fromisoformat(value)
        elif type(value) is int or type(value) is float:
            seconds = value / 1000 if abs(value) >= MILLISECONDS_FROM else value
            time = datetime.fromtimestamp(seconds, UTC)
        else:
            raise FieldError("time is neither text nor a number")
        if time.tzinfo is None:
            raise FieldError("time has no zone")
        time = time.astimezone(UTC)
    except FieldError:
        raise
    except (ValueError, OverflowError, OSError):
        raise FieldError("time is not a Unix or ISO 8601 time") from None
    if not FIRST_YEAR <= time.year <= LAST_YEAR:
        raise FieldError(f"time lies in the year {time.year}")
    return time


def clean_optional_time(value: object) -> datetime | None:
    """A time, or ``None`` where none is stated."""
    return None if value is None or value == "" else clean_time(value)


def clean_point(value: object) -> float | None:
    """A line or handicap; ``None`` where the market has none."""
    if value is None:
        return None
    if (type(value) is float or type(value) is int) and -PRICE_LIMIT < value < PRICE_LIMIT:
        return value + 0.0  # adding 0.0 makes floats of ints and one zero of two
    raise FieldError("point is not a number in range")


def clean_score(value: object) -> int:
    """A score: a whole number of points, as a number or as text."""
    if type(value) is int and 0 <= value < 10**5:
        return value
    if type(value) is str and _SCORE.fullmatch(value):
        return int(value)
    raise FieldError("score is not a whole number")


def price_reader(odds_format: OddsFormat) -> ReadPrice:
    """The function that turns a price stated in this format into decimal odds."""
    return _from_american if odds_format is OddsFormat.AMERICAN else _from_decimal


def _from_decimal(value: object) -> float:
    if type(value) is float or type(value) is int:
        if 1.0 <= value < PRICE_LIMIT:
            return float(value)
        raise FieldError(_out_of_range("decimal", value))
    raise FieldError("price is not a number")


def _from_american(value: object) -> float:
    if type(value) is float or type(value) is int:
        if not -AMERICAN_LIMIT < value < AMERICAN_LIMIT:
            raise FieldError(_out_of_range("American", value))
        try:
            return decimal_from_american(value)
        except ValueError as impossible:
            reason = str(impossible)
        raise FieldError(reason)
    raise FieldError("price is not a number")


def _out_of_range(kind: str, value: float) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"{kind} price is not finite"
    return f"{kind} price {str(value)[:30]} is out of range"


def looks_american(price: object) -> bool:
    """Whether a stated price can be American: a whole number with |p| >= 100."""
    if type(price) is int:
        return abs(price) >= 100
    return type(price) is float and price.is_integer() and abs(price) >= 100.0


def evidence_of(value: object) -> str:
    """The offending value as printable text, at most 2,000 characters."""
    try:
        return json.dumps(to_builtins(value), default=str)[:EVIDENCE_LENGTH]
    except RecursionError:
        return "(nested too deeply to show)"
