"""A hash of many rows that does not depend on their order.

Belongs here: hashing Arrow tables, vectorised. Does not belong here: what is compared (``verify``).

Each row's columns are mixed into 64 bits (the finaliser of splitmix64); rows add up modulo 2**64,
so that a row that is lost, doubled or changed changes the sum.
"""

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Numbers = np.ndarray[Any, np.dtype[np.uint64]]

MODULUS = 1 << 64


def rows_hash(table: "pa.Table") -> int:
    """The hash of a table's rows, from -2**63 to 2**63 - 1; the columns' order counts."""
    import numpy as np

    hashes = np.zeros(table.num_rows, dtype=np.uint64)
    for place, name in enumerate(table.column_names):
        column = table[name].combine_chunks()
        hashes = _mix(hashes + np.uint64(place + 1) + _column(column))
    return signed(int(hashes.sum(dtype=np.uint64)))


def signed(total: int) -> int:
    """A sum of hashes as PostgreSQL's bigint holds it."""
    total %= MODULUS
    return total - MODULUS if total >= MODULUS // 2 else total


def _mix(x: "Numbers") -> "Numbers":
    import numpy as np

    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _column(column: "pa.Array") -> "Numbers":
    import numpy as np
    import pyarrow as pa

    kind = column.type
    if pa.types.is_list(kind):
        numbers = _lists(column)
    elif not pa.types.is_primitive(kind):
        numbers = np.fromiter(map(_text, column.to_pylist()), np.uint64, len(column))
    else:
        numbers = _plain(column)
    empty = column.is_null().to_numpy(zero_copy_only=False)
    return np.where(empty, np.uint64(0x5851F42D4C957F2D), _mix(numbers))


def _plain(column: "pa.Array") -> "Numbers":
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.int64())
    elif pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    filled = pc.fill_null(column, pa.scalar(0, column.type)).to_numpy(zero_copy_only=False)
    wide = np.float64 if pa.types.is_floating(kind) else np.int64
    numbers: Numbers = filled.astype(wide).view(np.uint64)
    return numbers


def _lists(column: "pa.Array") -> "Numbers":
    """Values mixed with their places, summed up a list."""
    import numpy as np

    offsets = column.offsets.to_numpy().astype(np.int64)
    values = column.values.to_numpy().astype(np.int64).view(np.uint64)
    lengths = np.diff(offsets)
    values = values[offsets[0] : offsets[-1]]
    places = np.arange(len(values)) - np.repeat(offsets[:-1] - offsets[0], lengths)
    mixed = _mix(_mix(values) + places.astype(np.uint64))
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mixed, dtype=np.uint64)])
    ends = offsets - offsets[0]
    totals: Numbers = sums[ends[1:]] - sums[ends[:-1]] + lengths.astype(np.uint64)
    return totals


def _text(value: str | bytes | None) -> int:
    if value is None:
        return 0
    content = value.encode() if isinstance(value, str) else value
    return int.from_bytes(blake2b(content, digest_size=8).digest())
