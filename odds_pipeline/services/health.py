"""How the platform is: figures, what is wrong with them, and alerts of what is broken.

Belongs here: putting the figures together and judging them. Does not belong here: counting
(``storage``), showing (``cli``, ``orchestration``).

Units stand in the keys; shares are 0 to 1, percentages 0 to 100; times UTC.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg
from sqlalchemy.pool import QueuePool

from odds_pipeline.alerts.rules.stages import (
    StageFigures,
    StageHistory,
    degradation,
    stage_alerts,
)
from odds_pipeline.alerts.rules.system import standing_still
from odds_pipeline.services.alerting.raising import raise_alerts
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.status import Status, status
from odds_pipeline.storage import stage_runs, vital_signs
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.health import dagster_health
from odds_pipeline.storage.urls import dagster_database
from odds_pipeline.storage.vital_signs import StaleBook, VitalSigns

RECENT = timedelta(hours=6)
HISTORY = timedelta(days=14)
KEPT = timedelta(days=90)
# Captures were due all that time, and none came.
STILL = timedelta(hours=3)
SILENT = timedelta(minutes=5)
UNSENT = timedelta(hours=1)
WAITING = timedelta(minutes=15)
QUOTA_WARNING = 0.8
PERCENT = 100
HOUR = timedelta(hours=1)


class Problem(NamedTuple):
    """One thing that is wrong: where, how bad (warning or error), and what."""

    part: str
    severity: str
    words: str


@dataclass(frozen=True, slots=True)
class Pool:
    """Connections of this process: kept, in use, beyond the pool."""

    size: int
    in_use: int
    overflow: int


@dataclass(frozen=True, slots=True)
class Health:
    """Everything that was looked at, and what is wrong; ``heartbeat`` is the daemon's."""

    at: datetime
    status: Status
    signs: VitalSigns
    stages: tuple[StageHistory, ...]
    stale_books: tuple[StaleBook, ...]
    pool: Pool
    heartbeat: datetime | None
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def health(platform: Platform) -> Health:
    """Look at everything."""
    now = platform.now()
    found = status(platform)
    with transaction(platform.engine) as conn:
        signs = vital_signs.vital_signs(conn, now, STILL)
        stale = vital_signs.stale_books(conn, now)
        stages = _stages(stage_runs.beside_history(conn, now - RECENT, now - RECENT - HISTORY))
    beat = _heartbeat(platform)
    problems = tuple(_problems(platform, found, signs, stages, beat))
    return Health(now, found, signs, stages, tuple(stale), _pool(platform), beat, problems)


def watch(platform: Platform) -> Health:
    """Look at everything, raise alerts of what is broken, and forget old runs of stages."""
    found = health(platform)
    with transaction(platform.engine) as conn:
        raise_alerts(conn, platform, stage_alerts(found.stages, found.at))
        if _stands_still(found.signs, found.at):
            since = found.signs.last_success
            hours = STILL / HOUR if since is None else (found.at - since) / HOUR
            raise_alerts(conn, platform, [standing_still(since, hours, STILL / HOUR, found.at)])
        stage_runs.forget(conn, found.at - KEPT)
    return found


