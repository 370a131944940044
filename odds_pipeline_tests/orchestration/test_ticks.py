"""Ticks of schedules and sensors, and the runs they start, on a clock that a test moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from odds_pipeline.composition import open_platform
from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.orchestration.modes import TICKERS
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.orchestration.tags import REASON, SLOT
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.services.collect import collect_events
from odds_pipeline.services.platform import Platform
from odds_pipeline.settings import Settings
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline_tests.orchestration.conftest import GAME_DAY, Stage

BEGIN = datetime(GAME_DAY.year, GAME_DAY.month, GAME_DAY.day, 12, tzinfo=UTC)
DAY = GAME_DAY.isoformat()


class At(PlatformResource):
    """The platform on a clock of the test's."""

    def __init__(self, settings: Settings, clock: SteppedClock) -> None:
        super().__init__(settings)
        self._clock = clock

    @contextmanager
    def open(self) -> Iterator[Platform]:
        with open_platform(self.settings) as platform:
            yield replace(platform, now=self._clock.now)


@dataclass(frozen=True)
class Life:
    """A stage in which time passes as the test says."""

    stage: Stage
    clock: SteppedClock
    resource: At
    definitions: dg.Definitions

    @property
    def instance(self) -> dg.DagsterInstance:
        return self.stage.instance

    def tick(self, name: str, cursor: str | None = None) -> Any:
        """What the schedule or sensor of that name does now."""
        repository = self.definitions.get_repository_def()
        given: dict[str, Any] = {
            "repository_def": repository,
            "resources": {"platform_resource": self.resource},
        }
        if repository.has_sensor_def(name):
            sensing = dg.build_sensor_context(self.instance, cursor=cursor, **given)
            return repository.get_sensor_def(name).evaluate_tick(sensing)
        ticking = dg.build_schedule_context(
            self.instance, scheduled_execution_time=self.clock.now(), **given
        )
        return repository.get_schedule_def(name).evaluate_tick(ticking)

    def run(self, job: str, request: dg.RunRequest | None = None) -> dg.ExecuteInProcessResult:
        definition = self.definitions.resolve_job_def(job)
        wanted = request or dg.RunRequest()
        return definition.execute_in_process(
            instance=self.instance,
            partition_key=wanted.partition_key,
            tags=dict(wanted.tags),
            resources={"platform_resource": self.resource},
            raise_on_error=False,
        )

    def until_due(self, name: str) -> dg.RunRequest:
        """Go on to the first planned slot, and to the run that the tick starts for it."""
        ticked = self.tick(name)
        if not ticked.run_requests:
            planned = self.stage.rows("SELECT slot_time FROM slots WHERE purpose = 'live'")
            self.clock.set(min(at for (at,) in planned if at > self.clock.now()))
            ticked = self.tick(name)
        (request,) = ticked.run_requests
        assert isinstance(request, dg.RunRequest)
        return request

    def slots(self) -> list[tuple[Any, ...]]:
        return self.stage.rows(
            "SELECT status, reason, count(*) FROM slots WHERE purpose = 'live'"
            " AND status <> 'planned' GROUP BY 1, 2 ORDER BY 1, 2"
        )


@pytest.fixture
def life(stage: Stage, home: Path) -> Iterator[Life]:
    clock = SteppedClock(BEGIN)
    with RunningSimulator(clock=clock) as provider:
        settings = stage.settings.model_copy(update={"odds_api_base_url": provider.url})
        moved = replace(stage, settings=settings, provider=provider)
        resource = At(settings, clock)
        with resource.open() as platform:
            collect_events(platform)
        clock.advance(timedelta(minutes=1))
        yield Life(moved, clock, resource, build_definitions(settings))


@pytest.mark.parametrize("mode", SamplingMode)
def test_a_tick_of_each_mode_captures_its_slot_once_and_says_why(
    life: Life, mode: SamplingMode
) -> None:
    name = TICKERS[mode]
    request = life.until_due(name)
    assert request.partition_key == DAY
    assert request.run_key == f"{request.tags[SLOT]} live"
    assert request.tags[REASON].startswith("next start 11-2")
    assert "3 credits" in request.tags[REASON]
    # A sensor that lost its cursor, or a second daemon: the same run by its key.
    (again,) = life.tick(name).run_requests
    assert again.run_key == request.run_key
    for _ in range(2):
        assert life.run("capture", request).success
        assert life.stage.charged() == life.stage.booked() == 3
    skipped = life.tick(name)
    assert not skipped.run_requests
    assert skipped.skip_message
    assert life.slots() == [("ok", None, 1)]
    captured = life.stage.rows("SELECT slot_time FROM slots WHERE status = 'ok' AND why <> ''")
    assert [row[0].isoformat() for row in captured] == [request.tags[SLOT]]


def test_a_run_that_begins_too_late_asks_nothing(life: Life) -> None:
    request = life.until_due("collect_odds")
    life.clock.advance(timedelta(minutes=6))
    assert life.run("capture", request).success
    assert life.stage.charged() == 0


