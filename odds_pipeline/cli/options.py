"""Options that several commands share, so that they mean and read the same everywhere."""

import getpass
from typing import Annotated

import typer

LARGEST = 2**31 - 1  # number of a row

AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON; docs/cli.md lists its keys. Times are UTC.")
]
Zone = Annotated[str, typer.Option("--tz", help="IANA time zone of the times shown in tables.")]
EventId = Annotated[str, typer.Option("--event-id", help="The provider's id; see `odds events`.")]
At = Annotated[
    str | None,
    typer.Option("--at", help="Market time, ISO 8601 with zone: what was on offer then [now]."),
]
KnownBy = Annotated[
    str | None,
    typer.Option("--known-by", help="Use only what was stored here by then [all of it]."),
]
Market = Annotated[str, typer.Option("--market", help="Market key: h2h, spreads, totals, …")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for whoever asks later.")]
By = Annotated[str | None, typer.Option("--by", help="Who says so [the login name].")]


def login() -> str:
    """The login name, for ``By``."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