def stages_by_day(platform: Platform) -> list[tuple[object, ...]]:
    """Every stage of the last two weeks by day: runs, times, success, rows, errors."""
    with transaction(platform.engine) as conn:
        days = stage_runs.by_day(conn, platform.now() - HISTORY)
    return [
        (
            day,
            stage,
            one.runs,
            _rounded(one.median_seconds),
            _rounded(one.p95_seconds),
            _rounded(one.success),
            one.rows,
            one.errors or "",
        )
        for day, stage, one in days
    ]


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def figures(found: Health) -> dict[str, Any]:
    """The health as plain values, by the keys of ``odds monitor --json``."""
    counted, month, signs = found.status.statistics, found.status.quota, found.signs
    growth = signs.quotes_24h * counted.database_bytes / counted.quotes if counted.quotes else None
    return {
        "at": found.at,
        "kind": found.status.kind,
        "status": _worst(found.problems),
        "problems": [problem._asdict() for problem in found.problems],
        "last_fetch": counted.last_fetch,
        "last_success": signs.last_success,
        "fetches_24h": counted.fetches_24h,
        "fetch_success_24h": counted.fetch_success_24h,
        "quota_total": month.quota,
        "quota_used": month.used,
        "quota_remaining": month.remaining,
        "quota_forecast": month.forecast,
        "database": {
            "bytes": counted.database_bytes,
            "bytes_a_day_estimate": growth,
            "version": signs.server_version,
            "open_connections": signs.open_connections,
            "max_connections": signs.max_connections,
            "pool_size": found.pool.size,
            "pool_in_use": found.pool.in_use,
            "pool_overflow": found.pool.overflow,
        },
        "events_total": counted.events_total,
        "events_scheduled": counted.events_scheduled,
        "events_24h": signs.events_24h,
        "odds_records": counted.quotes,
        "odds_24h": signs.quotes_24h,
        "odds_7d": signs.quotes_7d,
        "validation_warnings_24h": signs.issues_24h,
        "validation_warning_rate_24h": _share(signs.issues_24h, signs.quotes_24h),
        "missing_data_percentage": _percent(_share(signs.missed, signs.due)),
        "captures_due_7d": signs.due,
        "captures_missed_7d": signs.missed,
        "gaps_open": signs.gaps,
        "pending": counted.pending,
        "quarantined": counted.quarantined,
        "stale_books": [book._asdict() for book in found.stale_books],
        "scheduler_heartbeat": found.heartbeat,
        "alerts_unsent": signs.unsent_alerts,
        "stages": [_stage(stage) for stage in found.stages],
    }


def _stage(history: StageHistory) -> dict[str, Any]:
    recent, usual = history.recent._asdict(), history.usual._asdict()
    return {
        "stage": history.stage,
        **recent,
        **{f"usual_{name}": value for name, value in usual.items() if name != "rows"},
        "degraded": degradation(history),
    }


def _stages(
    found: dict[str, tuple[stage_runs.Figures, stage_runs.Figures]],
) -> tuple[StageHistory, ...]:
    return tuple(
        StageHistory(stage, StageFigures(*recent), StageFigures(*usual))
        for stage, (recent, usual) in found.items()
    )


def _heartbeat(platform: Platform) -> datetime | None:
    """When Dagster's daemon last signed; ``None`` where it never ran, or cannot be seen."""
    address = platform.engine.url.render_as_string(hide_password=False)
    try:
        found = dagster_health(dagster_database(address))
    except psycopg.Error:
        return None
    return None if found is None else found.heartbeat


def _pool(platform: Platform) -> Pool:
    pool = platform.engine.pool
    assert isinstance(pool, QueuePool)
    return Pool(pool.size(), pool.checkedout(), max(0, pool.overflow()))


def _problems(
    platform: Platform,
    found: Status,
    signs: VitalSigns,
    stages: tuple[StageHistory, ...],
    beat: datetime | None,
) -> Iterator[Problem]:
    now, month = platform.now(), found.quota
    if _stands_still(signs, now):
        hours = STILL / HOUR
        yield Problem("fetch", "error", f"captures are due, and none succeeded for {hours:g} h")
    if beat is not None and now - beat > SILENT:
        yield Problem("scheduler", "warning", f"silent since {beat:%Y-%m-%d %H:%M} UTC")
    if month.quota and month.used >= QUOTA_WARNING * month.quota:
        used = month.used / month.quota
        yield Problem("quota", "warning", f"{used:.0%} of the month's credits are used")
    if signs.pending_since is not None and now - signs.pending_since > WAITING:
        since = f"{signs.pending_since:%Y-%m-%d %H:%M}"
        yield Problem("normalise", "error", f"responses wait since {since} UTC")
    waits = signs.unsent_since is not None and now - signs.unsent_since > UNSENT
    if platform.settings.alert_enabled and waits:
        since = f"{signs.unsent_since:%Y-%m-%d %H:%M}"
        yield Problem("alerts", "warning", f"{signs.unsent_alerts} not sent since {since} UTC")
    for stage in stages:
        worse = degradation(stage)
        if worse is not None:
            yield Problem(stage.stage, "warning", worse)


def _stands_still(signs: VitalSigns, now: datetime) -> bool:
    """Captures were due for hours, and no call succeeded in all that time."""
    silent = signs.last_success is None or now - signs.last_success > STILL
    return bool(signs.due_lately) and silent


def _worst(problems: tuple[Problem, ...]) -> str:
    if not problems:
        return "ok"
    return "error" if any(each.severity == "error" for each in problems) else "warning"


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _percent(share: float | None) -> float | None:
    return None if share is None else PERCENT * share
