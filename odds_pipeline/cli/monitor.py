"""`odds monitor`: how the platform is, live."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson, Zone
from odds_pipeline.cli.screen import NO, WARN, YES
from odds_pipeline.cli.session import platform
from odds_pipeline.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from rich.console import Group

    from odds_pipeline.services.platform import Platform

_SIGNS = {"ok": YES, "warning": WARN, "error": NO}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: odds monitor --once")(monitor)


def monitor(
    once: Annotated[bool, typer.Option("--once", help="Show it once and end.")] = False,
    every: Annotated[int, typer.Option(min=1, max=3600, help="Seconds between two looks.")] = 10,
    prometheus: Annotated[
        bool,
        typer.Option("--prometheus", help="Print Prometheus's text format, for a textfile."),
    ] = False,
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """Show how the platform is, and go on until Ctrl-C: fetches, stages, quota, database, gaps.

    Without a terminal, with --json and with --prometheus it is shown once.
    """
    if prometheus and as_json:
        raise UsageError("--prometheus and --json are two formats; ask for one of them")
    zone = screen.zone_named(tz)
    with platform() as opened:
        if prometheus:
            _write_prometheus(opened)
        elif as_json:
            screen.show_json(_figures(opened))
        elif once or not screen.console().is_terminal:
            screen.console().print(_picture(_figures(opened), zone))
        else:
            _live(opened, zone, every)


def _figures(opened: "Platform") -> dict[str, Any]:
    from odds_pipeline.services.health import figures, health

    return figures(health(opened))


def _write_prometheus(opened: "Platform") -> None:
    import sys

    from odds_pipeline.services.prometheus import exposition

    sys.stdout.write(exposition(_figures(opened)))


def _live(opened: "Platform", zone: "ZoneInfo", every: int) -> None:
    import time

    from rich.live import Live

    with Live(console=screen.console(), auto_refresh=False, screen=True) as live:
        while True:
            live.update(_picture(_figures(opened), zone), refresh=True)
            time.sleep(every)


def _picture(shown: dict[str, Any], zone: "ZoneInfo") -> "Group":
    from rich.console import Group
    from rich.panel import Panel
    from rich.text import Text

    lines = [f"{label:<26}{screen.clean(value)}" for label, value in _rows(shown, zone)]
    title = Text(f"odds_pipeline · {screen.shown(shown['at'], zone)} {zone.key}")
    problems = [
        f"{_SIGNS[each['severity']]} {each['part']}: {screen.clean(each['words'])}"
        for each in shown["problems"]
    ]
    return Group(
        Panel(Text("\n".join(lines)), title=title, expand=False),
        _stages(shown["stages"]),
        Text("\n".join(problems or [f"{YES} nothing is wrong"])),
    )


def _rows(shown: dict[str, Any], zone: "ZoneInfo") -> list[tuple[str, str]]:
    database, missing = shown["database"], shown["missing_data_percentage"]
    silent = sorted({book["bookmaker_key"] for book in shown["stale_books"]})
    growth = database["bytes_a_day_estimate"]
    return [
        ("Last fetch", _time(shown["last_fetch"], zone)),
        ("Last success", _time(shown["last_success"], zone)),
        ("Fetch success rate (24 h)", screen.percent(shown["fetch_success_24h"])),
        (
            "Quota used / total",
            f"{shown['quota_used']:,g} / {shown['quota_total']:,}, "
            f"{shown['quota_forecast']:,g} by the reset",
        ),
        ("Events", f"{shown['events_total']:,}, {shown['events_24h']:,} new in 24 h"),
        ("Odds records", f"{shown['odds_records']:,}, {shown['odds_24h']:,} new in 24 h"),
        (
            "Database",
            f"{screen.size(database['bytes'])}"
            + ("" if growth is None else f", about {screen.size(round(growth))} a day"),
        ),
        (
            "Connections",
            f"{database['open_connections']} of {database['max_connections']}, pool "
            f"{database['pool_in_use']} of {database['pool_size']} in use",
        ),
        (
            "Validation warnings (24 h)",
            f"{shown['validation_warnings_24h']:,} "
            f"({screen.percent(shown['validation_warning_rate_24h'])})",
        ),
        ("Missing data (7 d)", screen.MISSING if missing is None else f"{missing:.1f} %"),
        ("Gaps open (30 d)", f"{shown['gaps_open']:,}"),
        ("Stale or silent books", ", ".join(silent) or "none"),
        ("Scheduler heartbeat", _time(shown["scheduler_heartbeat"], zone)),
        ("Alerts not sent", f"{shown['alerts_unsent']:,}"),
    ]


def _time(moment: datetime | None, zone: "ZoneInfo") -> str:
    return screen.MISSING if moment is None else f"{screen.shown(moment, zone)} {zone.key}"


def _stages(stages: list[dict[str, Any]]) -> Any:  # noqa: ANN401 - a table of rich's
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("stage (6 h)")
    for heading in ("runs", "median", "p95", "usual", "success", "rows"):
        table.add_column(heading, justify="right")
    table.add_column("errors")
    for stage in stages:
        table.add_row(
            f"{WARN if stage['degraded'] else YES} {stage['stage']}",
            f"{stage['runs']:,}",
            *(_seconds(stage[key]) for key in ("median_seconds", "p95_seconds")),
            _seconds(stage["usual_median_seconds"]),
            screen.percent(stage["success"]),
            f"{stage['rows']:,}",
            screen.clean(stage["errors"] or ""),
        )
    return table


def _seconds(value: float | None) -> str:
    return screen.MISSING if value is None else f"{value:.3f} s"
