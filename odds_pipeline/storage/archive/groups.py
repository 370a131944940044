"""Rows of some events out of a month's file, as Arrow tables of a bounded size.

Belongs here: which row groups hold an event, reading them. Does not belong here: which files are
needed (``needed``), what is made of the rows.

Files are in the order of ``facts.ORDER``, so an event stands in a few neighbouring row groups; the
groups' own bounds say in which. Their other events' rows are given too: to leave them out would
copy the rest.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from odds_pipeline.errors import StorageError
from odds_pipeline.storage.archive.needed import File

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

# Row groups that are held in memory at once: half a million rows.
AT_ONCE = 8


def tables(file: File, columns: Sequence[str]) -> Iterator["pa.Table"]:
    """The rows among which those of the file's events stand, in the file's order.

    Raises:
        StorageError: the file is not there.
    """
    import pyarrow.parquet as pq

    try:
        opened = pq.ParquetFile(file.path, page_checksum_verification=True)
    except FileNotFoundError as missing:
        raise StorageError(f"the archive {file.path} is not there; put the file back") from missing
    with opened:
        groups = _holding(opened, file.events)
        for begin in range(0, len(groups), AT_ONCE):
            yield opened.read_row_groups(groups[begin : begin + AT_ONCE], columns=list(columns))


def _holding(opened: "pq.ParquetFile", events: Sequence[int]) -> list[int]:
    """Row groups between whose first and last event one of the events lies."""
    found = []
    for place in range(opened.metadata.num_row_groups):
        span = opened.metadata.row_group(place).column(0).statistics
        nearest = bisect_left(events, span.min)
        if nearest < len(events) and events[nearest] <= span.max:
            found.append(place)
    return found
