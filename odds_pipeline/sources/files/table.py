"""Reads a CSV file into rows under known column names.

Belongs here: columns and their aliases, rows, order. Does not belong here: what a row means
(``flat_odds``, ``flat_scores``).

Row numbers count lines of the table: the header is row 1.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from odds_pipeline.errors import MalformedResponse

Row = Mapping[str, str]
Aliases = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose columns go by our names.

    Args:
        columns: our column name -> place in a row; columns the file lacks are absent.
        rows: row number and fields, sorted by content: the order of a file's rows says nothing.
        ragged: row number and fields of rows whose length is not the header's.
    """

    columns: Mapping[str, int]
    rows: tuple[tuple[int, list[str]], ...]
    ragged: tuple[tuple[int, list[str]], ...]

    def named(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Row number and fields by our column names, trimmed."""
        for number, fields in self.rows:
            yield number, {name: fields[at].strip() for name, at in self.columns.items()}


def header_of(body: bytes) -> list[str]:
    """The column names of a CSV file, trimmed.

    Raises:
        MalformedResponse: the bytes are not UTF-8 text.
    """
    line = _text(body.split(b"\n", 1)[0])
    return [name.strip() for name in next(csv.reader([line]), [])]


def columns_of(header: Sequence[str], aliases: Aliases) -> dict[str, int]:
    """Our column name -> place in the header, by the first alias the header has."""
    places = {name: at for at, name in reversed(list(enumerate(header)))}
    found = {}
    for ours, theirs in aliases.items():
        at = next((places[name] for name in theirs if name in places), None)
        if at is not None:
            found[ours] = at
    return found


def missing_columns(header: Sequence[str], aliases: Aliases, required: Sequence[str]) -> list[str]:
    """The required columns, by their main alias, that the header lacks."""
    present = columns_of(header, aliases)
    return [aliases[name][0] for name in required if name not in present]


def read_table(body: bytes, aliases: Aliases, required: Sequence[str]) -> Table:
    """Read a CSV file.

    Raises:
        MalformedResponse: not UTF-8, not CSV, or a required column is missing.
    """
    reader = csv.reader(io.StringIO(_text(body), newline=""))
    try:
        lines = list(enumerate(reader, 1))
    except csv.Error as broken:
        reason = str(broken)
        lines = []
    else:
        reason = "" if lines else "file is empty"
    if reason:
        raise MalformedResponse(f"file is not CSV: {reason}")
    header = [name.strip() for name in lines[0][1]]
    missing = missing_columns(header, aliases, required)
    if missing:
        raise MalformedResponse(f"CSV lacks the column {', '.join(missing)}")
    body_lines = [(number, fields) for number, fields in lines[1:] if fields]
    rows = sorted((line for line in body_lines if len(line[1]) == len(header)), key=_content)
    ragged = sorted((line for line in body_lines if len(line[1]) != len(header)), key=_content)
    return Table(columns_of(header, aliases), tuple(rows), tuple(ragged))


def _content(line: tuple[int, list[str]]) -> list[str]:
    return line[1]


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as invalid:
        at = invalid.start
    raise MalformedResponse(f"file is not UTF-8 text (byte {at})")
