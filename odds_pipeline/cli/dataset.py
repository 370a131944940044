"""`odds dataset`: freeze what backtests run on, lock it, prove it, make it again.

Belongs here: what a person asks, and what they see. Does not belong here: freezing
(``services.datasets``), running on one (``backtest``).
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson, KnownBy, Zone
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import platform

if TYPE_CHECKING:
    from odds_pipeline.services.datasets.examine import Examined
    from odds_pipeline.services.datasets.terms import Terms
    from odds_pipeline.storage.datasets import Dataset

Named = Annotated[str, typer.Argument(help="Its name (newest version), or name@version.")]
_LIST = (
    Column("snapshot_id", "dataset"),
    Column("league", "league"),
    Column("week", "week"),
    Column("offers", "offers", right=True),
    Column("locked", "locked"),
    Column("experiments", "experiments", right=True),
    Column("tags", "tags"),
    Column("content_hash", "content hash"),
    Column("created_at", "frozen"),
)
_VOIDED = (
    Column("void_id", "void", right=True),
    Column("file", "file"),
    Column("event_id", "event"),
    Column("bookmaker_key", "bookmaker"),
    Column("market_key", "market"),
    Column("outcome_name", "outcome"),
    Column("capture_time", "capture"),
    Column("reason", "reason"),
)
SHORT = 12  # letters of a hash in a table


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(
        help="Freeze what backtests run on: hashed, versioned, lockable.", no_args_is_help=True
    )
    group.command(
        epilog="Example: odds dataset freeze nba-november --sport basketball_nba "
        "--start 2026-11-01 --end 2026-11-30 --offset 60 --close --tag monthly"
    )(freeze)
    group.command(epilog="Example: odds dataset lock nba-november@1")(lock)
    group.command(epilog="Example: odds dataset verify nba-november")(verify)
    group.command("list", epilog="Example: odds dataset list --tag monthly")(list_datasets)
    group.command(epilog="Example: odds dataset show nba-november@1")(show)
    group.command(epilog="Example: odds dataset rebuild nba-november@1")(rebuild)
    group.command(epilog="Example: odds dataset delete nba-november@1")(delete)
    app.add_typer(group, name="dataset")


def freeze(
    name: Annotated[str, typer.Argument(help="What it is called; freezing again counts up.")],
    sport: Annotated[list[str], typer.Option(help="Sport key; repeatable.")],
    start: Annotated[str, typer.Option(help="First UTC day of starts, as 2026-01-31.")],
    end: Annotated[str, typer.Option(help="Last UTC day of starts, included.")],
    offset: Annotated[
        list[float] | None,
        typer.Option(help="Minutes before the start at which to decide; repeatable [60]."),
    ] = None,
    close: Annotated[
        bool, typer.Option("--close", help="Decide at the last moment before the start (too).")
    ] = False,
    book: Annotated[
        list[str] | None, typer.Option("--bookmaker", help="Only this one; repeatable [all].")
    ] = None,
    market: Annotated[
        list[str] | None, typer.Option("--market", help="Only this one; repeatable [all].")
    ] = None,
    max_age: Annotated[
        float | None, typer.Option(help="Greatest age of the snapshot, in minutes [none].")
    ] = None,
    valid_only: Annotated[
        bool, typer.Option("--valid-only", help="Leave out prices that a rule found wrong.")
    ] = False,
    latency: Annotated[
        float,
        typer.Option(
            min=0, help="Keep what was on offer so many seconds later, for runs with --latency."
        ),
    ] = 0.0,
    known_by: KnownBy = None,
    league: Annotated[str | None, typer.Option(help="What to call it [the sports].")] = None,
    week: Annotated[str | None, typer.Option(help="The week or round it is about.")] = None,
    model_version: Annotated[
        str | None, typer.Option(help="Version of the model it is frozen for.")
    ] = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Word to find it by; repeatable.")] = None,
    as_json: AsJson = False,
) -> None:
    """Freeze what was on offer at decisions, closing lines and results, as Parquet files.

    They stand under the home, in `datasets/NAME/VERSION`, beside a manifest with a digest of each
    file and one over all values. Where the newest version holds the same, there is no new one.
    """
    from odds_pipeline.cli.instance import dagster_instance, shown_platform
    from odds_pipeline.orchestration.research_report import report_dataset
    from odds_pipeline.services.datasets.freeze import freeze as frozen
    from odds_pipeline.services.datasets.terms import Labels

    terms = _terms(sport, start, end, offset, close, book, market, max_age, valid_only, latency)
    labels = Labels(league, week, model_version, description, tuple(tag or ()))
    moment = screen.moment(known_by, "--known-by")
    with shown_platform() as (opened, settings):
        with screen.spinner("Freezing", as_json) as told:
            dataset, new = frozen(
                opened, name, terms, labels, moment, lambda done, of: told(f"{done:,} of {of:,}")
            )
        with dagster_instance(settings) as instance:
            report_dataset(opened, instance, dataset)
    if as_json:
        screen.show_json(_record(dataset) | {"new": new})
        return
    said = "frozen" if new else "holds the same already; nothing was frozen"
    screen.say(f"{screen.YES} {dataset.snapshot_id} {said}: {_rows(dataset)}")
    screen.say(f"Content hash {dataset.content_hash}")
    screen.say(f"`odds backtest run STRATEGY --dataset {dataset.snapshot_id}` bets on it")


def lock(name: Named, as_json: AsJson = False) -> None:
    """Let a dataset never change or go; experiments on it can then be made again."""
    from odds_pipeline.services.datasets.examine import lock as locked

    with platform() as opened:
        dataset = locked(opened, name)
    if as_json:
        screen.show_json(_record(dataset))
    else:
        since = f"{dataset.locked_at:%Y-%m-%d %H:%M:%S} UTC"
        screen.say(f"{screen.YES} {dataset.snapshot_id} is locked since {since}")


def verify(name: Named, tz: Zone = "UTC", as_json: AsJson = False) -> None:
    """Hash a dataset's files again, and name the quotes inside that were voided since.

    Ends with 1 where a file is not as it was frozen.
    """
    found = _examined(name)
    if as_json:
        screen.show_json(_verdict(found))
    else:
        _tell(found, tz)
    if found.edited:
        raise typer.Exit(1)


def list_datasets(
    tag: Annotated[str | None, typer.Option(help="Only those with this tag.")] = None,
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """List the frozen datasets, newest first."""
    from odds_pipeline.storage.datasets import every
    from odds_pipeline.storage.engine import transaction

    zone = screen.zone_named(tz)
    with platform() as opened, transaction(opened.engine) as conn:
        found = every(conn, tag)
    if as_json:
        screen.show_json([_record(one) for one in found])
    elif found:
        rows = [
            asdict(one)
            | {
                "offers": one.metadata["files"]["offers"]["rows"],
                "locked": screen.YES if one.is_locked else "",
                "tags": ", ".join(one.tags),
                "content_hash": one.content_hash[:SHORT],
            }
            for one in found
        ]
        screen.show_table(rows, _LIST, zone)
    else:
        screen.say("No dataset was frozen yet: `odds dataset freeze`")


def show(name: Named, tz: Zone = "UTC", as_json: AsJson = False) -> None:
    """Show a dataset: what it was frozen from, what is in it, and whether it still holds."""
    found = _examined(name)
    dataset = found.dataset
    if as_json:
        screen.show_json(_record(dataset) | _verdict(found))
        return
    screen.say(f"{dataset.snapshot_id}: {dataset.league}, {_rows(dataset)}")
    if dataset.description:
        screen.say(screen.clean(dataset.description))
    known = f"{dataset.known_by:%Y-%m-%d %H:%M:%S} UTC"
    screen.say(f"Known by {known} · {dataset.experiments} experiments")
    screen.say(f"Content hash {dataset.content_hash}")
    screen.say("Frozen from:")
    screen.show_json(dataset.config)
    _tell(found, tz)


def rebuild(
    name: Annotated[str, typer.Argument(help="Name, name@version, or a manifest.json.")],
    known_by: KnownBy = None,
    as_json: AsJson = False,
) -> None:
    """Make a dataset again from what is stored, as of when it was frozen, and compare.

    Missing or damaged files are put back. In another database, filled from the same raw, name the
    manifest and say --known-by: there the raw became known later. Ends with 1 where it differs.
    """
    from odds_pipeline.services.datasets.rebuild import rebuild as rebuilt

    moment = screen.moment(known_by, "--known-by")
    with platform() as opened, screen.spinner("Reading", as_json) as told:
        made = rebuilt(opened, name, moment, lambda done, of: told(f"{done:,} of {of:,}"))
    if as_json:
        screen.show_json(asdict(made) | {"same": made.same})
    elif made.same:
        put = "; its files were put in place" if made.put else ""
        screen.say(f"{screen.YES} {made.snapshot_id} comes out the same, {made.rebuilt_hash}{put}")
    else:
        screen.say(f"{screen.NO} {made.snapshot_id} differs in {', '.join(made.differing)}")
    if not made.same:
        raise typer.Exit(1)


def delete(
    name: Annotated[str, typer.Argument(help="With its version: name@version.")],
    as_json: AsJson = False,
) -> None:
    """Delete a dataset that is not locked; experiments on it stay on record."""
    from odds_pipeline.services.datasets.examine import delete as deleted

    with platform() as opened:
        dataset = deleted(opened, name)
    if as_json:
        screen.show_json(_record(dataset))
    else:
        screen.say(f"{screen.YES} {dataset.snapshot_id} is deleted")


def _terms(
    sports: list[str],
    start: str,
    end: str,
    offsets: list[float] | None,
    close: bool,
    books: list[str] | None,
    markets: list[str] | None,
    max_age: float | None,
    valid_only: bool,
    latency: float,
) -> "Terms":
    from odds_pipeline.services.datasets.terms import Terms
    from odds_pipeline.services.spans import MINUTE, SECOND, span

    minutes = offsets if offsets is not None else ([] if close else [60.0])
    return Terms(
        tuple(sports),
        screen.day(start, "--start"),
        screen.day(end, "--end"),
        tuple(span(each, MINUTE, "--offset") for each in minutes),
        close,
        tuple(books or ()),
        tuple(markets or ()),
        None if max_age is None else span(max_age, MINUTE, "--max-age"),
        valid_only,
        span(latency, SECOND, "--latency"),
    )


def _examined(name: str) -> "Examined":
    from odds_pipeline.services.datasets.examine import verify as verified

    with platform() as opened:
        return verified(opened, name)


def _verdict(found: "Examined") -> dict[str, Any]:
    return {
        "snapshot_id": found.dataset.snapshot_id,
        "content_hash": found.dataset.content_hash,
        "edited": list(found.edited),
        "voided": [quote._asdict() for quote in found.voided],
    }


def _tell(found: "Examined", tz: str) -> None:
    name = found.dataset.snapshot_id
    if found.edited:
        screen.say(f"{screen.NO} {name}: {', '.join(found.edited)} edited or missing")
        screen.say(f"`odds dataset rebuild {name}` makes it again")
        return
    locked = "locked" if found.dataset.is_locked else "not locked"
    screen.say(f"{screen.YES} {name} is as it was frozen ({locked})")
    if found.voided:
        screen.say(f"{screen.WARN} {len(found.voided)} quotes inside were voided since:")
        rows = [quote._asdict() for quote in found.voided]
        screen.show_table(rows, _VOIDED, screen.zone_named(tz))


def _record(dataset: "Dataset") -> dict[str, Any]:
    return asdict(dataset)


def _rows(dataset: "Dataset") -> str:
    notes = dataset.metadata["files"]
    return ", ".join(f"{note['rows']:,} {name.replace('_', ' ')}" for name, note in notes.items())
