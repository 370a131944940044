"""Runs whose process is gone, runs that are old, and the switches of the command line."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import psutil
import pytest

from odds_pipeline.orchestration import switches
from odds_pipeline.orchestration.jobs import TICK_JOBS
from odds_pipeline.orchestration.modes import TICKERS, mode_in_force
from odds_pipeline.orchestration.retention import KEPT, sweep
from odds_pipeline.orchestration.tags import WORKER
from odds_pipeline.orchestration.workers import Worker, reap, record_worker
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.settings import Settings

SETTINGS = Settings(_env_file=None)
STARTED = dg.DagsterRunStatus.STARTED


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as opened:
        yield opened


def _run(instance: dg.DagsterInstance, worker: Worker | None) -> str:
    tags = {} if worker is None else {WORKER: str(worker)}
    run = dg.DagsterRun(job_name="capture", status=STARTED, tags=tags)
    return instance.add_run(run).run_id


def test_a_run_whose_process_is_gone_fails_and_no_other(instance: dg.DagsterInstance) -> None:
    here = Worker.this()
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    killed = Worker(*here[:2], child.pid, psutil.Process(child.pid).create_time())
    lost = _run(instance, killed)
    kept = [
        _run(instance, here),
        _run(instance, None),
        _run(instance, killed._replace(host="another-machine")),
    ]
    assert reap(instance) == []
    child.kill()
    # A signal is only sent by now: wait for the death, and leave the zombie unread.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert reap(instance) == [lost], "a zombie does no work"
    child.wait()
    reused = _run(instance, here._replace(started=here.started - 1))
    rebooted = _run(instance, here._replace(boot="another-boot"))
    assert set(reap(instance)) == {reused, rebooted}
    assert all(_status(instance, run) is STARTED for run in kept)
    assert _status(instance, lost) is dg.DagsterRunStatus.FAILURE
    assert reap(instance) == []


def test_a_worker_is_named_in_its_run(instance: dg.DagsterInstance) -> None:
    run = _run(instance, None)
    record_worker(instance, run)
    found = instance.get_run_by_id(run)
    assert found is not None
    named = Worker.of(found.tags[WORKER])
    assert (named.host, named.pid) == (socket.gethostname(), os.getpid())
    assert not named.is_gone()


def _status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    found = instance.get_run_by_id(run_id)
    assert found is not None
    return found.status


def test_old_runs_of_ticks_go_and_their_days_stay_green(instance: dg.DagsterInstance) -> None:
    days = dg.DailyPartitionsDefinition("2026-01-01")

    @dg.asset(partitions_def=days)
    def odds_snapshots() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={"slots ok": 7})

    def run(job: str, day: str) -> str:
        chosen = dg.define_asset_job(job, selection=[odds_snapshots])
        definition = dg.Definitions([odds_snapshots], jobs=[chosen]).resolve_job_def(job)
        return definition.execute_in_process(instance=instance, partition_key=day).run_id

    ticks = [run("capture", "2026-01-01") for _ in range(3)]
    by_hand = run("collect", "2026-01-02")
    key = dg.AssetKey("odds_snapshots")
    assert sweep(instance, TICK_JOBS) == 0
    later = datetime.now(UTC) + KEPT + timedelta(minutes=1)
    assert sweep(instance, TICK_JOBS, later) == 3
    assert instance.get_run_by_id(by_hand) is not None
    assert all(instance.get_run_by_id(each) is None for each in ticks)
    assert instance.get_materialized_partitions(key) == {"2026-01-01", "2026-01-02"}
    wanted = dg.AssetRecordsFilter(key, asset_partitions=["2026-01-01"])
    (kept,) = instance.fetch_materializations(wanted, limit=9).records
    assert kept.asset_materialization is not None
    assert kept.asset_materialization.metadata["slots ok"].value == 7
    assert sweep(instance, TICK_JOBS, later) == 0


def test_switches_start_one_mode_and_stop_the_others(instance: dg.DagsterInstance) -> None:
    def on() -> set[str]:
        found = switches.scheduler(instance, SETTINGS)
        return {each.name for each in found.switches if each.running} & set(TICKERS.values())

    assert on() == {"collect_odds"}
    for mode in (SamplingMode.PLANNED, SamplingMode.ADAPTIVE, SamplingMode.FIXED):
        assert switches.set_mode(instance, SETTINGS, mode)
        assert on() == {TICKERS[mode]}
        assert mode_in_force(instance, SETTINGS) is mode
        assert switches.scheduler(instance, SETTINGS).mode is mode


def test_a_stopped_scheduler_keeps_its_mode_and_starts_nothing(
    instance: dg.DagsterInstance,
) -> None:
    switches.set_mode(instance, SETTINGS, SamplingMode.ADAPTIVE)
    assert len(switches.stop(instance, SETTINGS)) == 13
    found = switches.scheduler(instance, SETTINGS)
    assert not any(each.running for each in found.switches)
    assert found.mode is SamplingMode.ADAPTIVE
    assert not found.collecting
    assert not switches.set_mode(instance, SETTINGS, SamplingMode.PLANNED)
    assert not switches.any_on(instance, SETTINGS)
    started = switches.start(instance, SETTINGS)
    assert "collect_planned" in started
    assert len(started) == 10
    assert mode_in_force(instance, SETTINGS) is SamplingMode.PLANNED
