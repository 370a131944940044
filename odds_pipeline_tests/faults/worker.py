"""A process that does one order after another, for orders that would each cost a start.

Belongs here: reading orders from standard input, one JSON object a line. Does not belong here:
which orders there are to give (``exposed``). What an order prints goes out as it is; a line that
begins with ``ENDED`` says that it is done.

    {"odds": ["fetch", "--json"], "env": {}}    a command, as a person gives it
    {"run": "2025-11-22", "env": {}}            a run of `collect`, as Dagster's own programs do it
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

ENDED = "\x1eended "
CLOCK = "ODDS_TEST_CLOCK"  # names the file that holds the time
TICK = "ODDS_TEST_TICK"  # seconds between two ticks of a sensor, where they are not as usual


def main() -> None:
    """Work until standard input ends."""
    for line in sys.stdin:
        order = json.loads(line)
        with _environment(order["env"]):
            outcome = _command(order["odds"]) if "odds" in order else _run(order["run"])
        sys.stdout.write(f"\n{ENDED}{json.dumps(outcome)}\n")
        sys.stdout.flush()


def _command(arguments: list[str]) -> int:
    from odds_pipeline.cli.main import run
    from odds_pipeline_tests.faults import hurried  # noqa: F401 (hurries)

    return run(arguments)


def _run(day: str) -> list[str]:
    import dagster as dg

    from odds_pipeline.orchestration.runs import run_collection
    from odds_pipeline.settings import load_settings
    from odds_pipeline_tests.faults import hurried  # noqa: F401 (hurries)

    with dg.DagsterInstance.get() as instance:
        outcome = run_collection(load_settings(), date.fromisoformat(day), instance)
    return list(outcome.failures)


@contextmanager
def _environment(changed: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(changed)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
