"""Starting, stopping and looking at schedules and sensors in Dagster's instance.

Belongs here: the same switches as in the UI, for the command line. Does not belong here: the
daemon's process (``cli``), what a tick does (``schedules``, ``sensors``).

Nothing here loads a workspace: the definitions are described in this process, under the names
that the daemon and the UI know them by.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import RegisteredCodeLocationOrigin
from dagster._core.remote_representation.external import RemoteSchedule, RemoteSensor
from dagster._core.remote_representation.external_data import ScheduleSnap, SensorSnap
from dagster._core.remote_representation.handle import RepositoryHandle
from dagster._core.scheduler.instigation import InstigatorTick, TickStatus

from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.orchestration.modes import TICKERS, mode_in_force, remember
from odds_pipeline.orchestration.tags import REASON
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.settings import Settings

LOCATION = "odds_pipeline"
# A daemon signs every 30 seconds.
SILENT_AFTER = timedelta(seconds=90)

Instigator = RemoteSchedule | RemoteSensor


@dataclass(frozen=True, slots=True)
class Switch:
    """One schedule or sensor: whether it runs, what its last tick said, and its next one."""

    name: str
    kind: str
    running: bool
    last_tick: datetime | None
    last_status: str | None
    last_reason: str | None
    next_tick: datetime | None


@dataclass(frozen=True, slots=True)
class Scheduler:
    """The daemon's last sign of life, the mode in force, and every switch."""

    heartbeat: datetime | None
    alive: bool
    mode: SamplingMode
    switches: tuple[Switch, ...]

    @property
    def collecting(self) -> bool:
        """Whether captures are made: a daemon lives and the mode's own switch is on."""
        on = {switch.name for switch in self.switches if switch.running}
        return self.alive and TICKERS[self.mode] in on


def scheduler(
    instance: dg.DagsterInstance, settings: Settings, now: datetime | None = None
) -> Scheduler:
    """How collection stands."""
    now = now or datetime.now(UTC)
    beat = heartbeat(instance)
    alive = beat is not None and now - beat <= SILENT_AFTER
    found = [_switch(instance, each, now) for each in _all(settings)]
    return Scheduler(beat, alive, _mode(found, instance, settings), tuple(found))


def heartbeat(instance: dg.DagsterInstance) -> datetime | None:
    """When a daemon last signed."""
    beats = [beat.timestamp for beat in instance.get_daemon_heartbeats().values()]
    return datetime.fromtimestamp(max(beats), UTC) if beats else None


def any_on(instance: dg.DagsterInstance, settings: Settings) -> bool:
    """Whether any schedule or sensor is on."""
    return any(_is_on(instance, each) for each in _all(settings))


def start(instance: dg.DagsterInstance, settings: Settings) -> list[str]:
    """Switch on the mode in force and everything that runs in every mode; returns their names."""
    mode = scheduler(instance, settings).mode
    return _set(instance, settings, mode)


def stop(instance: dg.DagsterInstance, settings: Settings) -> list[str]:
    """Switch everything off; runs that have begun go on. Returns the names."""
    remember(instance, scheduler(instance, settings).mode)
    return _set(instance, settings, None)


def set_mode(instance: dg.DagsterInstance, settings: Settings, mode: SamplingMode) -> bool:
    """Start a mode and stop the others; while none runs, keep the choice for the next start.

    Returns whether it runs now.
    """
    remember(instance, mode)
    tickers = set(TICKERS.values())
    switches = [each for each in _all(settings) if each.name in tickers]
    if not any(_is_on(instance, each) for each in switches):
        return False
    for each in switches:
        _turn(instance, each, on=each.name == TICKERS[mode])
    return True


def _set(instance: dg.DagsterInstance, settings: Settings, mode: SamplingMode | None) -> list[str]:
    """Everything on with this mode, or off without one; returns the names of what was meant."""
    meant = []
    for each in _all(settings):
        # What is off unless somebody wants it, such as a DEMO's backup, is not started along.
        usual = each.default_status.value == "RUNNING" and each.name not in TICKERS.values()
        on = mode is not None and (usual or each.name == TICKERS[mode])
        _turn(instance, each, on=on)
        if on or mode is None:
            meant.append(each.name)
    return meant


def _all(settings: Settings) -> list[Instigator]:
    repository = build_definitions(settings).get_repository_def()
    handle = RepositoryHandle(
        repository_name=repository.name,
        code_location_origin=RegisteredCodeLocationOrigin(location_name=LOCATION),
        repository_python_origin=None,
        display_metadata={},
    )
    with warnings.catch_warnings():
        # Dagster describes a schedule with a property that it has deprecated itself.
        warnings.filterwarnings("ignore", message="Property `ScheduleDefinition.environment_vars`")
        schedules = [ScheduleSnap.from_def(each, repository) for each in repository.schedule_defs]
    sensors = [SensorSnap.from_def(each, repository) for each in repository.sensor_defs]
    return [
        *(RemoteSchedule(each, handle) for each in schedules),
        *(RemoteSensor(each, handle) for each in sensors),
    ]


def _is_on(instance: dg.DagsterInstance, each: Instigator) -> bool:
    stored = instance.get_instigator_state(each.get_remote_origin_id(), each.selector_id)
    return bool(each.get_current_instigator_state(stored).is_running)


def _turn(instance: dg.DagsterInstance, each: Instigator, *, on: bool) -> None:
    origin, selector = each.get_remote_origin_id(), each.selector_id
    if isinstance(each, RemoteSchedule):
        if on:
            instance.start_schedule(each)
        else:
            instance.stop_schedule(origin, selector, each)
    elif on:
        instance.start_sensor(each)
    else:
        instance.stop_sensor(origin, selector, each)


def _mode(
    switches: Sequence[Switch], instance: dg.DagsterInstance, settings: Settings
) -> SamplingMode:
    """The mode that is on, by its default too; else the one kept or configured."""
    on = {switch.name for switch in switches if switch.running}
    running = [mode for mode, ticker in TICKERS.items() if ticker in on]
    return running[0] if running else mode_in_force(instance, settings)


def _switch(instance: dg.DagsterInstance, each: Instigator, now: datetime) -> Switch:
    ticks = instance.get_ticks(each.get_remote_origin_id(), each.selector_id, limit=2)
    # The newest tick may be under way.
    last = next((tick for tick in ticks if tick.status is not TickStatus.STARTED), None)
    running = _is_on(instance, each)
    kind = InstigatorType.SCHEDULE if isinstance(each, RemoteSchedule) else InstigatorType.SENSOR
    return Switch(
        name=each.name,
        kind=kind.value.lower(),
        running=running,
        last_tick=None if last is None else datetime.fromtimestamp(last.timestamp, UTC),
        last_status=None if last is None else last.status.value.lower(),
        last_reason=None if last is None else _reason(instance, last),
        next_tick=_next(each, last, now) if running else None,
    )


def _reason(instance: dg.DagsterInstance, tick: InstigatorTick) -> str | None:
    if tick.tick_data.error is not None:
        return tick.tick_data.error.message.strip()
    if tick.tick_data.skip_reason:
        return tick.tick_data.skip_reason
    run = instance.get_run_by_id(tick.run_ids[-1]) if tick.run_ids else None
    return None if run is None else run.tags.get(REASON)


def _next(each: Instigator, last: InstigatorTick | None, now: datetime) -> datetime:
    if isinstance(each, RemoteSchedule):
        return next(each.execution_time_iterator(now.timestamp())).astimezone(UTC)
    period = timedelta(seconds=each.min_interval_seconds)
    return now if last is None else max(now, datetime.fromtimestamp(last.timestamp, UTC) + period)
