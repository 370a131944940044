"""Schedules and sensors from outside the daemon: which run, what they last said, switching them.

Belongs here: reading and changing their state in the instance. Does not belong here: what they do
(``schedules``, ``sensors``), commands (``cli``).

Dagster keeps the state of an instigator by the names of its code location, repository and itself.
All three are known without loading the code in another process, so this takes no longer than
importing Dagster.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import dagster as dg
from dagster._core.remote_representation.external import (
    RemoteRepository,
    RemoteSchedule,
    RemoteSensor,
)
from dagster._core.remote_representation.external_data import RepositorySnap
from dagster._core.remote_representation.handle import RepositoryHandle
from dagster._core.scheduler.instigation import InstigatorState as StoredState
from dagster._core.scheduler.instigation import InstigatorTick, TickStatus
from dagster._core.workspace.load_target import WorkspaceFileTarget

from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.orchestration.modes import MODE_INSTIGATORS
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.settings import Settings

DAEMONS = ("SCHEDULER", "SENSOR")

Remote = RemoteSchedule | RemoteSensor


@dataclass(frozen=True, slots=True)
class InstigatorState:
    """One schedule or sensor.

    Args:
        name: its name.
        kind: `schedule` or `sensor`.
        running: whether it is switched on.
        last_tick: when it last ticked, UTC; ``None`` if never.
        outcome: how that tick ended: `started`, `skipped`, `failed` or `requested`.
        reason: what that tick said of itself.
        next_tick: when it ticks next, UTC; ``None`` while it is off.
    """

    name: str
    kind: str
    running: bool
    last_tick: datetime | None
    outcome: str | None
    reason: str | None
    next_tick: datetime | None


class Instigators:
    """The schedules and sensors of an instance.

    Args:
        settings: all settings.
        instance: Dagster's instance.
        workspace: the workspace file that the daemon was started with.
    """

    def __init__(self, settings: Settings, instance: dg.DagsterInstance, workspace: Path) -> None:
        self._settings = settings
        self._instance = instance
        self._workspace = workspace

    @cached_property
    def _all(self) -> dict[str, Remote]:
        (origin,) = WorkspaceFileTarget([str(self._workspace)]).create_origins()
        repository = build_definitions(self._settings).get_repository_def()
        handle = RepositoryHandle(
            repository_name=repository.name,
            code_location_origin=origin,
            repository_python_origin=None,
            display_metadata={},
        )
        remote = RemoteRepository(
            RepositorySnap.from_def(repository), handle, auto_materialize_use_sensors=True
        )
        found: list[Remote] = [*remote.get_schedules(), *remote.get_sensors()]
        return {each.name: each for each in found}

    def names(self) -> list[str]:
        """Every schedule and sensor, by name."""
        return sorted(self._all)

    def states(self) -> list[InstigatorState]:
        """What each is doing, by name."""
        return [self._state(self._all[name]) for name in self.names()]

    def is_running(self, name: str) -> bool:
        """Whether a schedule or sensor is switched on."""
        remote = self._all[name]
        return bool(self._current(remote).is_running)

    def start(self, names: Iterable[str]) -> list[str]:
        """Switch on those that are off; returns their names."""
        changed = [name for name in names if not self.is_running(name)]
        for name in changed:
            remote = self._all[name]
            if isinstance(remote, RemoteSchedule):
                self._instance.start_schedule(remote)
            else:
                self._instance.start_sensor(remote)
        return changed

    def stop(self, names: Iterable[str]) -> list[str]:
        """Switch off those that are on; a run they have started goes on. Returns their names."""
        changed = [name for name in names if self.is_running(name)]
        for name in changed:
            remote = self._all[name]
            ids = remote.get_remote_origin_id(), remote.selector_id
            if isinstance(remote, RemoteSchedule):
                self._instance.stop_schedule(*ids, remote)
            else:
                self._instance.stop_sensor(*ids, remote)
        return changed

    def mode(self) -> SamplingMode | None:
        """The sampling mode that is switched on; ``None`` for none, the first of several."""
        on = (mode for mode, name in MODE_INSTIGATORS.items() if self.is_running(name))
        return next(on, None)

    def set_mode(self, mode: SamplingMode) -> list[str]:
        """Switch one mode on and the others off; returns what was changed."""
        others = [name for each, name in MODE_INSTIGATORS.items() if each is not mode]
        return [*self.stop(others), *self.start([MODE_INSTIGATORS[mode]])]

    def heartbeat(self) -> datetime | None:
        """The last sign of the daemon's scheduler or sensors, whichever is older, UTC."""
        statuses = self._instance.get_daemon_statuses(DAEMONS)
        beats = [status.last_heartbeat for status in statuses.values()]
        if any(beat is None for beat in beats):
            return None
        return min(
            (datetime.fromtimestamp(beat.timestamp, UTC) for beat in beats if beat), default=None
        )

    def _current(self, remote: Remote) -> StoredState:
        stored = self._instance.get_instigator_state(
            remote.get_remote_origin_id(), remote.selector_id
        )
        return remote.get_current_instigator_state(stored)

    def _state(self, remote: Remote) -> InstigatorState:
        running = self._current(remote).is_running
        ticks = self._instance.get_ticks(remote.get_remote_origin_id(), remote.selector_id, limit=1)
        tick = ticks[0] if ticks else None
        kind = "schedule" if isinstance(remote, RemoteSchedule) else "sensor"
        at = None if tick is None else datetime.fromtimestamp(tick.timestamp, UTC)
        return InstigatorState(
            remote.name,
            kind,
            running,
            at,
            None if tick is None else tick.status.value.lower(),
            None if tick is None else _reason(tick),
            _next(remote, at) if running else None,
        )


def _reason(tick: InstigatorTick) -> str | None:
    if tick.status is TickStatus.FAILURE and tick.error is not None:
        return tick.error.message.strip().splitlines()[0]
    if tick.skip_reason:
        return tick.skip_reason
    return f"started {len(tick.run_ids)} run" if tick.run_ids else None


def _next(remote: Remote, last: datetime | None) -> datetime | None:
    now = datetime.now(UTC)
    if isinstance(remote, RemoteSchedule):
        return next(remote.execution_time_iterator(now.timestamp())).astimezone(UTC)
    if last is None:
        return now
    return max(now, datetime.fromtimestamp(last.timestamp() + remote.min_interval_seconds, UTC))
