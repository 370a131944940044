"""`odds config`: the settings in force, the sampling mode, the UI's password, trying alerts.

Belongs here: showing settings without secrets, switching the mode, hashing a password, a test
message to each channel. Does not belong here: reading them (``settings``), the switches
(``orchestration.switches``).
"""

import os
import sys
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import configured, require_database
from odds_pipeline.errors import AlertNotSent, UsageError
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.redaction import fingerprint
from odds_pipeline.settings import Settings

_COLUMNS = (
    Column("name", "setting"),
    Column("value", "value"),
    Column("set_in", "set in"),
    Column("meaning", "meaning"),
)
SHORTEST_PASSWORD = 12
_SECRET = "(set, not shown)"  # noqa: S105


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Settings and the sampling mode.", no_args_is_help=True)
    group.command("show", epilog="Example: odds config show --json")(show)
    group.command("set-mode", epilog="Example: odds config set-mode planned")(set_mode)
    group.command("hash-password", epilog="Example: odds config hash-password --user ann")(
        hash_password
    )
    group.command("test-alerts", epilog="Example: odds config test-alerts")(test_alerts)
    app.add_typer(group, name="config")


def set_mode(
    mode: Annotated[SamplingMode, typer.Argument(help="How captures are timed.")],
    as_json: AsJson = False,
) -> None:
    """Switch the sampling mode: start its schedule or sensor and stop the others.

    The same switches stand in the UI under Automation. While collection is stopped, the choice is
    kept for `odds scheduler start`. SAMPLING_MODE says only how a new instance begins.
    """
    from odds_pipeline.cli.instance import dagster_instance, exported
    from odds_pipeline.orchestration.modes import TICKERS
    from odds_pipeline.orchestration.switches import set_mode as switch

    settings = configured()
    require_database(settings)
    with exported(settings) as named, dagster_instance(named) as instance:
        running = switch(instance, named, mode)
    if as_json:
        screen.show_json({"mode": str(mode), "ticker": TICKERS[mode], "running": running})
        return
    others = ", ".join(ticker for of, ticker in TICKERS.items() if of is not mode)
    if running:
        screen.say(f"{screen.YES} Mode {mode}: {TICKERS[mode]} is on; off: {others}")
    else:
        screen.say(f"{screen.YES} Mode {mode} is kept; collection is off: `odds scheduler start`")


def hash_password(
    user: Annotated[str, typer.Option(help="Name to log in with.")] = "odds",
) -> None:
    """Ask for a password and print the ODDS_UI_LOGIN that makes the Dagster UI ask for it.

    Without a terminal the password is the first line of standard input. It is kept nowhere.
    """
    from argon2 import PasswordHasher

    if not user or ":" in user or any(character.isspace() for character in user):
        raise UsageError(f"--user: {user!r} has a colon or a blank")
    password = _password()
    if len(password) < SHORTEST_PASSWORD:
        raise UsageError(f"the password has fewer than {SHORTEST_PASSWORD} characters")
    # Quoted, since a shell would read the hash's dollar signs.
    screen.say(f"ODDS_UI_LOGIN='{user}:{PasswordHasher().hash(password)}'")


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def test_alerts(as_json: AsJson = False) -> None:
    """Send a test message to every channel of the settings, whether alerts are enabled or not.

    Exit code 9 when one of them did not take it.
    """
    from odds_pipeline.alerts.channels.registry import open_channels
    from odds_pipeline.services.alerting.sending import try_channels

    settings = configured()
    channels = open_channels(settings)
    if not channels:
        raise UsageError("no channel is set: DISCORD_WEBHOOK_URL or ALERT_URLS (docs/alerts.md)")
    told = try_channels(channels)
    rows = [{"channel": name, "taken": why is None, "reason": why} for name, why in told.items()]
    if as_json:
        screen.show_json(rows)
    else:
        for name, why in told.items():
            screen.say(f"{screen.NO} {why}" if why else f"{screen.YES} {name}: taken")
        if not settings.alert_enabled:
            screen.say(f"{screen.WARN} Alerts are off until ALERT_ENABLED=true")
    failed = [name for name, why in told.items() if why]
    if failed:
        raise AlertNotSent(f"{len(failed)} of {len(told)} channels did not take the test")


def show(as_json: AsJson = False) -> None:
    """Show each setting, its value, where it is set and what it means; never a secret.

    The API key is shown by its fingerprint, the same as in `odds quota` and `odds doctor`.
    """
    rows = settings_rows(configured())
    if as_json:
        screen.show_json(rows)
        return
    screen.show_table(rows, _COLUMNS, screen.zone_named("UTC"))
    screen.say("Set them in the environment or in a file .env here; .env.example lists them.")


def settings_rows(settings: Settings) -> list[dict[str, Any]]:
    """One row a setting: name, value, default, where it is set, meaning."""
    chosen = settings.model_fields_set
    environment = {name.upper() for name in os.environ}
    return [
        {
            "name": name.upper(),
            "value": _shown(settings, name, getattr(settings, name)),
            "default": plain(field.default),
            "set_in": _place(name, name in chosen, environment),
            "meaning": field.description,
        }
        for name, field in Settings.model_fields.items()
    ]


def _shown(settings: Settings, name: str, value: object) -> str:
    if name == "odds_api_key" and isinstance(value, SecretStr):
        names = ", ".join(fingerprint(key.secret) for key in settings.api_keys)
        return f"(set, fingerprint {names})"
    return plain(value)


def plain(value: object) -> str:
    """A setting's value as it would stand in `.env`; a secret is not shown."""
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return _SECRET
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _place(name: str, chosen: bool, environment: set[str]) -> str:
    if not chosen:
        return "default"
    if name.upper() in environment:
        return "environment"
    return "file" if f"{name.upper()}_FILE" in environment else ".env"