def test_a_slot_before_midnight_is_captured_after_it(life: Life) -> None:
    life.clock.advance(timedelta(hours=11, minutes=30))
    request = life.until_due("collect_odds")
    assert request.tags[SLOT].startswith(f"{DAY}T23:30")
    life.clock.advance(timedelta(minutes=3))
    assert life.run("capture", request).success
    assert life.slots() == [("ok", None, 1)]


def test_what_fails_after_a_capture_stops_none_and_is_done_later_without_pay(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("broken on purpose")

    with monkeypatch.context() as patch:
        patch.setattr("odds_pipeline.services.calls.finish_pending", broken)
        patch.setattr("odds_pipeline.services.recover.finish_pending", broken)
        patch.setattr("odds_pipeline.orchestration.resources.validate_day", broken)
        patch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)
        for count in (1, 2):
            request = life.until_due("collect_odds")
            assert not life.run("capture", request).success
            assert life.stage.charged() == life.stage.booked() == 3 * count
            assert life.slots() == [("fetched", None, count)]
            life.clock.advance(timedelta(minutes=1))
    assert life.stage.rows("SELECT count(*) FROM odds") == [(0,)]
    request = life.until_due("collect_odds")
    assert life.run("capture", request).success
    assert life.slots() == [("ok", None, 3)]
    assert life.stage.charged() == 9
    (judging,) = life.tick("judge_captures").run_requests
    assert judging.partition_key == DAY
    assert life.run("judge", judging).success
    assert life.stage.charged() == 9
    assert "no capture since" in life.tick("judge_captures").skip_message


def test_missed_slots_are_told_healed_and_shown(life: Life) -> None:
    life.tick("collect_odds")
    life.clock.advance(timedelta(hours=10))
    ticked = life.tick("find_gaps")
    (request,) = ticked.run_requests
    missed = life.slots()
    assert missed == [("gap", "missed", missed[0][2])]
    assert f"{missed[0][2]} gaps open, {missed[0][2]} new" in request.tags[REASON]
    assert life.tick("find_gaps").run_requests[0].run_key == request.run_key
    result = life.run("heal_gaps", request)
    assert result.success
    shown = life.instance.get_latest_materialization_event(dg.AssetKey("collection_gaps"))
    assert shown is not None and shown.asset_materialization is not None
    figures = {k: v.value for k, v in shown.asset_materialization.metadata.items()}
    assert figures["gaps healed"] == missed[0][2]
    assert figures["gaps open"] == 0
    assert figures["credits charged"] == life.stage.charged() == life.stage.booked() > 0
    assert life.slots() == [("healed", None, missed[0][2])]
    assert {check.check_name: check.passed for check in result.get_asset_check_evaluations()} == {
        "no_open_gaps": True,
        "closure_is_proven": True,
    }
    assert life.tick("find_gaps").skip_message == "no gaps"


def test_events_are_listed_every_hour_and_the_ledger_read(life: Life) -> None:
    assert "next look 13:00" in life.tick("list_events").skip_message
    life.clock.advance(timedelta(minutes=61))
    (request,) = life.tick("list_events").run_requests
    assert "free" in request.tags[REASON]
    assert life.run("list_events", request).success
    assert life.stage.charged() == 0
    shown = life.instance.get_latest_materialization_event(dg.AssetKey("credit_ledger"))
    assert shown is not None and shown.asset_materialization is not None
    assert shown.asset_materialization.metadata["credits used"].value == 0.0
    assert "next look 14:00" in life.tick("list_events").skip_message


def test_scores_are_asked_when_games_should_have_ended(life: Life) -> None:
    assert not life.tick("collect_scores").run_requests
    life.clock.advance(timedelta(hours=24))
    (request,) = life.tick("collect_scores").run_requests
    assert "ended without a result" in request.tags[REASON]
    assert life.run("settle_scores", request).success
    assert life.stage.charged() == 2
    assert not life.tick("collect_scores").run_requests


def test_days_are_closed_once_each_however_long_nobody_looked(life: Life) -> None:
    before = (GAME_DAY - timedelta(days=1)).isoformat()
    (first,) = life.tick("close_day").run_requests
    assert (first.run_key, first.partition_key) == (before, before)
    assert (
        life.tick("close_day", cursor=before).skip_message
        == f"{before} is closed; next at 00:15 UTC"
    )
    life.clock.advance(timedelta(days=3))
    days = [request.run_key for request in life.tick("close_day", cursor=before).run_requests]
    assert days == [(GAME_DAY + timedelta(days=n)).isoformat() for n in range(3)]


def test_a_pause_starts_no_run_and_its_slot_says_why(life: Life) -> None:
    poor = life.stage.settings.model_copy(update={"odds_api_quota": (2,)})
    life.resource.settings = poor
    ticked = life.tick("collect_odds")
    assert not ticked.run_requests
    assert ticked.skip_message.startswith("skipped: ")
    assert life.slots() == [("gap", "quota", 1)]
    assert life.stage.charged() == 0
