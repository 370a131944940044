"""`odds alerts`: what was raised, acknowledging it, sending what waits."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from odds_pipeline.catalog.alerts import AlertType
from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson, Zone
from odds_pipeline.cli.screen import NO, WARN, YES, Column
from odds_pipeline.cli.session import platform
from odds_pipeline.errors import AlertNotSent

if TYPE_CHECKING:
    from odds_pipeline.storage.outbox import StoredAlert

_COLUMNS = (
    Column("alert_key", "id"),
    Column("triggered_at", "raised"),
    Column("shown_severity", "severity"),
    Column("alert_type", "type"),
    Column("told", "sent"),
    Column("seen", "seen"),
    Column("message", "message"),
)
_SIGNS = {"info": YES, "warning": WARN, "error": NO, "critical": NO}
OFF = "Alerts are off: set ALERT_ENABLED=true and a channel (docs/alerts.md)."


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Alerts that were raised.", no_args_is_help=True)
    group.command("list", epilog="Example: odds alerts list --unsent")(list_alerts)
    group.command("ack", epilog="Example: odds alerts ack 3f0c9a1b2d4e5f60")(ack)
    group.command("send", epilog="Example: odds alerts send")(send)
    app.add_typer(group, name="alerts")


def list_alerts(
    alert_type: Annotated[AlertType | None, typer.Option("--type", help="Only this type.")] = None,
    only_open: Annotated[
        bool, typer.Option("--open", help="Only those that nobody has acknowledged.")
    ] = False,
    unsent: Annotated[bool, typer.Option("--unsent", help="Only those not sent yet.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 50,
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """List alerts, newest first."""
    from odds_pipeline.storage import outbox
    from odds_pipeline.storage.engine import transaction

    zone = screen.zone_named(tz)
    with platform() as opened, transaction(opened.engine) as conn:
        enabled = opened.settings.alert_enabled
        if unsent:
            found = outbox.unsent(conn, limit)
        else:
            found = outbox.newest(conn, limit, alert_type, only_open=only_open)
    if as_json:
        screen.show_json([asdict(alert) for alert in found])
    elif found:
        screen.show_table(map(_row, found), _COLUMNS, zone)
    else:
        screen.say("No such alerts." if enabled else OFF)


def ack(
    key: Annotated[str, typer.Argument(help="The alert's id; of a summary, all it tells of.")],
    as_json: AsJson = False,
) -> None:
    """Acknowledge an alert: say that somebody has seen it."""
    from odds_pipeline.storage import outbox
    from odds_pipeline.storage.engine import transaction

    with platform() as opened, transaction(opened.engine) as conn:
        found = outbox.acknowledge(conn, key)
    if as_json:
        screen.show_json([asdict(alert) for alert in found])
        return
    screen.say(f"{YES} {len(found)} acknowledged")


def send(as_json: AsJson = False) -> None:
    """Send what is due now, as the job `send_alerts` does.

    Exit code 9 when a channel did not take something; that waits.
    """
    from odds_pipeline.services.alerting.sending import send_waiting

    with platform() as opened:
        if not opened.settings.alert_enabled and not as_json:
            screen.say(OFF)
            return
        done = send_waiting(opened)
    if as_json:
        screen.show_json(asdict(done))
    else:
        screen.say(f"{YES} {done.messages} messages sent, which tell of {done.alerts} alerts")
    if done.failures:
        raise AlertNotSent("; ".join(done.failures.values()))


def _row(alert: "StoredAlert") -> dict[str, object]:
    return asdict(alert) | {
        "shown_severity": f"{_SIGNS[alert.severity]} {alert.severity}",
        "told": alert.sent,
        "seen": alert.acknowledged_at is not None,
    }
