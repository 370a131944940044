"""`odds db rebuild`: days of facts made again from raw, or compared with it.

Belongs here: days and verdicts. Does not belong here: rebuilding (``services.rebuild``).
"""

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.session import platform
from odds_pipeline.errors import UsageError

if TYPE_CHECKING:
    from odds_pipeline.services.rebuild import Rebuilt


def rebuild(
    day: Annotated[
        str | None, typer.Option("--day", help="UTC day, for example 2026-01-31.")
    ] = None,
    start: Annotated[str | None, typer.Option("--start", help="First UTC day.")] = None,
    end: Annotated[str | None, typer.Option("--end", help="Last UTC day [the first].")] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare only: report differences, change nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make days of quotes and snapshots again from the raw responses.

    Rows that are as the raw responses say stay as they are. With --verify it ends with 1 if a
    day differs.
    """
    from odds_pipeline.services.rebuild import rebuild_days

    first = _day(day or start)
    last = first if day or end is None else _day(end)
    with platform() as opened:
        done = list(rebuild_days(opened, first, last, verify))
    if as_json:
        screen.show_json([_record(one) for one in done])
    else:
        for one in done:
            screen.say(_verdict(one, verify))
    if verify and any(one.differences for one in done):
        raise typer.Exit(1)


def _record(one: "Rebuilt") -> dict[str, object]:
    return asdict(one) | {"differences": [found._asdict() for found in one.differences]}


def _day(text: str | None) -> date:
    if text is None:
        raise UsageError("name a day: --day 2026-01-31, or --start and --end")
    try:
        return screen.iso_day(text)
    except ValueError as wrong:
        raise UsageError(f"{text!r} is not a day; write it as 2026-01-31") from wrong


def _verdict(one: "Rebuilt", verify: bool) -> str:
    kept = f" ({one.kept} by an earlier parser, taken as stored)" if one.kept else ""
    if not one.differences:
        return f"{screen.YES} {one.day}: {one.documents} documents{kept}, as stored"
    found = ", ".join(f"{d.table} {d.missing:+,} {-d.surplus:+,}" for d in one.differences)
    mark, said = (screen.WARN, "differs") if verify else (screen.YES, "rebuilt")
    return f"{mark} {one.day}: {one.documents} documents{kept}, {said}: {found} rows"
