"""`odds quality`: see what the rules found and what is quarantined, and decide about it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson, By, Reason, Zone, login
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import platform

if TYPE_CHECKING:
    from odds_pipeline.services.review import Action, Decided
    from odds_pipeline.storage.quality_review import Item

Name = Annotated[
    str, typer.Argument(metavar="ITEM", help="17 is an issue, q17 a quarantined part.")
]

_ITEMS = (
    Column("item", "item", right=True),
    Column("day", "day"),
    Column("severity", "severity"),
    Column("rule", "rule"),
    Column("status", "status"),
    Column("event_id", "event"),
    Column("bookmaker_key", "bookmaker"),
    Column("market_key", "market"),
    Column("snapshot_time", "captured"),
    Column("description", "what"),
)
_DECISIONS = (
    Column("known_time", "when"),
    Column("action", "decided"),
    Column("decided_by", "by"),
    Column("reason", "why"),
)


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(
        help="See what the rules found and what is quarantined, and decide about it.",
        no_args_is_help=True,
    )
    group.command("list", epilog="Example: odds quality list --date 2026-01-31")(list_items)
    group.command(epilog="Example: odds quality show 17")(show)
    group.command(epilog="Example: odds quality release 17 --reason 'the game was moved'")(release)
    group.command(epilog="Example: odds quality void 17 --reason 'sides swapped'")(void)
    group.command(epilog="Example: odds quality keep q3 --reason 'asked the provider'")(keep)
    app.add_typer(group, name="quality")


def list_items(
    date: Annotated[
        str | None, typer.Option("--date", help="Only this UTC day of captures, 2026-01-31.")
    ] = None,
    rule: Annotated[str | None, typer.Option(help="Only what this rule found.")] = None,
    severity: Annotated[
        str | None, typer.Option(help="Only warning, error or critical ones.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what was decided or is no longer found.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")] = 100,
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """List flagged issues and quarantined parts that wait for review, the worst first."""
    from odds_pipeline.services import review

    day = screen.day(date, "--date")
    with platform() as opened:
        found = review.waiting(opened, day, rule, severity, everything, limit)
    rows = [_row(one) for one in found]
    if as_json:
        screen.show_json(rows)
    elif not rows:
        screen.say(f"{screen.YES} Nothing waits for review.")
    else:
        screen.show_table(rows, _ITEMS, screen.zone_named(tz))


def show(item: Name, tz: Zone = "UTC", as_json: AsJson = False) -> None:
    """Show one item with its evidence and what was decided about it."""
    from odds_pipeline.services import review

    with platform() as opened:
        found = review.shown(opened, item)
    decisions = [each._asdict() for each in found.decisions]
    row = _row(found.item) | {"evidence": found.item.evidence, "decisions": decisions}
    if as_json:
        screen.show_json(row)
        return
    screen.show_table([row], _ITEMS, screen.zone_named(tz))
    screen.say(f"Evidence: {found.item.evidence}")
    if decisions:
        screen.show_table(decisions, _DECISIONS, screen.zone_named(tz), "Decided")


def release(item: Name, reason: Reason, by: By = None, as_json: AsJson = False) -> None:
    """It is right: lift an issue's flag, and what strict mode voided for it; use a part again.

    A part's document is read again; what had used voided quotes is worked out anew.
    """
    from odds_pipeline.services.review import Action

    _decide(item, Action.RELEASE, reason, by, as_json)


def void(item: Name, reason: Reason, by: By = None, as_json: AsJson = False) -> None:
    """It is wrong: readers give no price for an issue's quotes; a part is dismissed.

    What had used them is listed and worked out anew; nothing is deleted.
    """
    from odds_pipeline.services.review import Action

    _decide(item, Action.VOID, reason, by, as_json)


def keep(item: Name, reason: Reason, by: By = None, as_json: AsJson = False) -> None:
    """It was looked at and stays as it is; that, who and why are written down."""
    from odds_pipeline.services.review import Action

    _decide(item, Action.KEEP, reason, by, as_json)


def _decide(name: str, action: "Action", reason: str, by: str | None, as_json: bool) -> None:
    from odds_pipeline.services import review

    with platform() as opened:
        done = review.decide(opened, name, action, reason, by or login())
    if as_json:
        used = {"users": [user._asdict() for user in done.users], "appended": done.appended}
        screen.show_json(_row(done.item) | used)
        return
    screen.say(f"{screen.YES} {review.name_of(done.item)}: {action}, now {done.item.status}.")
    if done.users:
        assets = sorted({(user.asset, str(user.day)) for user in done.users})
        told = ", ".join(f"{asset} {day}" for asset, day in assets)
        screen.say(f"{len(done.users)} rows had used its quotes, and are worked out anew: {told}.")
    if done.document is not None:
        screen.say(_reread(done))


def _reread(done: "Decided") -> str:
    if done.appended:
        return f"Document {done.document} was read again: {done.appended} rows appended."
    day = "the day" if done.item.day is None else done.item.day
    return (
        f"Document {done.document} was read by this parser already: what it left out is taken in "
        f"by `odds db rebuild --day {day}`."
    )


def _row(item: "Item") -> dict[str, Any]:
    from odds_pipeline.services.review import name_of

    told = {"item": name_of(item)} | item._asdict()
    return {key: told[key] for key in told if key not in ("kind", "number", "evidence")}
