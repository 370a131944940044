"""Everything the checks judge, seen once: settings, machine, database, Dagster, provider.

Belongs here: the facts as values. Does not belong here: looking (``look``), judging (the checks).
Units: bytes, seconds, credits; times UTC. What could not be seen is a string: the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from odds_pipeline.plugins import Plugin
from odds_pipeline.settings import Settings
from odds_pipeline.storage.health import DagsterHealth, DatabaseHealth


@dataclass(frozen=True, slots=True)
class Folder:
    """A place of ours: who may use it and how much room there is.

    ``private`` is whether nobody but its owner may write to it.
    """

    path: Path
    exists: bool
    ours: bool
    writable: bool
    private: bool
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Port:
    """A loopback port of ours; ``answers``: what listens there speaks as our program does."""

    setting: str
    number: int
    free: bool
    answers: bool


@dataclass(frozen=True, slots=True)
class ProviderSeen:
    """The provider's answer to the free list of sports.

    ``skew_s`` is its clock minus ours; ``sports`` maps each key to whether it is in season.
    """

    status: int
    refusal: str
    skew_s: float | None
    used: float | None
    remaining: float | None
    sports: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Examination:
    """What was seen.

    Args:
        settings: those in force; a wrong one stands at its default.
        faults: what is wrong with a setting, by its name.
        environment: the process's environment.
        home_files: modes of the files that hold secrets, by path.
        revision: the database revision this code needs.
        up_pid: process id of the `odds up` of this home folder, if it runs.
        home: the home folder.
        ports: the loopback ports we use.
        spooled: paid answers on disk that are not stored yet.
        oldest_spooled: when the oldest of them was written.
        telemetry: whether Dagster's telemetry is on; None when its files are not there.
        database: our database, or why it was not seen.
        dagster: Dagster's database, or why it was not seen.
        provider: the provider, or why it did not answer.
        further_keys: likewise with each key after the first.
        plugins: the plug-ins of every registry, broken ones too.
        last_backup: the moment that the newest proven backup shows, if there is one.
        now: the time.
    """

    settings: Settings
    faults: Mapping[str, str]
    environment: Mapping[str, str]
    home_files: Mapping[Path, int]
    revision: str
    up_pid: int | None
    home: Folder
    ports: tuple[Port, ...]
    spooled: int
    oldest_spooled: datetime | None
    telemetry: bool | None
    database: DatabaseHealth | str
    dagster: DagsterHealth | str
    provider: ProviderSeen | str
    further_keys: tuple[ProviderSeen | str, ...]
    plugins: tuple[Plugin, ...]
    last_backup: datetime | None
    now: datetime
