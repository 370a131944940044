"""A dataset in memory, as a backtest takes it.

Belongs here: its parts. Does not belong here: reading them from files (``load``).
"""

from typing import TYPE_CHECKING, NamedTuple

from odds_pipeline.storage.datasets import Dataset

if TYPE_CHECKING:
    import pandas as pd


class Frozen(NamedTuple):
    """What is bet on, and what settles it.

    Args:
        dataset: its row.
        offered: what was on offer at the decisions.
        ended: how the events ended; no strategy sees it.
        closing: the last pre-match quotes; no strategy sees them.
    """

    dataset: Dataset
    offered: "pd.DataFrame"
    ended: "pd.DataFrame"
    closing: "pd.DataFrame"
