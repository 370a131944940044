"""The run tags this platform sets and reads, and what a tick orders by them.

Belongs here: names of tags, and an order written into tags and read back. Does not belong here:
what is due (``services.sampling``).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Self

from odds_pipeline.planning.budget import Purpose

SLOT = "odds/slot"
SPORTS = "odds/sports"
PURPOSE = "odds/purpose"
REASON = "odds/reason"
# Runs with this tag go one at a time, so that they leave places to captures.
ASIDE = "odds/aside"
# A process is nothing for a list of runs: what begins so, Dagster does not show.
WORKER = ".dagster/odds_worker"
MAX_RUNTIME = "dagster/max_runtime"
PRIORITY = "dagster/priority"


class Order(NamedTuple):
    """One slot that a tick has a run capture."""

    slot_time: datetime
    sports: Sequence[str]
    purpose: Purpose

    def tags(self, reason: str) -> dict[str, str]:
        """The order as tags of its run."""
        return {
            SLOT: self.slot_time.isoformat(),
            SPORTS: ",".join(self.sports),
            PURPOSE: str(self.purpose),
            REASON: reason,
        }

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> Self | None:
        """The order a run has; ``None`` for one that no tick started."""
        if SLOT not in tags:
            return None
        slot_time = datetime.fromisoformat(tags[SLOT])
        return cls(slot_time, tags[SPORTS].split(","), Purpose(tags[PURPOSE]))
