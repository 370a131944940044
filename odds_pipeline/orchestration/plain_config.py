"""Run configuration as people type it into Dagster: text, and numbers that are some.

Belongs here: what no field may hold. Does not belong here: fields.

It comes from a form, a file or GraphQL, all of which can say what our database cannot keep: a NUL,
half a surrogate pair, a number without end.
"""

from collections.abc import Iterator
from datetime import date

import dagster as dg
from pydantic import field_validator

from odds_pipeline.catalog.plain_text import require_plain
from odds_pipeline.errors import UsageError

LONGEST = 2_000  # characters of one text
_NUMBER = 2**63


class PlainConfig(dg.Config):
    """Refuses control characters, text without end and numbers that are none."""

    @field_validator("*")
    @classmethod
    def _plain(cls, value: object) -> object:
        for part in _parts(value):
            if isinstance(part, str):
                require_plain(part, LONGEST, allowed="\n\t")
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


def typed_day(text: str, field: str) -> date:
    """The day that a field states.

    Raises:
        UsageError: it states none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{field}: {text!r} is not a day such as 2026-01-31") from None
