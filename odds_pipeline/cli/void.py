"""`odds void`: declare quotes void, undo that, and see what used them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import LARGEST, AsJson, By, Reason, Zone, login
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import platform

if TYPE_CHECKING:
    from odds_pipeline.storage.derived import Covered

VoidId = Annotated[
    int, typer.Argument(max=LARGEST, help="Number of the void; see `odds void list`.")
]

_VOIDS = (
    Column("void_id", "void", right=True),
    Column("event_id", "event"),
    Column("bookmaker_key", "bookmaker"),
    Column("market_key", "market"),
    Column("outcome_name", "outcome"),
    Column("description", "about"),
    Column("from_capture", "from capture"),
    Column("to_capture", "to capture"),
    Column("reason", "reason"),
    Column("known_time", "known since"),
    Column("lifted_at", "lifted"),
)
_USERS = (
    Column("table", "table"),
    Column("row", "row"),
    Column("day", "day"),
    Column("says", "says"),
)


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(
        help="Void bad quotes, lift voids, and see what used them.", no_args_is_help=True
    )
    group.command(
        epilog="Example: odds void add --event-id 4b25… --bookmaker bovada --market h2h "
        "--from 2026-01-31T18:00:00Z --to 2026-01-31T18:30:00Z --reason 'sides swapped'"
    )(add)
    group.command("list", epilog="Example: odds void list --json")(list_voids)
    group.command(epilog="Example: odds void lift 3 --reason 'the book confirmed the price'")(lift)
    group.command(epilog="Example: odds void affected 3")(affected)
    app.add_typer(group, name="void")


def add(
    first: Annotated[
        str, typer.Option("--from", help="Capture time of the first snapshot, ISO 8601 with zone.")
    ],
    last: Annotated[
        str, typer.Option("--to", help="Capture time of the last one; it is voided too.")
    ],
    reason: Reason,
    event_id: Annotated[
        str | None, typer.Option("--event-id", help="Only this event; see `odds events`.")
    ] = None,
    bookmaker: Annotated[str | None, typer.Option(help="Only this bookmaker key.")] = None,
    market: Annotated[str | None, typer.Option(help="Only this market key.")] = None,
    outcome: Annotated[str | None, typer.Option(help="Only this outcome: a team, Over, …")] = None,
    description: Annotated[
        str | None, typer.Option(help="Only outcomes about this one, such as a player.")
    ] = None,
    by: By = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be covered; void nothing.")
    ] = False,
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """Void quotes by key and capture times: readers then show no price for them, nor an older one.

    At least --event-id or --bookmaker must be given. Nothing is deleted: what was known before
    stays readable with --known-by, and `odds void lift` undoes it.
    """
    from odds_pipeline.services import voids

    request = voids.VoidRequest(
        _moment(first, "--from"),
        _moment(last, "--to"),
        event_id,
        bookmaker,
        market,
        outcome,
        description,
    )
    with platform() as opened:
        found = voids.would_cover(opened, request)
        made = None if dry_run else voids.add(opened, request, reason, by or login())
    if as_json:
        screen.show_json({"void_id": None if made is None else made.void_id} | _covered(found))
        return
    if made is None:
        screen.say("Nothing is voided (--dry-run).")
    else:
        screen.say(f"{screen.YES} Void {made.void_id} holds from {made.known_time:%F %T} UTC on.")
    _show_covered(found, tz)


def list_voids(tz: Zone = "UTC", as_json: AsJson = False) -> None:
    """List voids in the order in which they were made, lifted ones too."""
    from odds_pipeline.services import voids

    with platform() as opened:
        rows = [each._asdict() for each in voids.listed(opened)]
    if as_json:
        screen.show_json(rows)
    elif not rows:
        screen.say("Nothing is voided.")
    else:
        screen.show_table(rows, _VOIDS, screen.zone_named(tz))


def lift(void_id: VoidId, reason: Reason, by: By = None, as_json: AsJson = False) -> None:
    """Lift a void: readers show its quotes' prices again, from now on."""
    from odds_pipeline.services import voids

    with platform() as opened:
        lifted = voids.lift(opened, void_id, reason, by or login())
    if as_json:
        screen.show_json(lifted._asdict())
    else:
        screen.say(f"{screen.YES} Void {void_id} is lifted.")


def affected(void_id: VoidId, tz: Zone = "UTC", as_json: AsJson = False) -> None:
    """Show the quotes a void covers, and what was worked out from one of them."""
    from odds_pipeline.services import voids

    with platform() as opened:
        found = voids.affected(opened, void_id)
    if as_json:
        screen.show_json({"void_id": void_id} | _covered(found))
    else:
        _show_covered(found, tz)


def _covered(found: "Covered") -> dict[str, Any]:
    return found._asdict() | {"users": [user._asdict() for user in found.users]}


def _show_covered(found: "Covered", tz: str) -> None:
    days = ", ".join(str(day) for day in found.days) or "no day"
    screen.say(f"{found.quotes} quotes in {found.snapshots} snapshots, of {days}.")
    if not found.users:
        screen.say("Nothing was worked out from them.")
        return
    screen.show_table(_covered(found)["users"], _USERS, screen.zone_named(tz), "Used by")
    partitions = sorted({(user.asset, user.day) for user in found.users})
    anew = ", ".join(f"{asset} {day}" for asset, day in partitions)
    screen.say(f"Materialise anew: {anew}")


def _moment(text: str, option: str) -> datetime:
    value = screen.moment(text, option)
    assert value is not None
    return value
