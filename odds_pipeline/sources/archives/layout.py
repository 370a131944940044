"""How one kind of archive is laid out, declared once.

Belongs here: what a layout can say. Does not belong here: the layouts themselves (``layouts``,
or a mapping file somebody writes for their own), reading by them (``reading``).

Units: prices as the layout's ``odds_format`` says; points in the sport's own units.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from odds_pipeline.catalog.observations import OddsFormat
from odds_pipeline.sources.archives.phases import Phase


class Side(StrEnum):
    """Which outcome of a game's market a column is about."""

    HOME = "home"
    AWAY = "away"
    DRAW = "draw"
    OVER = "over"
    UNDER = "under"


class Shape(StrEnum):
    """How many rows make a game, and what has to be told apart in them first."""

    GAME = "game"  # one row a game
    TWO_ROWS = "two_rows"  # visitor and home under each other, spread and total interleaved
    FAVOURITE = "favourite"  # one row a game; the spread is the favourite's, without sign


class MarketColumns(Struct, frozen=True, forbid_unknown_fields=True):
    """The columns that say one book's one market at one phase.

    Args:
        bookmaker: the book's key.
        market: the market's key.
        phase: when the prices were taken.
        prices: the price column of each side; an empty name means that the archive states the
            line without a price.
        point: column of the line (the home side's handicap, or the total), or the line itself.
    """

    bookmaker: str
    market: str
    phase: Phase
    prices: Mapping[Side, str]
    point: str | float | None = None


class Layout(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One kind of file.

    Args:
        name: the kind's name, as in `odds import NAME`.
        required: columns by which a file is recognised as being of this kind.
        odds_format: how prices are spelled.
        date: column of the game's date.
        date_forms: its spellings, as ``strptime`` names them; a spelling without a year takes
            the year of the season that the importer names.
        home: column of the home side.
        away: column of the away side.
        event: column that names both sides instead, such as `A @ B` (``catalog.event_names``).
        markets: what is offered.
        sport: sport key of every row.
        sport_column: column that tells the sport instead, by the codes in ``sports``, by key or by
            title; without either the closed lists of teams tell it.
        sports: sport key by code.
        time: column of the start's clock time, ``HH:MM``; without one a start is a date.
        zone: zone of ``time``.
        home_score: column of the final score.
        away_score: likewise.
        winner: column of the winning side's name, where no scores are stated.
        margin: column of the points it won by; 0 for a draw.
        result: column of the result as a letter (H, D, A): held against the score.
        number: column that orders several games of the same sides on one date.
        closed_names: teams go by their names in the catalog's list of the sport's teams; one
            that the list lacks is kept as spelled.
        shape: how rows become games.
    """

    name: str
    required: tuple[str, ...]
    odds_format: OddsFormat
    date: str
    date_forms: tuple[str, ...] = ("%Y-%m-%d",)
    home: str = ""
    away: str = ""
    event: str | None = None
    markets: tuple[MarketColumns, ...] = ()
    sport: str | None = None
    sport_column: str | None = None
    sports: Mapping[str, str] = {}
    time: str | None = None
    zone: str = "UTC"
    home_score: str | None = None
    away_score: str | None = None
    winner: str | None = None
    margin: str | None = None
    result: str | None = None
    number: str | None = None
    closed_names: bool = False
    shape: Shape = Shape.GAME
