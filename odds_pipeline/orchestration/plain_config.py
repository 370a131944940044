"""Run configuration as people type it into Dagster: text, and numbers that are some.

Belongs here: what no field may hold. Does not belong here: fields.

It comes from a form, a file or GraphQL, all of which can say what our database cannot keep: a NUL,
half a surrogate pair, a number without end.
"""

import unicodedata
from collections.abc import Iterator

import dagster as dg
from pydantic import field_validator

LONGEST = 2_000  # characters of one text
_NUMBER = 2**63


class PlainConfig(dg.Config):
    """Refuses control characters, text without end and numbers that are none."""

    @field_validator("*")
    @classmethod
    def _plain(cls, value: object) -> object:
        for part in _parts(value):
            if isinstance(part, str):
                _require_text(part)
            if isinstance(part, float | int) and not abs(part) < _NUMBER:  # nor NaN
                raise ValueError("is not a number in range")
        return value


def _parts(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for part in value:
            yield from _parts(part)
    else:
        yield value


def _require_text(text: str) -> None:
    if len(text) > LONGEST:
        raise ValueError(f"is longer than {LONGEST:,} characters")
    if any(unicodedata.category(one) in {"Cc", "Cs"} and one not in "\n\t" for one in text):
        raise ValueError("holds a control character, or is not UTF-8")
