"""The status panel: one look at the platform's state.

Belongs here: which figures it shows, their wording and signs. Does not belong here: counting
them (``services.status``).
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from odds_pipeline.cli import screen
from odds_pipeline.cli.screen import NO, WARN, YES

if TYPE_CHECKING:
    from odds_pipeline.services.status import Status

_LATE_INTERVALS = 2
_LABEL_WIDTH = 26


def figures(status: "Status", now: datetime, interval_minutes: int) -> dict[str, Any]:
    """Everything the panel shows, by the keys of ``odds status --json``."""
    counted, quota = status.statistics, status.quota
    sign, words = health(counted.last_fetch, counted.last_fetch_ok, now, interval_minutes)
    if sign == YES and counted.pending:
        sign, words = WARN, f"{counted.pending} responses wait to be normalised"
    return {
        "kind": status.kind,
        "key": status.key,
        "last_fetch": counted.last_fetch,
        "status": {YES: "ok", WARN: "warning", NO: "error"}[sign],
        "status_reason": words,
        "events_scheduled": counted.events_scheduled,
        "events_total": counted.events_total,
        "odds_records": counted.quotes,
        "quota_used": quota.used,
        "quota_total": quota.quota,
        "quota_remaining": quota.remaining,
        "quota_remaining_share": quota.remaining / quota.quota if quota.quota else None,
        "database_bytes": counted.database_bytes,
        "fetches_24h": counted.fetches_24h,
        "fetch_success_24h": counted.fetch_success_24h,
        "validation_warnings": counted.issues_open,
        "validation_warnings_share": (
            counted.issues_open / counted.quotes if counted.quotes else None
        ),
        "snapshots": counted.snapshots,
        "pending": counted.pending,
        "quarantined": counted.quarantined,
        "checks_run": counted.checks,
        "checks_with_issues": counted.checks_failed,
    }


def health(
    last_fetch: datetime | None, ok: bool | None, now: datetime, interval_minutes: int
) -> tuple[str, str]:
    """Sign and words for the state of collection."""
    if last_fetch is None:
        return WARN, "nothing fetched yet: run `odds up` or `odds fetch`"
    if not ok:
        return NO, "the last fetch failed: see `odds status --verbose`"
    late = now - last_fetch
    if late > _LATE_INTERVALS * timedelta(minutes=interval_minutes):
        hours = late / timedelta(hours=1)
        return WARN, f"nothing fetched for {hours:,.1f} h (every {interval_minutes} min is set)"
    return YES, "healthy"


def draw(shown: dict[str, Any], zone: ZoneInfo, verbose: bool = False) -> None:
    """Print the panel."""
    from rich.panel import Panel
    from rich.text import Text

    rows = _rows(shown, zone) + (_more(shown) if verbose else [])
    lines = [f"{label:<{_LABEL_WIDTH}}{screen.clean(value)}" for label, value in rows]
    title = "odds_pipeline"
    if shown["kind"] == "demo":
        title += " · DEMO (simulated odds)"
    screen.console().print(Panel(Text("\n".join(lines)), title=Text(title), expand=False))


def _rows(shown: dict[str, Any], zone: ZoneInfo) -> list[tuple[str, str]]:
    sign = {"ok": YES, "warning": WARN, "error": NO}[shown["status"]]
    rate = shown["fetch_success_24h"]
    warnings = shown["validation_warnings"]
    return [
        ("Last fetch", f"{screen.shown(shown['last_fetch'], zone)} {_zone(shown, zone)}"),
        ("Status", f"{sign} {shown['status_reason']}"),
        ("Events scheduled", f"{shown['events_scheduled']:,}"),
        ("Events total", f"{shown['events_total']:,}"),
        ("Odds records", f"{shown['odds_records']:,}"),
        ("Quota used / total", f"{shown['quota_used']:,g} / {shown['quota_total']:,}"),
        (
            "Quota remaining",
            f"{shown['quota_remaining']:,g} ({screen.percent(shown['quota_remaining_share'])})",
        ),
        ("Database size", screen.size(shown["database_bytes"])),
        ("Fetch success rate (24 h)", f"{_rated(rate)}{screen.percent(rate)}"),
        (
            "Validation warnings",
            f"{WARN if warnings else YES} {warnings:,} "
            f"({screen.percent(shown['validation_warnings_share'])})",
        ),
    ]


def _more(shown: dict[str, Any]) -> list[tuple[str, str]]:
    failed = shown["checks_with_issues"]
    return [
        ("Key", shown["key"]),
        ("Fetches (24 h)", f"{shown['fetches_24h']:,}"),
        ("Snapshots", f"{shown['snapshots']:,}"),
        ("Waiting responses", f"{shown['pending']:,}"),
        ("Quarantined, open", f"{shown['quarantined']:,}"),
        ("Rules run", f"{shown['checks_run']:,}"),
        ("Rules with issues", f"{WARN if failed else YES} {failed:,}"),
    ]


def _zone(shown: dict[str, Any], zone: ZoneInfo) -> str:
    return "" if shown["last_fetch"] is None else zone.key


def _rated(rate: float | None) -> str:
    if rate is None:
        return ""
    return f"{YES if rate >= 0.95 else WARN if rate >= 0.5 else NO} "
