"""`odds doctor`: what is wrong, before it hurts.

Belongs here: its table and its exit code. Does not belong here: looking and judging
(``services.doctor``).
"""

import os
from typing import TYPE_CHECKING

import typer

from odds_pipeline.cli import children, screen
from odds_pipeline.cli.occupancy import up_pid
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.readiness import http_answers
from odds_pipeline.redaction import install, redact
from odds_pipeline.settings import Settings, usable_settings
from odds_pipeline.storage.embedded.ports import is_free

if TYPE_CHECKING:
    from odds_pipeline.services.doctor.examination import Port

_WORSE = ("ok", "warn", "fail")
_SIGNS = {"ok": screen.YES, "warn": screen.WARN, "fail": screen.NO}
_NAME_WIDTH = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: odds doctor --json")(doctor)


def doctor(as_json: AsJson = False) -> int:
    """Look for what is wrong: settings, key, plan, disk, ports, database, Dagster, provider.

    Costs no credits and changes nothing; an embedded server that exists is started for the look,
    as by `odds status`. Exit code 0: ok, or warnings only; 1: something failed.
    """
    from odds_pipeline.composition import REVISION
    from odds_pipeline.services.doctor.look import look
    from odds_pipeline.services.doctor.registry import judge

    settings, faults = usable_settings()
    install(settings)
    seen = look(
        settings, faults, dict(os.environ), REVISION, up_pid(settings.home), _ports(settings)
    )
    rows = [
        {
            "name": finding.name,
            "status": str(finding.status),
            "found": redact(finding.found),
            "advice": redact(finding.advice),
        }
        for finding in judge(seen)
    ]
    counts = {status: sum(row["status"] == status for row in rows) for status in _WORSE}
    worst = max((row["status"] for row in rows), key=_WORSE.index)
    if as_json:
        screen.show_json({"status": worst, **counts, "checks": rows})
    else:
        _draw(rows)
        screen.say(f"{counts['ok']} ok, {counts['warn']} warnings, {counts['fail']} failures")
    return 1 if worst == "fail" else 0


def _draw(rows: list[dict[str, str]]) -> None:
    for row in rows:
        sign, status = _SIGNS[row["status"]], f"{row['status']:<4}"
        name = f"{row['name']:<{_NAME_WIDTH}}"
        screen.put(f"{sign} {status}  {name}{screen.clean(row['found'])}")
        if row["advice"]:
            screen.put(f"{'':9}{'':{_NAME_WIDTH}}→ {screen.clean(row['advice'])}")


def _ports(settings: Settings) -> tuple["Port", ...]:
    from odds_pipeline.services.doctor.examination import Port

    asked = [("ODDS_UI_PORT", settings.odds_ui_port, "/server_info")]
    if children.needs_provider(settings):
        asked.append(("ODDS_SIMULATOR_PORT", settings.odds_simulator_port, children.PROBE))
    return tuple(
        Port(setting, number, free := is_free(number), not free and http_answers(number, path)())
        for setting, number, path in asked
    )
