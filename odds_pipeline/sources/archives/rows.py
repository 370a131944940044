"""The rows of an archive's file, by column name.

Belongs here: text and Parquet to rows. Does not belong here: what a row means (``shapes``,
``reading``).

Row numbers count lines of the table: the header is row 1. Old spreadsheets leave their traces:
another encoding than UTF-8, rows of nothing but commas, empty columns behind the last one; none
of these is data.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from odds_pipeline.errors import MalformedResponse

ENCODINGS = ("utf-8-sig", "cp1252")
PARQUET = b"PAR1"


class Row(NamedTuple):
    """One row: its number and its trimmed fields by column name."""

    number: int
    fields: Mapping[str, str]


class Rows(NamedTuple):
    """A file's rows, sorted by content, since the order of a file's rows says nothing.

    ``ragged`` are the rows whose fields cannot be matched with the columns.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    ragged: tuple[tuple[int, list[str]], ...]


def read_rows(body: bytes, in_order: bool = False) -> Rows:
    """Read a CSV or Parquet file.

    Args:
        body: the file's bytes.
        in_order: keep the file's order, where neighbours belong together.

    Raises:
        MalformedResponse: neither, or two columns have the same name.
    """
    lines = _parquet_lines(body) if body.startswith(PARQUET) else _csv_lines(body)
    header = [name.strip() for name in next(lines, [])]
    columns = tuple(name for name in header if name)
    if len(set(columns)) != len(columns):
        twice = next(name for name in columns if columns.count(name) > 1)
        raise MalformedResponse(f"column {twice[:60]!r} stands twice")
    rows: list[Row] = []
    ragged = []
    for number, line in enumerate(lines, 2):
        fields = [field.strip() for field in line]
        if not any(fields):
            continue
        if len(fields) < len(columns) or any(fields[len(header) :]):
            ragged.append((number, line))
            continue
        rows.append(Row(number, {n: v for n, v in zip(header, fields, strict=False) if n}))
    if not in_order:
        rows.sort(key=lambda row: tuple(row.fields.values()))
    return Rows(columns, tuple(rows), tuple(ragged))


def columns_of_file(body: bytes) -> list[str]:
    """The column names of a CSV or Parquet file, trimmed.

    Raises:
        MalformedResponse: it is neither.
    """
    lines = _parquet_lines(body) if body.startswith(PARQUET) else _csv_lines(_first_line(body))
    return [name.strip() for name in next(lines, [])]


def _first_line(body: bytes) -> bytes:
    return body.lstrip(b"\r\n").split(b"\n", 1)[0]


def _csv_lines(body: bytes) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(_text(body), newline=""), strict=False)
    except csv.Error as broken:
        reason = str(broken)
    else:
        return
    raise MalformedResponse(f"file is not CSV: {reason}")


def _text(body: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise MalformedResponse("file is neither UTF-8 nor Windows-1252 text")


def _parquet_lines(body: bytes) -> Iterator[list[str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(body))
    except (pa.ArrowException, OSError):
        raise MalformedResponse("file is not readable as Parquet") from None
    yield list(table.column_names)
    columns: Sequence[list[object]] = [column.to_pylist() for column in table.columns]
    for values in zip(*columns, strict=True):
        yield ["" if value is None else str(value) for value in values]
