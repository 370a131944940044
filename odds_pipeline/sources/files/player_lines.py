"""Reads a series of player lines: a CSV with one row a player's line and a price for each side.

Belongs here: its columns, and each row as the two rows of a flattened odds series. Does not
belong here: reading those (``flat_odds``).

The file names neither its market nor its sport: they are what its importer says
(``request["market"]``, ``request["sport"]``), else the key ``unknown``. Bookmakers stand there by
title. A start is a date: known to the day.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from odds_pipeline.catalog.bookmakers import BOOKMAKERS
from odds_pipeline.catalog.observations import Document, RawDocument
from odds_pipeline.sources.files.flat_odds import read_series
from odds_pipeline.sources.files.table import Table, read_table

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "event_id": ("event_id",),
        "commence_time": ("event_date", "commence_time"),
        "home_team": ("home_team",),
        "away_team": ("away_team",),
        "captured": ("timestamp",),
        "bookmaker_title": ("bookmaker",),
        "description": ("player_name",),
        "point": ("line",),
        "Over": ("over_price",),
        "Under": ("under_price",),
    }
)
REQUIRED = ("event_id", "commence_time", "captured", "bookmaker_title", "point", "Over", "Under")
SIDES = ("Over", "Under")
UNKNOWN_MARKET = "unknown"
FLAT = (
    "event_id",
    "commence_time",
    "home_team",
    "away_team",
    "captured",
    "bookmaker_title",
    "description",
    "point",
    "bookmaker",
    "market",
    "outcome",
    "price",
)
KEYS_BY_TITLE = MappingProxyType({book.title: book.key for book in BOOKMAKERS.values()})


def parse_player_lines(raw: RawDocument) -> Document:
    """Read a series of player lines.

    Raises:
        MalformedResponse: not CSV, or a required column is missing.
    """
    lines = read_table(raw.body, COLUMNS, REQUIRED)
    market = raw.request.get("market", UNKNOWN_MARKET)
    columns = {name: place for place, name in enumerate(FLAT)}
    return read_series(raw, Table(columns, tuple(_sides(lines, market)), lines.ragged))


def bookmaker_key(title: str) -> str:
    """The key of a bookmaker that a file names by its title."""
    return KEYS_BY_TITLE.get(title) or re.sub(r"[^a-z0-9]", "", title.lower())


def _sides(lines: Table, market: str) -> Iterator[tuple[int, list[str]]]:
    for number, row in lines.named():
        shared = [row.get(name, "") for name in FLAT[:8]]
        for side in SIDES:
            if row[side]:
                yield (
                    number,
                    [*shared, bookmaker_key(row["bookmaker_title"]), market, side, row[side]],
                )
