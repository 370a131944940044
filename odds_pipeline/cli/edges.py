"""`odds edges`: priced disagreements that were found, and the history of one."""

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from odds_pipeline.catalog.pricing import EDGE_KINDS, EDGE_STATUSES, VERDICTS
from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson, Zone
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import platform
from odds_pipeline.errors import NotFound, UsageError

if TYPE_CHECKING:
    from odds_pipeline.storage.edges import Wanted

Kind = StrEnum("Kind", EDGE_KINDS)  # type: ignore[misc]
Status = StrEnum("Status", [*EDGE_STATUSES, "any"])  # type: ignore[misc]
Verdict = StrEnum("Verdict", VERDICTS)  # type: ignore[misc]

PAGE = 50
_COLUMNS = (
    Column("opportunity_id", "id"),
    Column("kind", "kind"),
    Column("verdict", "verdict"),
    Column("status", "status"),
    Column("market_key", "market"),
    Column("outcome_name", "outcome"),
    Column("description", "about"),
    Column("point", "point", right=True),
    Column("books", "book"),
    Column("american", "american", right=True),
    Column("edge", "edge %", right=True),
    Column("stake", "stake %", right=True),
    Column("profit", "sure profit", right=True),
    Column("age", "age", right=True),
    Column("last_seen", "last seen"),
    Column("commence_time", "start"),
)
_ONLY_WHERE_USED = frozenset({"description", "point", "american", "stake", "profit"})
_SIGHTS = (
    Column("capture_time", "captured"),
    Column("state", "state"),
    Column("bookmaker_key", "book"),
    Column("price", "decimal", right=True),
    Column("fair_probability", "fair", right=True),
    Column("edge", "edge %", right=True),
    Column("verdict", "verdict"),
    Column("reason", "why"),
    Column("closed_by", "closed by"),
    Column("superseded_at", "superseded"),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: odds edges --kind ev --min-edge 2 --verdict executable")(edges)


def edges(
    opportunity: Annotated[
        str | None, typer.Argument(help="Show the whole history of this one.")
    ] = None,
    sport: Annotated[str | None, typer.Option(help="Only this sport key.")] = None,
    event_id: Annotated[str | None, typer.Option(help="Only this event.")] = None,
    market: Annotated[str | None, typer.Option(help="Only this market key.")] = None,
    bookmaker: Annotated[str | None, typer.Option(help="Only with a leg at this book.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="Only this kind.")] = None,
    tag: Annotated[
        str | None, typer.Option(help="Only with this tag: favourite, longshot, exchange, …")
    ] = None,
    verdict: Annotated[Verdict | None, typer.Option(help="Only with this verdict.")] = None,
    status: Annotated[
        Status, typer.Option(help="open, expired (open, but its prices are old), closed, voided.")
    ] = Status("open"),  # noqa: B008 - a constant
    min_edge: Annotated[
        float | None, typer.Option(help="Least edge, percent of the stake.")
    ] = None,
    max_age: Annotated[
        float | None, typer.Option(help="Greatest age of its oldest price when seen, seconds.")
    ] = None,
    day: Annotated[
        str | None, typer.Option(help="Only those seen on this UTC day, YYYY-MM-DD.")
    ] = None,
    page: Annotated[int, typer.Option(min=1, max=1_000_000, help="Which page.")] = 1,
    page_size: Annotated[int, typer.Option(min=1, max=1000, help="Edges a page.")] = PAGE,
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """List edges: +EV, arbitrages, middles and low holds, executable and greatest first.

    An edge is judged by the fair price that its own book had no part in. `stale` and `paper` say
    that it cannot be had, and the history of one edge says why.
    """
    if opportunity is not None:
        _history(opportunity, tz, as_json)
        return
    from odds_pipeline.storage.edges import Wanted

    wanted = Wanted(
        sport=sport,
        event=event_id,
        market=market,
        bookmaker=bookmaker,
        kind=kind,
        tag=tag,
        verdict=verdict,
        status=None if status == "any" else str(status),
        minimum=min_edge,
        max_age=max_age,
        day=None if day is None else _day(day),
    )
    _list(wanted, page, page_size, tz, as_json)


def _list(wanted: "Wanted", page: int, size: int, tz: str, as_json: bool) -> None:
    from odds_pipeline.storage import edges as stored
    from odds_pipeline.storage.engine import transaction

    zone = screen.zone_named(tz)
    with platform() as opened, transaction(opened.engine) as conn:
        found = stored.edges(conn, wanted, opened.now(), size + 1, (page - 1) * size)
        rows = screen.records(found)
    shown, more = rows[:size], len(rows) > size
    if as_json:
        screen.show_json({"page": page, "more": more, "edges": shown})
    elif not shown:
        screen.say("No such edges." if page == 1 else f"There is no page {page}.")
    else:
        told = [_told(row) for row in shown]
        used = [
            column
            for column in _COLUMNS
            if column.key not in _ONLY_WHERE_USED or any(row.get(column.key) for row in told)
        ]
        screen.show_table(told, used, zone)
        if more:
            screen.say(f"More: --page {page + 1}")


def _told(row: dict[str, object]) -> dict[str, object]:
    price, age = row["american_price"], row["age_seconds"]
    legs = row["legs"]
    assert isinstance(legs, list)
    return row | {
        "books": ", ".join(leg["bookmaker_key"] for leg in legs),
        "american": screen.american(price) if isinstance(price, int) else None,
        "edge": _rounded(row["edge_percentage"]),
        "stake": _rounded(row["kelly_fraction"], 100.0),
        "profit": _rounded(row["worst_case_profit"]),
        "age": None if not isinstance(age, float) else f"{age:.0f} s",
    }


def _rounded(value: object, times: float = 1.0) -> str | None:
    return f"{times * value:.2f}" if isinstance(value, float) else None


def _history(opportunity: str, tz: str, as_json: bool) -> None:
    from odds_pipeline.storage import edges as stored
    from odds_pipeline.storage.engine import transaction

    zone = screen.zone_named(tz)
    with platform() as opened, transaction(opened.engine) as conn:
        rows = screen.records(stored.sights(conn, opportunity))
    if not rows:
        raise NotFound(f"there is no edge {opportunity!r}; `odds edges --status any` lists them")
    if as_json:
        screen.show_json(rows)
        return
    told = [row | {"edge": _rounded(row["edge_percentage"])} for row in rows]
    screen.show_table(told, _SIGHTS, zone)


def _day(text: str) -> date:
    try:
        return screen.iso_day(text)
    except ValueError:
        pass
    raise UsageError(f"--day {text!r} is no day: write it as 2026-01-31")
