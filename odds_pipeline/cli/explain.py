"""`odds explain`: where a value came from, down to the raw bytes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson, At, KnownBy, Zone
from odds_pipeline.cli.session import platform
from odds_pipeline.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from odds_pipeline.storage.engine import Connection
    from odds_pipeline.storage.lineage import Selection


class Thing(StrEnum):
    """What can be explained."""

    QUOTE = "quote"
    CLOSE = "close"
    EDGE = "edge"
    BET = "bet"
    RAW = "raw"


_SELECTION = "EVENT BOOKMAKER MARKET OUTCOME [POINT]"
_TAKES = {
    Thing.QUOTE: _SELECTION,
    Thing.CLOSE: _SELECTION,
    Thing.EDGE: "ID",
    Thing.BET: f"EXPERIMENT {_SELECTION} --at TIME",
    Thing.RAW: "NUMBER",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog='Example: odds explain quote 4b25… pinnacle h2h "Boston Celtics" --at '
        "2026-01-31T18:00:00Z"
    )(explain)


def explain(
    thing: Annotated[Thing, typer.Argument(help="quote, close, edge, bet or raw.")],
    names: Annotated[
        list[str],
        typer.Argument(
            help="Which one: EVENT BOOKMAKER MARKET OUTCOME [POINT] of a quote or close; the ID of "
            "an edge; the EXPERIMENT and then the same of a backtest's bet; a document's NUMBER."
        ),
    ],
    at: At = None,
    known_by: KnownBy = None,
    description: Annotated[
        str | None, typer.Option(help="Whom the outcome is about, such as a player.")
    ] = None,
    opening: Annotated[
        bool, typer.Option("--opening", help="Of a close: the opening price instead.")
    ] = False,
    tz: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """Show where a value came from: snapshot, document with its checked sha256, call, credits.

    A bet is explained by the quote it was made at: give the moment of the decision as --at.
    """
    from odds_pipeline.storage.engine import transaction

    zone = screen.zone_named(tz)
    moment, known = screen.moment(at, "--at"), screen.moment(known_by, "--known-by")
    with platform() as opened, transaction(opened.engine) as conn:
        found = _explained(conn, thing, names, moment, known, description, opening)
    if as_json:
        screen.show_json(found)
        return
    for line in _lines(found, zone, 0):
        screen.put(line)


def _explained(
    conn: "Connection",
    thing: Thing,
    names: Sequence[str],
    at: datetime | None,
    known_by: datetime | None,
    description: str | None,
    opening: bool,
) -> dict[str, Any]:
    from odds_pipeline.services import explain as services

    if thing is Thing.EDGE:
        return services.explain_edge(conn, _one(thing, names))
    if thing is Thing.RAW:
        return services.explain_raw(conn, _number(_one(thing, names), thing))
    if thing is Thing.BET:
        experiment, *rest = names
        if at is None:
            raise UsageError(f"a bet is explained as of its decision: {_usage(thing)}")
        chosen = _selection(thing, rest, description)
        return services.explain_bet(conn, _number(experiment, thing), chosen, at)
    chosen = _selection(thing, names, description)
    if thing is Thing.CLOSE:
        return services.explain_close(conn, chosen, "opening" if opening else "closing")
    return services.explain_quote(conn, chosen, at, known_by)


def _selection(thing: Thing, names: Sequence[str], description: str | None) -> "Selection":
    from odds_pipeline.storage.lineage import Selection

    if len(names) not in {4, 5}:
        raise UsageError(_usage(thing))
    event, bookmaker, market, outcome, *point = names
    try:
        line = float(point[0]) if point else None
    except ValueError:
        raise UsageError(f"{point[0]!r} is no point; {_usage(thing)}") from None
    return Selection(event, bookmaker, market, outcome, line, description)


def _one(thing: Thing, names: Sequence[str]) -> str:
    if len(names) != 1:
        raise UsageError(_usage(thing))
    return names[0]


def _number(text: str, thing: Thing) -> int:
    if not text.isdecimal():
        raise UsageError(f"{text!r} is no number; {_usage(thing)}")
    return int(text)


def _usage(thing: Thing) -> str:
    return f"write it as `odds explain {thing} {_TAKES[thing]}`"


def _lines(value: Mapping[str, Any], zone: "ZoneInfo", depth: int) -> Iterator[str]:
    """A value as indented lines; what is missing is left out."""
    pad = "  " * depth
    for name, inner in value.items():
        if inner is None:
            continue
        if isinstance(inner, Mapping):
            yield f"{pad}{name}"
            yield from _lines({str(key): each for key, each in inner.items()}, zone, depth + 1)
        elif isinstance(inner, list | tuple) and inner and isinstance(inner[0], Mapping):
            for number, each in enumerate(inner, 1):
                yield f"{pad}{name} {number}"
                yield from _lines(each, zone, depth + 1)
        else:
            sign = f" {screen.YES}" if name == "sha256_verified" else ""
            yield f"{pad}{screen.clean(name):<22} {screen.shown(_told(inner), zone)}{sign}"


def _told(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
