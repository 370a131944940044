"""The folder backups stand in: which there are, the newest good one, and which may go.

Belongs here: names, listing, pruning. Does not belong here: what is in a backup.
"""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from odds_pipeline.errors import OddsPipelineError
from odds_pipeline.services.backup.manifest import (
    Manifest,
    Verified,
    read_manifest,
    read_verified,
)

_NAMES = "odds-????????T??????Z*"


@dataclass(frozen=True, slots=True)
class Backup:
    """One finished backup."""

    path: Path
    manifest: Manifest
    verified: Verified | None


def name_of(moment: datetime) -> str:
    """Folder name of a backup begun then."""
    return f"odds-{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def backups(folder: Path) -> list[Backup]:
    """Every backup that can be read, newest first."""
    found = []
    for path in folder.glob(_NAMES):
        try:
            found.append(Backup(path, read_manifest(path), read_verified(path)))
        except OddsPipelineError:
            continue  # somebody else's folder, or a damaged one: nothing to build on
    return sorted(found, key=lambda one: (one.manifest.moment, one.path.name), reverse=True)


def last_good(folder: Path) -> Backup | None:
    """The newest backup that was proven."""
    return next((one for one in backups(folder) if one.verified is not None), None)


def prune(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest ``keep``; the newest proven one stays in any case."""
    good = last_good(folder)
    old = [one.path for one in backups(folder)[keep:] if good is None or one.path != good.path]
    for path in old:
        shutil.rmtree(path)
    return old


def remove_unfinished(folder: Path) -> None:
    """Remove what a killed backup left; call it while nobody else makes one."""
    for path in folder.glob(".odds-*.part"):
        shutil.rmtree(path, ignore_errors=True)
