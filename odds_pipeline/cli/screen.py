"""What reaches the terminal: cleaned text, tables, JSON and one-line messages.

Belongs here: how anything is printed. Does not belong here: what is printed.

Names come from a provider and may hold anything: control characters are removed and no text is
ever read as Rich markup. JSON times are UTC; table times are in the zone that was asked for.
"""

import json
import math
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from odds_pipeline.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

YES, NO, WARN = "✓", "✗", "⚠"
FIRST_YEAR, LAST_YEAR = 1900, 2199
MISSING = "-"
_PIPED_WIDTH = 200
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: which key it shows, under which heading."""

    key: str
    heading: str
    right: bool = False


@cache
def console() -> "Console":
    """The one console of standard output; wide when it is not a terminal."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    return Console(width=width, markup=False, highlight=False, emoji=False, soft_wrap=False)


def clean(text: object) -> str:
    """The text on one line, without control, format and surrogate characters."""
    kept = (
        char for char in str(text) if char.isspace() or unicodedata.category(char) not in _DROPPED
    )
    return " ".join("".join(kept).split())


def say(text: str) -> None:
    """Print one line of our own words; foreign text in it is cleaned with the rest."""
    console().print(clean(text), soft_wrap=True)


def put(text: str) -> None:
    """Print one line as it is, its columns kept; foreign text in it was cleaned before."""
    console().print(text, soft_wrap=True)


def complain(text: object) -> None:
    """Print one line on standard error, without secrets."""
    from odds_pipeline.redaction import redact

    sys.stderr.write(f"{NO} {clean(redact(str(text)))}\n")


@contextmanager
def spinner(doing: str, quiet: bool) -> Iterator[Callable[[str], None]]:
    """In a terminal a line that says what is being done right now; elsewhere nothing."""
    if quiet or not console().is_terminal:
        yield lambda _: None
        return
    from rich.text import Text

    with console().status(Text(doing)) as turning:
        yield lambda what: turning.update(Text(f"{doing} {clean(what)}"))


def show_json(value: object) -> None:
    """Print a value as JSON: times UTC with Z, what is missing null; highlighted in a terminal."""
    text = json.dumps(value, indent=2, default=_plain, allow_nan=False)
    if not console().is_terminal:
        sys.stdout.write(f"{text}\n")
        return
    from rich.json import JSON

    # Escaped again, so that no foreign character reaches the terminal as itself.
    console().print(JSON(text, indent=2, ensure_ascii=True), soft_wrap=True)


def show_table(
    rows: Iterable[Row], columns: Sequence[Column], zone: ZoneInfo, title: str = ""
) -> None:
    """Print rows as a table."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=clean(title) or None, title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column.heading, justify="right" if column.right else "left")
    for row in rows:
        table.add_row(*(Text(shown(row.get(column.key), zone)) for column in columns))
    console().print(table)


def records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """A frame's rows as plain values; whatever is missing is ``None``."""
    return [
        {str(key): _native(value) for key, value in row.items()} for row in frame.to_dict("records")
    ]


def shown(value: object, zone: ZoneInfo) -> str:
    """A value as tables show it."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return clean(value)


def american(price: int | None) -> str:
    """American odds with their sign."""
    return MISSING if price is None else f"{price:+d}"


def percent(share: float | None) -> str:
    """A share as a percentage with one decimal."""
    return MISSING if share is None else f"{share:.1%}"


def size(count: float) -> str:
    """Bytes in a unit a person reads."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:,.0f} {unit}" if unit == "B" else f"{count:,.1f} {unit}"
        count /= 1024
    return f"{count:,.1f} TiB"


def zone_named(name: str) -> ZoneInfo:
    """The time zone of that IANA name.

    Raises:
        UsageError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        reason = f"--tz: {name!r} is not a time zone; use an IANA name such as America/New_York"
    raise UsageError(reason)


def moment(text: str | None, option: str) -> datetime | None:
    """The time an option states.

    Raises:
        UsageError: not an ISO 8601 time with a zone, or of a year without odds.
    """
    if text is None:
        return None
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        value = None
    if value is None or value.tzinfo is None or not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise UsageError(
            f"{option}: {text!r} is not an ISO 8601 time with a zone, such as 2026-01-31T18:00:00Z"
        )
    return value.astimezone(UTC)


def day(text: str | None, option: str) -> date | None:
    """The day an option states.

    Raises:
        UsageError: not an ISO 8601 date.
    """
    if text is None:
        return None
    try:
        return iso_day(text)
    except ValueError:
        reason = f"{option}: {text!r} is not a date, such as 2026-01-31"
    raise UsageError(reason)


def iso_day(text: str) -> date:
    """The day that a text states.

    Raises:
        ValueError: not an ISO 8601 date, or of a year without odds, which nothing can reckon with.
    """
    found = date.fromisoformat(text)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"the year is not from {FIRST_YEAR} to {LAST_YEAR}")
    return found


def _native(value: object) -> object:
    if value is None or value != value or type(value).__name__ in {"NAType", "NaTType"}:
        return None
    if isinstance(value, datetime):
        return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
    return value.item() if hasattr(value, "item") else value


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value)
