"""A dataset in memory, as a backtest takes it.

Belongs here: its parts. Does not belong here: reading them from files (``load``).
"""

from datetime import timedelta
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
        sports: sport key by event id.
        arrivals: what was on offer when bets reached the books, ``None`` where it was frozen
            without a latency; no strategy sees it.
    """

    dataset: Dataset
    offered: "pd.DataFrame"
    ended: "pd.DataFrame"
    closing: "pd.DataFrame"
    sports: "pd.Series"
    arrivals: "pd.DataFrame | None" = None

    @property
    def latency(self) -> timedelta:
        """How long the bets took that ``arrivals`` speaks of."""
        return timedelta(seconds=self.dataset.config.get("latency", 0.0))
