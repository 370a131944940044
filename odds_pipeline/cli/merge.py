"""`odds merge`: say that two events, or two spellings of a team, are one, and undo that."""

from typing import Annotated, Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import LARGEST, AsJson, By, Reason, Zone, login
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import platform

_MERGES = (
    Column("merge_id", "merge", right=True),
    Column("kind", "kind"),
    Column("sport_key", "sport"),
    Column("kept", "kept"),
    Column("merged", "merged into it"),
    Column("reason", "reason"),
    Column("created_by", "by"),
    Column("known_time", "known since"),
    Column("undone_at", "undone"),
)


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(
        help="Merge events and names of teams that are one, and undo that.", no_args_is_help=True
    )
    group.command(epilog="Example: odds merge event 4b25… 9f86… --reason 'the archive has it too'")(
        event
    )
    group.command(
        epilog="Example: odds merge team 'Sydney Swans' Sydney --sport aussierules_afl "
        "--reason 'results name it so'"
    )(team)
    group.command("list", epilog="Example: odds merge list --json")(list_merges)
    group.command(epilog="Example: odds merge undo 3 --reason 'two games of one day'")(undo)
    app.add_typer(group, name="merge")


def event(
    kept: Annotated[str, typer.Argument(help="Id that the united event goes by.")],
    other: Annotated[str, typer.Argument(help="Id of the event merged into it.")],
    reason: Reason,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Merge two events: from now on readers answer for both as for one.

    Sport and teams must be the same. Nothing is altered: what was known before stays readable
    with --known-by, and `odds merge undo` undoes it.
    """
    from odds_pipeline.services import identity

    with platform() as opened:
        made = identity.merge_events(opened, kept, other, reason, by or login())
    _tell([merge._asdict() for merge in made], as_json)


def team(
    name: Annotated[str, typer.Argument(help="The team's name.")],
    spelling: Annotated[str, typer.Argument(help="The spelling that stands for it too.")],
    sport: Annotated[str, typer.Option(help="Sport key in which it does.")],
    reason: Reason,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Merge a spelling into a team's name: from now on readers show that name."""
    from odds_pipeline.services import identity

    with platform() as opened:
        made = identity.merge_team(opened, sport, name, spelling, reason, by or login())
    _tell([made._asdict()], as_json)


def list_merges(tz: Zone = "UTC", as_json: AsJson = False) -> None:
    """List merges in the order in which they were made, undone ones too."""
    from odds_pipeline.services import identity

    with platform() as opened:
        rows = [each._asdict() for each in identity.listed(opened)]
    if as_json:
        screen.show_json(rows)
    elif not rows:
        screen.say("Nothing is merged.")
    else:
        screen.show_table(rows, _MERGES, screen.zone_named(tz))


def undo(
    merge_id: Annotated[
        int, typer.Argument(max=LARGEST, help="Number of the merge; see `odds merge list`.")
    ],
    reason: Reason,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Undo a merge: readers take its two for two again, from now on."""
    from odds_pipeline.services import identity

    with platform() as opened:
        undone = identity.undo(opened, merge_id, reason, by or login())
    if as_json:
        screen.show_json(undone._asdict())
    else:
        screen.say(f"{screen.YES} Merge {merge_id} is undone.")


def _tell(made: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        screen.show_json(made)
        return
    for merge in made:
        since = f"{merge['known_time']:%F %T} UTC"
        what = f"{merge['merged']} is {merge['kept']}"
        screen.say(f"{screen.YES} Merge {merge['merge_id']}: {what}, from {since} on.")
