"""Looking at everything the checks judge, once, changing nothing.

Belongs here: the I/O of an examination; whatever cannot be seen becomes its reason. Does not
belong here: judging (the checks). The embedded server is started for the look if there is one,
as every reading command does; none is made. The provider is asked for its free list of sports.
"""

import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import yaml
from pydantic import SecretStr

from odds_pipeline import plugins
from odds_pipeline.alerts.channels.registry import plugin_openers
from odds_pipeline.backtesting.strategies import strategies
from odds_pipeline.errors import OddsPipelineError
from odds_pipeline.plugins import Plugin
from odds_pipeline.quality.registry import load_rules
from odds_pipeline.redaction import hide_password, redact
from odds_pipeline.services.backup.shelf import last_good
from odds_pipeline.services.doctor.examination import Examination, Folder, Port, ProviderSeen
from odds_pipeline.services.spool import ANSWERS
from odds_pipeline.settings import Settings
from odds_pipeline.sources.archives.layouts.registry import layouts
from odds_pipeline.storage.database import database
from odds_pipeline.storage.embedded import EmbeddedServer
from odds_pipeline.storage.health import (
    DagsterHealth,
    DatabaseHealth,
    dagster_health,
    database_health,
)
from odds_pipeline.storage.urls import dagster_database

PROVIDER_SECONDS = 10.0
SHARED = 0o022


def look(
    settings: Settings,
    faults: Mapping[str, str],
    environment: Mapping[str, str],
    revision: str,
    up_pid: int | None,
    ports: tuple[Port, ...],
) -> Examination:
    """See everything; see ``Examination`` for the arguments."""
    ours, dagster = _databases(settings, faults, revision)
    proven = last_good(settings.backups)
    waiting = sorted((settings.home / "spool").glob(ANSWERS), key=_written)
    return Examination(
        settings=settings,
        faults=faults,
        environment=environment,
        home_files=_modes(settings.home),
        revision=revision,
        up_pid=up_pid,
        home=_folder(settings.home),
        ports=ports,
        spooled=len(waiting),
        oldest_spooled=datetime.fromtimestamp(_written(waiting[0]), UTC) if waiting else None,
        telemetry=_telemetry(settings, environment),
        database=ours,
        dagster=dagster,
        provider=_provider(settings, faults, settings.api_keys[0].secret),
        further_keys=tuple(
            _provider(settings, faults, key.secret) for key in settings.api_keys[1:]
        ),
        plugins=installed_plugins(),
        last_backup=None if proven is None else proven.manifest.moment,
        now=datetime.now(UTC),
    )


def installed_plugins() -> tuple[Plugin, ...]:
    """The plug-ins of every registry, each loaded for the look."""
    for registry in (strategies, load_rules, layouts, plugin_openers):
        registry()
    return tuple(plugins.seen())


def _databases(
    settings: Settings, faults: Mapping[str, str], revision: str
) -> tuple[DatabaseHealth | str, DagsterHealth | str]:
    named = settings.direct_database
    if "DATABASE_URL" in faults:
        return "not looked for: DATABASE_URL is wrong", ""
    if named is None and not EmbeddedServer(settings.home).status().initialised:
        return "", ""
    try:
        with database(named, settings.home) as url:
            hide_password(url)
            return database_health(url, revision), _dagster(url)
    except (psycopg.Error, OddsPipelineError) as refused:
        return _reason(refused), ""


def _dagster(url: str) -> DagsterHealth | str:
    try:
        return dagster_health(dagster_database(url)) or "Dagster has not used its database yet"
    except psycopg.Error:
        return "Dagster has no database beside ours yet"


def _provider(
    settings: Settings, faults: Mapping[str, str], key: SecretStr | None
) -> ProviderSeen | str:
    from odds_pipeline.sources.the_odds_api.client import OddsApiClient
    from odds_pipeline.sources.the_odds_api.queries import SportsRequest
    from odds_pipeline.sources.the_odds_api.responses import error_of
    from odds_pipeline.sources.the_odds_api.transport import Limits
    from odds_pipeline.sources.the_odds_api.wire import loads, require_list

    if "ODDS_API_BASE_URL" in faults:
        return "not asked: ODDS_API_BASE_URL is wrong"
    limits = Limits(deadline_s=PROVIDER_SECONDS, tries=1)
    try:
        with OddsApiClient(settings.provider_url, key or "demo", limits) as client:
            answer = client.sports(SportsRequest())
        listed = require_list(loads(answer.body), "sports") if answer.status == 200 else []
    except OddsPipelineError as failure:
        return _reason(failure)
    said = answer.provider_date
    # The header has whole seconds: half of one is the best guess at the rest.
    skew = (said - answer.clock_at).total_seconds() + 0.5 if said is not None else None
    code, message = ("", "") if answer.status == 200 else error_of(answer.body)
    return ProviderSeen(
        status=answer.status,
        refusal=f"{answer.status} {code} {redact(message)}",
        skew_s=skew,
        used=answer.credits_used,
        remaining=answer.credits_remaining,
        sports={
            str(item.get("key")): item.get("active") is True
            for item in listed
            if isinstance(item, dict)
        },
    )


def _folder(path: Path) -> Folder:
    nearest = next(folder for folder in (path, *path.parents) if folder.exists())
    status = nearest.stat()
    return Folder(
        path=path,
        exists=path.exists(),
        ours=status.st_uid == os.geteuid(),
        writable=nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK),
        private=not status.st_mode & SHARED,
        free_bytes=shutil.disk_usage(nearest).free,
    )


def _modes(home: Path) -> dict[Path, int]:
    secret = (Path(".env").absolute(), home / "postgres" / "password")
    return {path: path.stat().st_mode & 0o777 for path in secret if path.is_file()}


def _telemetry(settings: Settings, environment: Mapping[str, str]) -> bool | None:
    file = Path(environment.get("DAGSTER_HOME") or settings.home / "dagster") / "dagster.yaml"
    try:
        stated = yaml.safe_load(file.read_text())
    except (OSError, ValueError, yaml.YAMLError):
        return None
    told = stated.get("telemetry") if isinstance(stated, dict) else None
    return told.get("enabled", True) is not False if isinstance(told, dict) else True


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # stored and removed meanwhile
        return float("inf")


def _reason(failure: Exception) -> str:
    lines = redact(str(failure)).strip().splitlines()
    return lines[-1].strip() if lines else type(failure).__name__
