"""Rows of any shape as one row a game.

Belongs here: pairing rows, and telling apart what a layout interleaves. Does not belong here:
reading values (``reading``). A row that does not fit is given back as such, with the reason.

The raw layout of the American archives has the visitor above the home side. Of a column such as
`Close` the favourite's row holds the spread and the other one the total, which only their size
tells apart: a spread is below 40, a total of the same game is larger.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from odds_pipeline.sources.archives.layout import Shape
from odds_pipeline.sources.archives.rows import Row

VISITOR, HOME, NEUTRAL = "V", "H", "N"
LARGEST_SPREAD = 40.0
PICK = frozenset({"pk", "PK", "p", "pick"})
_LINE = re.compile(r"(pk|\d+(?:\.\d+)?)(?:[+-]\d+)?", re.IGNORECASE)


class Misfit(NamedTuple):
    """A row that is no part of a game, and why."""

    row: Row
    reason: str


Shaped = Iterator[Row | Misfit]


def games(shape: Shape, rows: Iterable[Row]) -> Shaped:
    """One row a game."""
    return _SHAPES[shape](rows)


def _as_they_are(rows: Iterable[Row]) -> Shaped:
    yield from rows


def _favourite(rows: Iterable[Row]) -> Shaped:
    """The home side's handicap out of the favourite's spread: column ``home_spread``."""
    for row in rows:
        spread, favoured = row.fields.get("spread", ""), row.fields.get("whos_favored", "")
        sign = "-" if favoured == "home" else ""
        yield Row(row.number, {**row.fields, "home_spread": f"{sign}{spread}" if spread else ""})


def _two_rows(rows: Iterable[Row]) -> Shaped:
    waiting: Row | None = None
    for row in rows:
        if waiting is None:
            waiting = row
            continue
        if _are_a_game(waiting, row):
            yield _paired(waiting, row)
            waiting = None
        else:
            yield Misfit(waiting, "row has no partner: a visitor's row, then the home side's")
            waiting = row
    if waiting is not None:
        yield Misfit(waiting, "row has no partner: a visitor's row, then the home side's")


def _are_a_game(upper: Row, lower: Row) -> bool:
    sides = upper.fields.get("VH"), lower.fields.get("VH")
    same_date = upper.fields.get("Date") == lower.fields.get("Date")
    return same_date and sides in {(VISITOR, HOME), (NEUTRAL, NEUTRAL)}


def _paired(visitor: Row, home: Row) -> Row:
    away, at_home = visitor.fields, home.fields
    fields = {
        "Date": away["Date"],
        "away": away["Team"],
        "home": at_home["Team"],
        "away_score": away.get("Final", ""),
        "home_score": at_home.get("Final", ""),
        "away_ml": away.get("ML", ""),
        "home_ml": at_home.get("ML", ""),
    }
    for column in ("Open", "Close"):
        spread, total = _lines(away.get(column, ""), at_home.get(column, ""))
        fields |= {f"{column.lower()}_spread": spread, f"{column.lower()}_total": total}
    return Row(visitor.number, fields)


def _lines(away: str, home: str) -> tuple[str, str]:
    """The home side's handicap and the total out of a visitor's and a home side's cell."""
    upper, lower = _line(away), _line(home)
    if upper is None or lower is None:
        return "", ""
    if upper < LARGEST_SPREAD < lower:  # the visitor is the favourite
        return f"{upper:g}", f"{lower:g}"
    if lower < LARGEST_SPREAD < upper:
        return f"{-lower:g}", f"{upper:g}"
    return "", ""


def _line(cell: str) -> float | None:
    """The line of a cell such as `pk`, `6.5` or `1-105` (a line and its price)."""
    found = _LINE.fullmatch(cell)
    if found is None:
        return None
    return 0.0 if found[1] in PICK else float(found[1])


_SHAPES: Mapping[Shape, Callable[[Iterable[Row]], Shaped]] = MappingProxyType(
    {Shape.GAME: _as_they_are, Shape.FAVOURITE: _favourite, Shape.TWO_ROWS: _two_rows}
)
