"""`odds config`: the settings in force.

Belongs here: showing them without secrets. Does not belong here: reading them (``settings``).
"""

import os
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import configured, require_database
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.redaction import fingerprint
from odds_pipeline.settings import Settings

_COLUMNS = (
    Column("name", "setting"),
    Column("value", "value"),
    Column("set_in", "set in"),
    Column("meaning", "meaning"),
)
_SECRET = "(set, not shown)"  # noqa: S105


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Show the settings in force.", no_args_is_help=True)
    group.command("show", epilog="Example: odds config show --json")(show)
    group.command("set-mode", epilog="Example: odds config set-mode planned")(set_mode)
    app.add_typer(group, name="config")


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


def set_mode(
    mode: Annotated[SamplingMode, typer.Argument(help="fixed, adaptive or planned.")],
) -> None:
    """Switch the sampling mode: its schedule or sensor is started, the others are stopped.

    The same as switching them in the Dagster UI; SAMPLING_MODE only says how it begins.
    """
    from odds_pipeline.cli.scheduler import instigators

    settings = configured()
    require_database(settings)
    with instigators(settings) as found:
        changed = found.set_mode(mode)
    screen.say(f"{screen.YES} Mode {mode}; switched: {', '.join(changed) or 'nothing'}")


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
    return "environment" if name.upper() in environment else ".env"
