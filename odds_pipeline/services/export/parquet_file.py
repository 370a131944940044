"""Rows as Parquet: typed columns, zstd-compressed, times as UTC microseconds.

Belongs here: Arrow types. Does not belong here: which rows, temporary names.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from odds_pipeline.catalog.fields import Field, FieldType
from odds_pipeline.errors import UsageError


class ParquetFile:
    """A Parquet file being written; use it as a context manager.

    Args:
        path: where to; replaced if it is there.
        fields: its columns; unit and meaning become the columns' metadata.

    Raises:
        UsageError: the library that writes Parquet is not installed.
    """

    def __init__(self, path: Path, fields: Sequence[Field]) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError:
            pa = None
        if pa is None:
            raise UsageError(
                "--format parquet needs pyarrow (pip install pyarrow); or use --format csv"
            )
        types = {
            FieldType.INTEGER: pa.int64(),
            FieldType.NUMBER: pa.float64(),
            FieldType.BOOLEAN: pa.bool_(),
            FieldType.DATE: pa.date32(),
            FieldType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
        }
        self._arrow = pa
        self._fields = fields
        self._schema = pa.schema(
            [
                pa.field(
                    field.name,
                    types.get(field.type, pa.string()),
                    metadata={"meaning": field.meaning, "unit": field.unit or ""},
                )
                for field in fields
            ]
        )
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows, as one row group."""
        if not rows:
            return
        arrays = [
            self._arrow.array(_plain(values, field.type), type=self._schema.field(place).type)
            for place, (field, values) in enumerate(
                zip(self._fields, zip(*rows, strict=True), strict=True)
            )
        ]
        self._writer.write_batch(self._arrow.record_batch(arrays, schema=self._schema))


def _plain(values: Sequence[Any], kind: FieldType) -> Sequence[Any]:
    """The values as Arrow takes them."""
    if kind is FieldType.NUMBER:
        return [None if value is None else float(value) for value in values]
    if kind is FieldType.JSON:
        return [None if value is None else json.dumps(value) for value in values]
    if kind is FieldType.TEXT:
        return [None if value is None else str(value) for value in values]
    return values
