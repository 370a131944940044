"""`odds events`: which events are stored, and where each stands."""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson, Zone
from odds_pipeline.cli.screen import Column, Row
from odds_pipeline.cli.session import platform

_COLUMNS = (
    Column("commence_time", "start"),
    Column("away_team", "away"),
    Column("home_team", "home"),
    Column("status", "status"),
    Column("away_score", "away", right=True),
    Column("home_score", "home", right=True),
    Column("sport_key", "sport"),
    Column("id", "event id"),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: odds events --days 2 --team Lakers")(events)


def events(
    days: Annotated[
        int,
        typer.Option(
            help="Days from today, today included; negative: days back.", min=-36500, max=36500
        ),
    ] = 7,
    team: Annotated[str | None, typer.Option(help="Part of a team's name, in any case.")] = None,
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """List stored events by start, with status and score."""
    zone = screen.zone_named(tz)
    start, end = _span(datetime.now(UTC), days)
    rows = [row for row in _read(start, end) if _plays(row, team)]
    if as_json:
        screen.show_json(rows)
    elif not rows:
        whose = f" of a team like {team!r}" if team else ""
        screen.say(f"No events{whose} start between {start:%Y-%m-%d} and {end:%Y-%m-%d} UTC.")
    else:
        screen.show_table(rows, _COLUMNS, zone)


def _span(now: datetime, days: int) -> tuple[datetime, datetime]:
    today = datetime.combine(now.date(), time(), UTC)
    if days < 0:
        return today + timedelta(days=days), today + timedelta(days=1)
    return today, today + timedelta(days=max(days, 1))


def _read(start: datetime, end: datetime) -> list[dict[str, object]]:
    from odds_pipeline.storage.engine import transaction
    from odds_pipeline.storage.readers import events_between

    with platform() as opened, transaction(opened.engine) as conn:
        return screen.records(events_between(conn, start, end))


def _plays(row: Row, team: str | None) -> bool:
    if team is None:
        return True
    wanted = team.casefold()
    return any(wanted in (row[side] or "").casefold() for side in ("home_team", "away_team"))
