"""A dataset's files: Parquet that is the same for the same values, and the manifest beside it.

Belongs here: columns, order and bytes of the files, digests. Does not belong here: what is frozen
(``services.datasets``), the rows that list datasets (``datasets``).

Nothing in a file depends on the database it came from or the moment it was written: no numbers of
rows, no known times. Results stand apart from offers, so that no strategy is handed them.
"""

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from odds_pipeline.catalog.fields import FieldType, describe
from odds_pipeline.errors import StorageError
from odds_pipeline.storage.values_hash import values_hash

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FORMAT = 1
MANIFEST = "manifest.json"
LEVEL = 9
ROW_GROUP = 64_000
READ_ONLY = 0o444

_OFFERS = (
    *("decision_time", "event_id", "market_key", "bookmaker_key", "outcome_name"),
    *("point", "description", "offset_seconds"),
)
# By file: the columns that put its rows in order. Arrivals are only frozen with a latency.
ORDER: Mapping[str, tuple[str, ...]] = {
    "offers": _OFFERS,
    "arrivals": _OFFERS,
    "events": ("commence_time", "event_id"),
    "closing_lines": ("event_id", "market_key", "bookmaker_key", "outcome_name", "description"),
    "results": ("event_id",),
}


class FileNote(NamedTuple):
    """What a manifest says of one file; digests are hexadecimal."""

    rows: int
    bytes: int
    sha256: str
    values_sha256: str


def tables_of(frames: "Mapping[str, pd.DataFrame]") -> "dict[str, pa.Table]":
    """The frames of a dataset as its files hold them: their columns, types and order of rows.

    Args:
        frames: by file; each with the columns that ``catalog.fields`` lists as ``dataset_<file>``.
    """
    import pyarrow as pa

    tables = {}
    for name, order in ORDER.items():
        if name not in frames:
            continue
        shape = _schema(name)
        table = pa.Table.from_pandas(frames[name][shape.names], schema=shape, preserve_index=False)
        table = table.replace_schema_metadata(None)
        tables[name] = table.sort_by([(column, "ascending") for column in order])
    return tables


def values_hashes(tables: "Mapping[str, pa.Table]") -> dict[str, str]:
    """SHA-256 over the values of each file, hexadecimal."""
    return {name: values_hash(tables[name]) for name in ORDER if name in tables}


def content_hash(hashes: Mapping[str, str]) -> str:
    """One digest over those of all files, hexadecimal."""
    text = "".join(f"{name} {hashes[name]}\n" for name in ORDER if name in hashes)
    return sha256(f"dataset {FORMAT}\n{text}".encode()).hexdigest()


def write(
    folder: Path, tables: "Mapping[str, pa.Table]", stated: Mapping[str, Any]
) -> dict[str, Any]:
    """Write the files and their manifest into an empty folder; returns the manifest.

    Args:
        folder: where to.
        tables: by file.
        stated: what the manifest says besides.
    """
    notes = {name: _write(folder / _file(name), table) for name, table in tables.items()}
    manifest = {
        "format": FORMAT,
        **stated,
        "content_hash": content_hash({name: note.values_sha256 for name, note in notes.items()}),
        "files": {name: note._asdict() for name, note in notes.items()},
    }
    path = folder / MANIFEST
    path.write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    _sync(path)
    return manifest


def read_manifest(path: Path) -> dict[str, Any]:
    """A manifest.

    Raises:
        StorageError: it is not there, or is none.
    """
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise StorageError(f"{path} is not there") from missing
    except ValueError as wrong:
        raise StorageError(f"{path} is no manifest of a dataset") from wrong
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise StorageError(f"{path} is no manifest of a dataset that this version reads")
    return manifest


def digest_of(path: Path) -> str | None:
    """SHA-256 of a file, hexadecimal; ``None`` where there is none."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def edited(folder: Path, manifest_sha256: str) -> list[str]:
    """Names of the files that are not as they were frozen, or missing.

    Args:
        folder: the dataset's.
        manifest_sha256: digest of its manifest, as the database has it.
    """
    if digest_of(folder / MANIFEST) != manifest_sha256:
        return [MANIFEST]
    notes = read_manifest(folder / MANIFEST)["files"]
    return [
        _file(name)
        for name, note in notes.items()
        if digest_of(folder / _file(name)) != note["sha256"]
    ]


def read(folder: Path) -> "dict[str, pa.Table]":
    """The tables of a dataset, by file.

    Raises:
        StorageError: a file is missing or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return {
            name: pq.read_table(folder / _file(name), page_checksum_verification=True)
            for name in read_manifest(folder / MANIFEST)["files"]
        }
    except (OSError, pa.ArrowException) as damaged:
        raise StorageError(f"the dataset in {folder} cannot be read: {damaged}") from damaged


def frame_of(table: "pa.Table") -> "pd.DataFrame":
    """A table as the readers would have given it."""
    import pandas as pd
    import pyarrow as pa

    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    frame: pd.DataFrame = table.to_pandas(types_mapper=nullable.get)
    return frame


def protect(folder: Path) -> None:
    """Let nobody write the files by mistake."""
    names = read_manifest(folder / MANIFEST)["files"]
    for path in [folder / MANIFEST, *(folder / _file(name) for name in names)]:
        path.chmod(READ_ONLY)


def _schema(name: str) -> "pa.Schema":
    import pyarrow as pa

    types = {
        FieldType.INTEGER: pa.int64(),
        FieldType.NUMBER: pa.float64(),
        FieldType.BOOLEAN: pa.bool_(),
        FieldType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    }
    return pa.schema(
        [(field.name, types.get(field.type, pa.string())) for field in describe(f"dataset_{name}")]
    )


def _write(path: Path, table: "pa.Table") -> FileNote:
    import pyarrow.parquet as pq

    pq.write_table(
        table,
        path,
        version="2.6",
        compression="zstd",
        compression_level=LEVEL,
        row_group_size=ROW_GROUP,
        write_page_checksum=True,
    )
    _sync(path)
    digest = digest_of(path)
    assert digest is not None
    return FileNote(table.num_rows, path.stat().st_size, digest, values_hash(table))


def _file(name: str) -> str:
    return f"{name}.parquet"


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
