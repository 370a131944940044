"""What it means to materialise one experiment: the same, whoever asks for it.

Belongs here: which of running, carrying out and making again a partition calls for. Does not
belong here: doing it (``backtests``, ``reproduce``), Dagster (``orchestration``).

A partition is one experiment, which runs once. One named by a number is the experiment of that
number; any other name is given to the experiment that is run in it first.
"""

from typing import NamedTuple

from odds_pipeline.errors import AlreadyRunning, NotFound, OddsPipelineError, UsageError
from odds_pipeline.services.backtests import Plan, Result, carry_out, plan_of, run_backtest
from odds_pipeline.services.datasets.load import load, loaded
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.reproduce import reproduce
from odds_pipeline.storage import datasets, experiments
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.experiments import Experiment


class Order(NamedTuple):
    """A backtest asked for by its dataset; ``None``: the one that was frozen last."""

    dataset: str | None
    plan: Plan


class Done(NamedTuple):
    """An experiment that is completed, and its result, of now or made again."""

    experiment: Experiment
    result: Result
    again: bool


def launch(platform: Platform, key: str, order: Order) -> Done:
    """Run the experiment of a partition, or make it again and hold it against the record.

    Args:
        platform: its database keeps the record.
        key: the partition.
        order: what to run where nothing is on record for it.

    Raises:
        NotFound: it is named by a number that no experiment has, or the dataset is not there.
        UsageError: it failed before and does not run twice.
        StorageError: the dataset was edited.
        AlreadyRunning: it runs elsewhere.
        OddsPipelineError: it came out otherwise than on record.
    """
    with transaction(platform.engine) as conn:
        found = experiments.of_partition(conn, key)
    if found is None:
        return _new(platform, key, order)
    if found.status == "draft":
        return _drafted(platform, found)
    if found.status == "completed":
        return _again(platform, found)
    if found.status == "running":
        raise AlreadyRunning(f"experiment {found.id} runs elsewhere")
    raise UsageError(
        f"experiment {found.id} failed ({found.error}) and stays so; try again in a new partition"
    )


def done_of(platform: Platform, result: Result) -> Done:
    """A run that has just been made, as it stands on record."""
    with transaction(platform.engine) as conn:
        return Done(experiments.find(conn, result.experiment), result, again=False)


def _new(platform: Platform, key: str, order: Order) -> Done:
    if key.isdigit():
        raise NotFound(
            f"no experiment {key}: a partition named by a number is the experiment of that number; "
            "give a new one a name with a letter in it"
        )
    frozen = load(platform, order.dataset or _frozen_last(platform))
    return done_of(platform, run_backtest(platform, frozen, order.plan, partition_key=key))


def _frozen_last(platform: Platform) -> str:
    with transaction(platform.engine) as conn:
        there = datasets.every(conn)
    if not there:
        raise NotFound("no dataset was frozen yet; `odds dataset freeze`, or the asset datasets")
    return there[0].snapshot_id


def _drafted(platform: Platform, found: Experiment) -> Done:
    if found.dataset_id is None:
        raise UsageError(f"experiment {found.id} is bound to no dataset any more")
    with transaction(platform.engine) as conn:
        dataset = datasets.numbered(conn, found.dataset_id)
    frozen = loaded(platform, dataset)
    return done_of(platform, carry_out(platform, found.id, frozen, plan_of(found)))


def _again(platform: Platform, found: Experiment) -> Done:
    made = reproduce(platform, found.id)
    if not made.same:
        raise OddsPipelineError(
            f"experiment {found.id} came out otherwise than on record: "
            f"{', '.join(sorted(made.differing))} (code then {found.code_version}, now "
            f"{made.code_version})"
        )
    return Done(found, made.result, again=True)
