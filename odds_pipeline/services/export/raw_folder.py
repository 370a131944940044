"""Raw documents as files: the exact bytes that came, each checked against its digest.

Belongs here: names and contents of those files. Does not belong here: the list of them.
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import zstandard

from odds_pipeline.errors import StorageError

LIST = "raw_responses"


def store_bodies(
    folder: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> tuple[list[tuple[Any, ...]], int]:
    """Write each row's body below the folder, as ``<UTC day>/<raw_id>.json`` (or ``.txt``).

    Args:
        folder: where to.
        columns: names of the rows' values but the last, which is the compressed body.
        rows: documents.

    Returns:
        The rows with the file's path in place of the body, and the bytes written.

    Raises:
        StorageError: the bytes are not those that were stored.
    """
    number, day, digest = (columns.index(name) for name in ("raw_id", "received_at", "digest"))
    unpack = zstandard.ZstdDecompressor().decompress
    listed, size = [], 0
    for *row, packed in rows:
        body = unpack(packed)
        if sha256(body).hexdigest() != row[digest]:
            raise StorageError(f"raw document {row[number]} is not the bytes that came: restore it")
        file = Path(f"{row[day]:%Y-%m-%d}") / f"{row[number]}.{_ending(body)}"
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes(body)
        listed.append((*row, str(file)))
        size += len(body)
    return listed, size


def _ending(body: bytes) -> str:
    return "json" if body.lstrip()[:1] in {b"[", b"{"} else "txt"
