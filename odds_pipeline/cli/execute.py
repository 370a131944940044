"""`odds exec`: another program in the environment in which it finds this platform.

Belongs here: exporting and starting it. Does not belong here: the variables (``environment``).
"""

import os
from typing import Annotated

import typer

from odds_pipeline.cli.session import configured
from odds_pipeline.errors import NotFound, UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "exec",
        epilog="Example: odds exec -- dagster-daemon run",
        context_settings={"ignore_unknown_options": True},
    )(execute)


def execute(
    program: Annotated[
        list[str], typer.Argument(metavar="PROGRAM [ARGUMENT]...", help="What to run.")
    ],
) -> None:
    """Become that program, with the variables of `odds env` in its environment.

    For containers and services: secrets stand in files until then. It needs a DATABASE_URL, since
    an embedded server would stop with this command.
    """
    from odds_pipeline.cli.instance import exported

    settings = configured()
    if settings.own_database is None:
        raise UsageError(
            'odds exec needs DATABASE_URL; with the embedded server: eval "$(odds env)"'
        )
    with exported(settings):
        environment = dict(os.environ)
    try:
        os.execvpe(program[0], program, environment)  # noqa: S606
    except OSError as refused:
        reason = refused.strerror
    raise NotFound(f"{program[0]} cannot be run: {reason}")
