"""A digest of an Arrow table's values: the same however they are stored or compressed.

Belongs here: hashing values. Does not belong here: hashing files, order of rows (the caller's).

Each column goes in by name, type and values: text as lengths and bytes, numbers and times as
little-endian words of 64 bits. A missing value is a length or number that no value has; NaN counts
as missing, and minus zero as zero.
"""

from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Words = np.ndarray[Any, np.dtype[np.generic]]

MISSING = -(1 << 63)


def values_hash(table: "pa.Table") -> str:
    """SHA-256 over a table's columns and rows in their order, hexadecimal."""
    digest = sha256(f"{table.num_rows}\n".encode())
    for name in table.column_names:
        column = table[name].combine_chunks()
        digest.update(f"{name}:{column.type}\n".encode())
        for part in _parts(column):
            digest.update(part)
    return digest.hexdigest()


def _parts(column: "pa.Array") -> "list[bytes]":
    import pyarrow as pa

    if pa.types.is_string(column.type):
        return _text(column)
    if pa.types.is_floating(column.type):
        return [_floats(column).tobytes()]
    return [_integers(column).tobytes()]


def _text(column: "pa.Array") -> list[bytes]:
    import pyarrow as pa
    import pyarrow.compute as pc

    lengths = pc.fill_null(pc.binary_length(column).cast(pa.int64()), MISSING)
    plain = pc.fill_null(column, "").cast(pa.large_binary())
    return [lengths.to_numpy(zero_copy_only=False).astype("<i8").tobytes(), _bytes(plain)]


def _bytes(column: "pa.Array") -> bytes:
    """The values one after another."""
    import numpy as np

    _, offsets, values = column.buffers()
    if values is None:
        return b""
    ends = np.frombuffer(offsets, dtype="<i8")[column.offset : column.offset + len(column) + 1]
    return memoryview(values)[int(ends[0]) : int(ends[-1])].tobytes()


def _floats(column: "pa.Array") -> "Words":
    import numpy as np
    import pyarrow.compute as pc

    values = pc.fill_null(column, np.nan).to_numpy(zero_copy_only=False) + 0.0
    # One NaN stands for all of them, whatever their bits.
    return np.where(np.isnan(values), np.nan, values).astype("<f8")


def _integers(column: "pa.Array") -> "Words":
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
    words: Words = pc.fill_null(numbers.cast(pa.int64()), MISSING).to_numpy(zero_copy_only=False)
    return words.astype("<i8")
