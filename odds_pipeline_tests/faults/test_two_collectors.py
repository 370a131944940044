"""Two processes and many threads on the same slots: one call and one charge a slot."""

import signal
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess

import pytest

from odds_pipeline.composition import open_platform
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.recover import recover
from odds_pipeline_tests.faults import invariants, writer
from odds_pipeline_tests.faults.cases import Stage, processes
from odds_pipeline_tests.services.books import rows

PRICE = 3


def _beside(stage: Stage, count: int, crash: str = "") -> BaseProcess:
    process = processes().Process(
        target=writer.write,
        args=(stage.environment(crash), stage.home / "another", 0, count),
    )
    process.start()
    return process


def _paid_once(platform: Platform, stage: Stage, slots: int) -> None:
    assert invariants.broken(platform, stage.charged(), stage.acknowledged) == []
    assert stage.charged() == slots * PRICE
    assert rows(platform, "SELECT status, count(*) FROM slots GROUP BY 1") == [("ok", slots)]
    told = [
        line
        for file in (stage.acknowledged, stage.home / "another")
        for line in file.read_text().splitlines()
    ]
    assert len({line.split()[0] for line in told}) == len(told) == slots


def test_two_processes_share_the_slots_and_each_is_paid_once(stage: Stage) -> None:
    other = _beside(stage, 8)
    assert stage.run(writer.write, 0, 8) == 0
    other.join()
    assert other.exitcode == 0
    with open_platform(stage.settings) as platform:
        _paid_once(platform, stage, 8)


@pytest.mark.parametrize("crash", ["stored:2", "spooled:2", "copied:1"])
def test_one_of_two_is_killed_and_the_other_takes_over(stage: Stage, crash: str) -> None:
    """From the spool on nothing is paid twice, whoever finishes it."""
    other = _beside(stage, 8, crash)
    assert stage.run(writer.write, 0, 8) == 0
    other.join()
    assert other.exitcode in (0, -signal.SIGKILL)
    with open_platform(stage.settings) as platform:
        recover(platform)
        for number in range(8):
            writer.collect(platform, number)
        assert invariants.broken(platform, stage.charged(), stage.acknowledged) == []
        assert stage.charged() == 8 * PRICE


def test_fifty_threads_on_five_slots(stage: Stage) -> None:
    """More threads than connections: those that wait their turn hold none."""
    with open_platform(stage.settings) as platform, stage.acknowledged.open("w") as told:

        def collect(place: int) -> None:
            fetched = writer.collect(platform, place % 5)
            if fetched is not None:
                told.write(writer.line(place % 5, fetched))

        with ThreadPoolExecutor(50) as pool:
            list(pool.map(collect, range(50)))
        told.flush()
        (stage.home / "another").touch()
        _paid_once(platform, stage, 5)


def test_fifty_threads_on_fifty_slots(stage: Stage) -> None:
    with open_platform(stage.settings) as platform:
        with ThreadPoolExecutor(50) as pool:
            made = list(pool.map(lambda number: writer.collect(platform, number), range(50)))
        assert all(made)
        assert invariants.broken(platform, stage.charged(), stage.acknowledged) == []
        assert stage.charged() == 50 * PRICE
