"""`odds review`: the questions of identity that wait for a person, and their answers."""

from typing import Annotated, Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import LARGEST, AsJson, By, Reason, Zone, login
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import platform
from odds_pipeline.errors import UsageError

Numbers = Annotated[
    list[int] | None,
    typer.Argument(max=LARGEST, help="Numbers of the questions; see `odds review list`."),
]

_ITEMS = (
    Column("item_id", "question", right=True),
    Column("kind", "kind"),
    Column("sport_key", "sport"),
    Column("subject", "is"),
    Column("candidate", "the same as"),
    Column("sure", "sure"),
    Column("reason", "because"),
    Column("status", "status"),
)


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(
        help="Answer questions of identity: which events and names are one.", no_args_is_help=True
    )
    group.command("list", epilog="Example: odds review list --kind event")(list_items)
    group.command(epilog="Example: odds review look")(look)
    group.command(epilog="Example: odds review accept --sure")(accept)
    group.command(epilog="Example: odds review reject 7 --reason 'two games of one day'")(reject)
    app.add_typer(group, name="review")


def list_items(
    kind: Annotated[str | None, typer.Option(help="Only of this kind: event, team, sport.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Answered ones too.")] = False,
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """List the questions that are open, in the order in which they were asked."""
    from odds_pipeline.services import identity

    with platform() as opened:
        status = None if everything else "open"
        rows = [item._asdict() for item in identity.questions(opened, status, kind)]
    _show(rows, tz, as_json)


def look(as_json: AsJson = False) -> None:
    """Look through all that is stored for what may be one, and ask what was not asked before.

    An import asks about what it brought by itself.
    """
    from odds_pipeline.services import identity

    with platform() as opened:
        asked = identity.look(opened)
    if as_json:
        screen.show_json({"questions": asked})
    else:
        screen.say(f"{asked} new questions; `odds review list` lists what is open.")


def accept(
    numbers: Numbers = None,
    sure: Annotated[
        bool, typer.Option("--sure", help="All open questions whose answer is sure.")
    ] = False,
    instead: Annotated[
        str | None, typer.Option("--as", help="What it is, instead of what is suggested.")
    ] = None,
    by: By = None,
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """Answer with yes: events and names are merged, which `odds merge undo` undoes."""
    from odds_pipeline.services import identity

    if sure == bool(numbers):
        raise UsageError("name the questions, or say --sure")
    with platform() as opened:
        chosen = numbers or [item.item_id for item in identity.sure_questions(opened)]
        answered = identity.accept(opened, chosen, by or login(), instead)
    _show([item._asdict() for item in answered], tz, as_json)


def reject(
    numbers: Annotated[list[int], typer.Argument(max=LARGEST, help="Numbers of the questions.")],
    reason: Reason,
    by: By = None,
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """Answer with no: they stay apart, and it is not asked again."""
    from odds_pipeline.services import identity

    with platform() as opened:
        answered = identity.reject(opened, numbers, reason, by or login())
    _show([item._asdict() for item in answered], tz, as_json)


def _show(rows: list[dict[str, Any]], tz: str, as_json: bool) -> None:
    if as_json:
        screen.show_json(rows)
    elif not rows:
        screen.say("No questions.")
    else:
        screen.show_table(rows, _ITEMS, screen.zone_named(tz))
