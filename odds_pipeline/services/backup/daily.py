"""The backup of every day: taken, proven, old ones removed; and whether the last one is too old.

Belongs here: that order, and the judgement. Does not belong here: when it happens
(``orchestration``).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from odds_pipeline.services.backup import shelf
from odds_pipeline.services.backup.restore import drill
from odds_pipeline.services.backup.shelf import Backup
from odds_pipeline.services.backup.take import back_up
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import fetch_log
from odds_pipeline.storage.engine import transaction

OVERDUE = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class Standing:
    """The last proven backup, since when there is none newer, and whether that is too long."""

    last_good: Backup | None
    since: datetime | None
    overdue: bool


def daily_backup(platform: Platform) -> tuple[Backup, list[Path]]:
    """Take a backup, prove it, and remove old ones.

    Returns:
        The proven backup, and the folders that went.

    Raises:
        StorageError: it could not be taken or proven; then nothing is removed.
    """
    settings = platform.settings
    url = settings.direct_database or platform.engine.url.render_as_string(hide_password=False)
    made = back_up(url, settings.home, settings.backups, platform.now())
    verified = drill(made.path, url, platform.now())
    gone = shelf.prune(settings.backups, settings.backup_keep)
    return Backup(made.path, made.manifest, verified), gone


def standing(platform: Platform) -> Standing:
    """Whether everything stored until lately is in a proven backup.

    Without any backup the time counts from the first call to the provider.
    """
    good = shelf.last_good(platform.settings.backups)
    if good is not None:
        since: datetime | None = good.manifest.moment
    else:
        with transaction(platform.engine) as conn:
            since = fetch_log.first(conn)
    overdue = since is not None and platform.now() - since > OVERDUE
    return Standing(good, since, overdue)
