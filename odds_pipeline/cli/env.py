"""`odds env`: what Dagster's own programs need to find this platform."""

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.session import configured


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog='Example: eval "$(odds env)"')(env)


def env(as_json: AsJson = False) -> None:
    """Print the variables as shell lines, with the password; for: eval "$(odds env)".

    The embedded PostgreSQL server is started if need be and stays up until `odds db stop`.
    """
    from odds_pipeline.cli.environment import environment, export_lines
    from odds_pipeline.cli.instance import prepare_dagster_database
    from odds_pipeline.storage.database import database
    from odds_pipeline.storage.embedded import EmbeddedServer

    settings = configured()
    if settings.own_database is None:
        EmbeddedServer(settings.home).keep()
    with database(settings.own_database, settings.home) as address:
        prepare_dagster_database(settings, address)
        variables = environment(settings, address)
    if as_json:
        screen.show_json(variables)
    else:
        typer.echo(export_lines(variables))
