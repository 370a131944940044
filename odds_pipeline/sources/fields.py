"""Cleaning of single values that came from outside.

Belongs here: one function a kind of value (name, key, id, time, point, price, score), each
giving a clean value or a ``FieldError`` with the reason. Does not belong here: documents.

Units: times are UTC; prices come in as stated and leave as decimal odds (>= 1, < 1e6).
"""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import asdict

from odds_pipeline.betting.odds import decimal_from_american
from odds_pipeline.catalog.observations import OddsFormat

NAME_LENGTH = 200
EVIDENCE_LENGTH = 2_000
PRICE_LIMIT = 1e6  # decimal prices stay below it
AMERICAN_LIMIT = (PRICE_LIMIT - 1.0) * 100.0
MILLISECONDS_FROM = 1e11  # as Unix seconds this would be the year 5138
FIRST_YEAR, LAST_YEAR = 2000, 2100
FARTHEST_START = timedelta(days=5 * 366)  # a start beyond it is a slip of the pen
FARTHEST_PAST = timedelta(days=1)  # what has happened may lie so far ahead of our own clock
EVIDENCE_PARTS, EVIDENCE_DEPTH, MANY_DIGITS = 200, 12, 10**50
KEYS = 1_000  # different keys a document may hold; a season's largest has some 150

_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp"})  # controls, formats, line separators

_KEY = re.compile(r"[a-z0-9_]{1,100}")
_EVENT_ID = re.compile(r"[0-9A-Za-z_.:-]{1,100}")
_SCORE = re.compile(r"[0-9]{1,5}")

T = TypeVar("T")
ReadPrice = Callable[[object], float]
CleanTime = Callable[[object], datetime]


class FieldError(ValueError):
    """A value that cannot be used; its text is the reason."""


class Cleaned(dict[object, T]):
    """Remembers what each stated value cleaned to, since documents repeat themselves.

    ``cleaned[value]`` raises ``FieldError`` for a value that cannot be used and ``TypeError``
    for one that cannot even be hashed (a list or an object).

    Args:
        clean: cleans one value.
        most: different values that are believed; ``None`` = any number.
    """

    def __init__(self, clean: Callable[[object], T], most: int | None = None) -> None:
        super().__init__()
        self._clean = clean
        self._most = most

    def __missing__(self, value: object) -> T:
        cleaned = self._clean(value)
        if self._most is not None and len(self) >= self._most:
            raise FieldError(f"document holds more than {self._most:,} different keys")
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
    visible = "".join(c for c in value if kinds[c] not in _INVISIBLE)
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


def no_later(limit: datetime, what: str, clean: Callable[[object], datetime]) -> CleanTime:
    """The same cleaning that refuses times after ``limit``, called ``what`` in the reason."""

    def cleaned(value: object) -> datetime:
        time = clean(value)
        if time > limit:
            raise FieldError(f"{what} {time:%Y-%m-%dT%H:%M:%SZ} is too far in the future")
        return time

    return cleaned


def or_none(clean: CleanTime) -> Callable[[object], datetime | None]:
    """The same cleaning that takes ``None`` and empty text for a time that is not stated."""
    return lambda value: None if value is None or value == "" else clean(value)


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
    """The offending value as printable text, at most 2,000 characters.

    Only its beginning is looked at, so that a value of any size costs the same.
    """
    return json.dumps(_Beginning().of(value, EVIDENCE_DEPTH), default=str)[:EVIDENCE_LENGTH]


class _Beginning:
    """Takes the first parts of a value, however it is nested."""

    def __init__(self) -> None:
        self._room = EVIDENCE_PARTS

    def of(self, value: object, depth: int) -> object:
        """The beginning of a value."""
        if isinstance(value, str):
            return value[:EVIDENCE_LENGTH]
        if isinstance(value, int):
            return value if abs(value) < MANY_DIGITS else "(a number of many digits)"
        if isinstance(value, Struct):
            value = asdict(value)
        if not isinstance(value, dict | list | tuple):
            return value
        if not depth:
            return "(nested deeper)"
        if isinstance(value, dict):
            return {
                str(key)[:EVIDENCE_LENGTH]: self.of(part, depth - 1)
                for key, part in self._some(value.items())
            }
        return [self.of(part, depth - 1) for part in self._some(value)]

    def _some(self, parts: Iterable[T]) -> Iterator[T]:
        for part in parts:
            if not self._room:
                return
            self._room -= 1
            yield part
