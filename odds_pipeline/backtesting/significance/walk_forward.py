"""Days to choose on and later days to judge on, apart by an embargo.

Belongs here: the splits. Does not belong here: choosing and judging.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Split:
    """One step: train on [train_begin, train_end), judge on [test_begin, test_end)."""

    train_begin: date
    train_end: date
    test_begin: date
    test_end: date


def walk_forward(
    first: date, last: date, train_days: int, test_days: int, embargo_days: int, *, grow: bool
) -> Iterator[Split]:
    """Splits that follow one another until the days run out; the last test may be shorter.

    Args:
        first: first day there is.
        last: last day there is, included.
        train_days: days to choose on, in the first split.
        test_days: days to judge on.
        embargo_days: days between the two, at least as long as a bet stays open: what is known
            only after a bet was settled must not choose.
        grow: keep the first day in training, or move on with the window.

    Raises:
        ValueError: lengths that are not positive, or a negative embargo.
    """
    if train_days < 1 or test_days < 1 or embargo_days < 0:
        raise ValueError("at least a day to train, a day to test and no negative embargo")
    end = last + timedelta(days=1)
    train_end = first + timedelta(days=train_days)
    while (test_begin := train_end + timedelta(days=embargo_days)) < end:
        begin = first if grow else train_end - timedelta(days=train_days)
        test_end = min(test_begin + timedelta(days=test_days), end)
        yield Split(begin, train_end, test_begin, test_end)
        train_end += timedelta(days=test_days)
