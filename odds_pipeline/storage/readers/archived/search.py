"""Searches in sorted columns, many at once.

Belongs here: array arithmetic that knows no column by name. Does not belong here: rows.

Times are microseconds since 1970 as int64; a missing one is ``MISSING``.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from odds_pipeline.storage.timeline import DAY

if TYPE_CHECKING:
    import numpy as np

    Ints = np.ndarray[Any, np.dtype[np.int64]]
    Bools = np.ndarray[Any, np.dtype[np.bool_]]

MISSING = -(1 << 63)  # what numpy reads as "not a time"
SECOND_US = 1_000_000
DAY_US = int(DAY.total_seconds()) * SECOND_US


def micros(moment: datetime) -> int:
    """A moment as microseconds since 1970."""
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * SECOND_US + moment.microsecond


def last_at_or_before(values: "Ints", low: "Ints", high: "Ints", wanted: "Ints") -> "Ints":
    """Where in ``values[low:high]``, ascending, the last one at or before ``wanted`` stands.

    One search an element of ``low``, ``high`` and ``wanted``; ``low - 1`` where there is none.
    """
    import numpy as np

    begin = low.astype(np.int64)
    end = high.astype(np.int64)
    while len(open_ := np.flatnonzero(begin < end)):
        middle = (begin[open_] + end[open_]) >> 1
        before = values[middle] <= wanted[open_]
        begin[open_[before]] = middle[before] + 1
        end[open_[~before]] = middle[~before]
    return begin - 1


def runs(*columns: "Ints") -> "tuple[Ints, Ints]":
    """Beginnings and ends of the stretches over which sorted columns stay the same."""
    import numpy as np

    rows = len(columns[0])
    new = np.zeros(rows, dtype=bool)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    begin = np.flatnonzero(new)
    return begin, np.append(begin[1:], rows)


def matches(sorted_keys: "Ints", keys: "Ints") -> "tuple[Ints, Ints]":
    """Every pair (place in ``sorted_keys``, place in ``keys``) of equal keys."""
    import numpy as np

    low = np.searchsorted(sorted_keys, keys, side="left")
    counts = np.searchsorted(sorted_keys, keys, side="right") - low
    theirs = np.repeat(np.arange(len(keys)), counts)
    within = np.arange(len(theirs)) - np.repeat(np.cumsum(counts) - counts, counts)
    return low[theirs] + within, theirs


def last_of_each(order: "Ints", *groups: "Ints") -> "Ints":
    """Of rows taken in ``order``, the last of each stretch with the same ``groups``."""
    import numpy as np

    if not len(order):
        return order
    differs = np.zeros(len(order) - 1, dtype=bool)
    for group in groups:
        taken = group[order]
        differs |= taken[1:] != taken[:-1]
    kept: Ints = order[np.append(differs, True)]
    return kept
