"""One export from question to finished file.

Belongs here: the order of the steps. Does not belong here: formats, queries. Memory holds one
batch of rows, whatever is exported; one state of the database is seen from first row to last.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from odds_pipeline.catalog.fields import Field
from odds_pipeline.errors import UsageError
from odds_pipeline.services.export.columns import columns_of, dictionary
from odds_pipeline.services.export.csv_file import CsvFile
from odds_pipeline.services.export.parquet_file import ParquetFile
from odds_pipeline.services.export.raw_folder import LIST, store_bodies
from odds_pipeline.services.export.whole import (
    digest_of,
    require_place,
    whole_file,
    whole_folder,
)
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import exports, known_time
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.export_queries.registry import SELECTIONS
from odds_pipeline.storage.exports import Asked

RAW = "raw_responses"
Progress = Callable[[int], None]
Rows = list[tuple[Any, ...]]


class FileFormat(StrEnum):
    """How rows are written."""

    PARQUET = "parquet"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished export: the file (or folder), the dictionary beside it, rows and bytes."""

    what: str
    path: Path
    dictionary: Path
    format: FileFormat
    rows: int
    bytes: int
    sha256: str
    columns: tuple[str, ...]


def export(
    platform: Platform,
    what: str,
    file_format: FileFormat,
    output: Path,
    asked: Asked,
    force: bool = False,
    progress: Progress = lambda _: None,
) -> Exported:
    """Write what is asked for to ``output``, and its dictionary to ``output``.columns.json.

    Args:
        platform: its database is read.
        what: a name of ``SELECTIONS``.
        file_format: Parquet or CSV.
        output: the file to make; for raw_responses the folder.
        asked: which rows.
        force: whether a file that exists may be replaced.
        progress: told the rows written so far.

    Raises:
        UsageError: a filter does not apply, the output cannot be made, no Parquet library.
        NotYetNormalised: what was known by the asked time is not normalised yet.
        StorageError: a stored document is not the bytes that came.
    """
    _require_filters(what, asked)
    require_place(output, force)
    with transaction(platform.engine) as conn:
        if asked.known_by is not None:
            known_time.resolve(conn, asked.known_by)
    make = _export_raw if what == RAW else _export_rows
    return make(platform, what, file_format, output, asked, progress)


def _export_rows(
    platform: Platform,
    what: str,
    file_format: FileFormat,
    output: Path,
    asked: Asked,
    progress: Progress,
) -> Exported:
    fields = columns_of(what)
    names = [field.name for field in fields]
    with whole_file(output) as passing, transaction(platform.engine) as conn:
        exports.freeze(conn)
        batches = exports.stream(conn, what, names, asked)
        rows = _write(passing, file_format, fields, batches, progress)
        beside = _describe(output, what, rows, asked)
    return Exported(
        *(what, output, beside, file_format, rows),
        *(output.stat().st_size, digest_of(output), tuple(names)),
    )


def _export_raw(
    platform: Platform,
    what: str,
    file_format: FileFormat,
    output: Path,
    asked: Asked,
    progress: Progress,
) -> Exported:
    if output.exists():
        raise UsageError(f"--output: {output} exists; name a folder that is to be made")
    fields = columns_of(what)
    wanted = [field.name for field in fields[:-1]]
    wanted[wanted.index("sha256")] = "digest"
    listed = f"{LIST}.{file_format}"
    size = 0

    def listing(folder: Path, batches: Iterable[Rows]) -> Iterator[Rows]:
        nonlocal size
        for batch in batches:
            rows, written = store_bodies(folder, wanted, batch)
            size += written
            yield rows

    with whole_folder(output) as passing, transaction(platform.engine) as conn:
        exports.freeze(conn)
        batches = exports.stream(conn, what, [*wanted, "body"], asked)
        place = passing / listed
        rows = _write(place, file_format, fields, listing(passing, batches), progress)
        _describe(place, what, rows, asked)
    final = output / listed
    return Exported(
        *(what, output, Path(f"{final}.columns.json"), file_format, rows),
        *(size + final.stat().st_size, digest_of(final), tuple(field.name for field in fields)),
    )


def _write(
    path: Path,
    file_format: FileFormat,
    fields: Sequence[Field],
    batches: Iterable[Rows],
    progress: Progress,
) -> int:
    written = 0
    kind = ParquetFile if file_format is FileFormat.PARQUET else CsvFile
    with kind(path, fields) as file:
        for rows in batches:
            file.write(rows)
            written += len(rows)
            progress(written)
    return written


def _describe(data: Path, what: str, rows: int, asked: Asked) -> Path:
    """Put the dictionary in place before the data, which then never stands without it."""
    beside = data.with_name(f"{data.name}.columns.json")
    stated = {name: str(value) for name, value in asked.values().items() if value is not None}
    with whole_file(beside) as passing:
        text = json.dumps(dictionary(what, rows, stated), indent=2, ensure_ascii=False)
        passing.write_text(f"{text}\n", encoding="utf-8")
    return beside


def _require_filters(what: str, asked: Asked) -> None:
    given = {name for name, value in asked.values().items() if value is not None}
    unfit = sorted(given - SELECTIONS[what].filters)
    if unfit:
        option = {"event": "--event-id", "known_by": "--known-by"}.get(unfit[0], f"--{unfit[0]}")
        raise UsageError(f"{option} does not apply to {what}")
