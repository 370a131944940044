"""Makes an experiment again from its dataset, and holds every figure against the record.

Belongs here: the comparison. Does not belong here: running (``backtests``).
"""

from dataclasses import dataclass
from typing import Any

from odds_pipeline.backtesting.strategies import find
from odds_pipeline.errors import UsageError
from odds_pipeline.services.backtests import Result, made_again
from odds_pipeline.services.code_version import code_version
from odds_pipeline.services.datasets.load import loaded
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.sweeps import swept_again
from odds_pipeline.storage import datasets, experiments
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.experiments import Experiment


@dataclass(frozen=True, slots=True)
class Reproduced:
    """What making an experiment again came to.

    Args:
        experiment: as it stands on record.
        code_version: of the code that ran now.
        result: what came now.
        differing: by figure: what is on record and what came now; empty where all are the same.
    """

    experiment: Experiment
    code_version: str
    result: Result
    differing: dict[str, tuple[Any, Any]]

    @property
    def same(self) -> bool:
        """Whether every figure and every bet came out the same, to the last bit."""
        return not self.differing


def reproduce(platform: Platform, experiment: int) -> Reproduced:
    """Run a completed experiment again on its dataset, as when it was completed.

    Trials that were made later do not count. Nothing is put on record.

    Args:
        platform: its database has the experiment.
        experiment: its id.

    Raises:
        NotFound: there is no such experiment.
        UsageError: it is not completed, or bound to no dataset, or to one that is not locked.
        StorageError: its dataset was edited.
    """
    with transaction(platform.engine) as conn:
        found = experiments.find(conn, experiment)
        if found.status != "completed":
            raise UsageError(f"experiment {experiment} is {found.status}: there is no result")
        if found.dataset_id is None:
            raise UsageError(
                f"experiment {experiment} is bound to no dataset: it ran on what was stored then, "
                "or the dataset was deleted"
            )
        dataset = datasets.numbered(conn, found.dataset_id)
    again = swept_again if "grid" in found.config else made_again
    now = again(platform, found, loaded(platform, dataset, locked=True))
    then = found.metrics or {}
    differing = {
        name: (then.get(name), now.metrics.get(name))
        for name in {**then, **now.metrics}
        if then.get(name) != now.metrics.get(name)
    }
    return Reproduced(found, code_version(find(found.strategy)), now, differing)
