"""Rows as CSV (RFC 4180, UTF-8) that no spreadsheet takes for formulas.

Belongs here: how each type is spelled. Does not belong here: which rows, temporary names.
A text that begins like a formula gets a ' in front; numbers stay numbers, minus sign and all.
"""

import csv
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from odds_pipeline.catalog.fields import Field, FieldType

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class CsvFile:
    """A CSV file being written; use it as a context manager.

    Args:
        path: where to; replaced if it is there.
        fields: its columns.
    """

    def __init__(self, path: Path, fields: Sequence[Field]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow([field.name for field in fields])
        self._spell = [_SPELLINGS.get(field.type, str) for field in fields]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows; None becomes an empty cell."""
        spell = self._spell
        self._writer.writerows(
            [None if value is None else how(value) for value, how in zip(row, spell, strict=True)]
            for row in rows
        )


def safe_text(value: object) -> str:
    """The text as a cell that is only text."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


@lru_cache(4096)
def _moment(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


def _flag(value: object) -> str:
    return "true" if value else "false"


def _same(value: object) -> object:
    return value


_SPELLINGS: dict[FieldType, Callable[[Any], object]] = {
    FieldType.TEXT: safe_text,
    FieldType.TIMESTAMP: _moment,
    FieldType.BOOLEAN: _flag,
    FieldType.INTEGER: _same,
    FieldType.NUMBER: _same,
    FieldType.JSON: lambda value: safe_text(json.dumps(value)),
}
