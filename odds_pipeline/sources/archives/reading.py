"""Reads an archive by its layout: the one path that every layout shares.

Belongs here: a game's row -> event, prices by phase, score. Does not belong here: what the
columns are (``layout``), how rows become games (``shapes``), captures out of games
(``captures``).

A part that cannot be read becomes a rejection and stops nothing. Row order says nothing, and a
game that stands twice is one game.
"""

from collections.abc import Container, Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from odds_pipeline.catalog.event_names import Sides, sides_of
from odds_pipeline.catalog.natural_key import sha_key
from odds_pipeline.catalog.observations import Document, EventStated, RawDocument
from odds_pipeline.catalog.recognition import sport_named, sport_of_teams, unknown_league
from odds_pipeline.catalog.teams import team_named
from odds_pipeline.errors import MalformedResponse
from odds_pipeline.sources.archives.captures import Captures
from odds_pipeline.sources.archives.layout import Layout, MarketColumns, Shape, Side
from odds_pipeline.sources.archives.rows import Row, read_rows
from odds_pipeline.sources.archives.shapes import Misfit, games
from odds_pipeline.sources.assembly import CLASH, BoardDraft, Reading
from odds_pipeline.sources.fields import (
    FieldError,
    ReadPrice,
    clean_point,
    clean_score,
    price_reader,
)

SEASON_BEGINS = 8  # a season named by its first year begins in August
NOT_STATED = frozenset({"", "NA", "NL", "nan", "-"})
RESULTS = {"H": 1, "D": 0, "A": -1}
NO_PRICE = ""


class _Game(NamedTuple):
    """One game's row with what identifies it."""

    row: Row
    sport_key: str
    home: str
    away: str
    start: datetime
    day_only: bool
    order: float

    @property
    def sides(self) -> tuple[str, str, str, datetime]:
        """What several games of one day share."""
        return self.sport_key, self.home, self.away, self.start


def read_archive(raw: RawDocument, layout: Layout) -> Document:
    """What a file of this layout says.

    Raises:
        MalformedResponse: not CSV or Parquet, or a column that the layout cannot do without
            is missing, or its dates have no year and the importer named no season.
    """
    rows = read_rows(raw.body, in_order=layout.shape is Shape.TWO_ROWS)
    missing = [name for name in layout.required if name not in rows.columns]
    if missing:
        raise MalformedResponse(f"file lacks the column {', '.join(missing)}")
    parts = list(games(layout.shape, rows.rows))
    columns = next((part.fields for part in parts if isinstance(part, Row)), {})
    reading = _ArchiveReading(raw, layout, columns)
    for number, fields in rows.ragged:
        reading.reject(f"row {number}", "row does not fit the header's columns", fields)
    found: list[_Game] = []
    for part in parts:
        if isinstance(part, Misfit):
            reading.reject(f"row {part.row.number}", part.reason, part.row.fields)
        else:
            found.extend(reading.identified(part))
    for game, number in _numbered(found):
        reading.take(game, number)
    return reading.document()


def _numbered(found: list[_Game]) -> Iterator[tuple[_Game, int]]:
    """Each game with its place among those of the same sides and start (doubleheaders)."""
    orders: dict[tuple[str, str, str, datetime], set[float]] = {}
    for game in found:
        orders.setdefault(game.sides, set()).add(game.order)
    for game in found:
        yield game, sorted(orders[game.sides]).index(game.order) + 1


class _ArchiveReading(Reading):
    """The reading of one archive.

    Args:
        raw: the file.
        layout: how it is laid out.
        columns: the columns its games have, of those the layout may name.
    """

    def __init__(self, raw: RawDocument, layout: Layout, columns: Container[str]) -> None:
        super().__init__(raw)
        self._layout = layout
        self._markets = [market for market in layout.markets if _is_there(market, columns)]
        self._format = raw.odds_format or layout.odds_format
        self._read_price: ReadPrice = price_reader(self._format)
        self._season = _season(raw, layout)
        self._zone = ZoneInfo(layout.zone)
        self._captures = Captures(raw.received_at)

    def document(self) -> Document:
        """Everything usable and everything rejected so far."""
        return Document(
            odds=self._captures.odds(),
            statements=self._captures.statements(),
            rejections=tuple(self.rejections),
            odds_format=self._format,
        )

    def identified(self, row: Row) -> Iterator[_Game]:
        """The row's game, unless nobody can say which it is."""
        layout, fields = self._layout, row.fields
        try:
            sides = self._sides(fields)
            sport = self.keys[_sport(layout, fields, sides)]
            home, away = (self._team(sport, name) for name in sides)
            if home == away:
                raise FieldError(f"{home} plays itself")
            start, day_only = self._start(fields)
            order = _number(fields.get(layout.number, "")) if layout.number else None
        except FieldError as unreadable:
            self.reject(f"row {row.number}", unreadable, fields)
            return
        yield _Game(row, sport, home, away, start, day_only, order or 0.0)

    def take(self, game: _Game, number: int) -> None:
        """Take in a game's prices and score."""
        key = sha_key(game.sport_key, game.home, game.away, game.start, game.day_only, number)
        event = EventStated(
            key, game.sport_key, game.start, game.home, game.away, day_only=game.day_only
        )
        self._captures.name(event)
        for market in self._markets:
            self._market(game.row, event, market)
        self._score(game.row, event)

    def _sides(self, fields: Mapping[str, str]) -> Sides:
        """Home and away side as spelled."""
        layout = self._layout
        if layout.event is None:
            return Sides(self.names[fields[layout.home]], self.names[fields[layout.away]])
        text = self.names[fields[layout.event]]
        sides = sides_of(text)
        if sides is None:
            raise FieldError(f"{text[:80]!r} does not name two sides")
        return sides

    def _team(self, sport: str, name: str) -> str:
        return (team_named(sport, name) or name) if self._layout.closed_names else name

    def _start(self, fields: Mapping[str, str]) -> tuple[datetime, bool]:
        """The start, and whether it is known to the day only."""
        day = self._date(fields[self._layout.date])
        clock = fields.get(self._layout.time, "") if self._layout.time else ""
        if not clock:
            return self.starts[f"{day}T00:00:00Z"], True
        try:
            at = time.fromisoformat(clock)
        except ValueError:
            raise FieldError(f"time {clock[:20]!r} is not hours and minutes") from None
        local = datetime.combine(day, at, self._zone)
        return self.starts[local.astimezone(UTC).isoformat()], False

    def _date(self, text: str) -> date:
        for form in self._layout.date_forms:
            whole, spelling = text, form
            if "%y" not in form.lower():
                whole, spelling = f"{text.zfill(4)} {self._season}", f"{form} %Y"
            try:
                # Without a zone on purpose: a date is all that is read.
                found = datetime.strptime(whole, spelling).date()  # noqa: DTZ007
            except ValueError:
                continue
            late = spelling is not form and found.month < SEASON_BEGINS
            return found.replace(year=found.year + 1) if late else found
        raise FieldError(f"date {text[:20]!r} is not of the form {self._layout.date_forms[0]}")

    def _market(self, row: Row, event: EventStated, market: MarketColumns) -> None:
        cells = {
            side: row.fields.get(column, "") if column else NO_PRICE
            for side, column in market.prices.items()
        }
        stated = {side: cell for side, cell in cells.items() if cell not in NOT_STATED}
        point = self._point(row, market)
        only_line = point is not None and not any(market.prices.values())
        if not stated and not only_line:
            return
        board = self._captures.board(event, market.phase, market.bookmaker, market.market)
        for side in cells:
            self._outcome(row, event, board, market, side, stated.get(side), point)

    def _outcome(
        self,
        row: Row,
        event: EventStated,
        board: BoardDraft,
        market: MarketColumns,
        side: Side,
        cell: str | None,
        point: float | None,
    ) -> None:
        identity = (_outcome_name(event, side), _of_side(point, side), None)
        if cell is None:
            board.add_unusable(identity)
            return
        where = f"row {row.number}.{market.prices[side]}"
        try:
            price = self._read_price(_number(cell))
        except FieldError as unusable:
            board.add_unusable(identity)
            self.reject(where, unusable, cell, board)
            return
        if not board.add(identity, price):
            self.reject(where, CLASH, cell, board)

    def _point(self, row: Row, market: MarketColumns) -> float | None:
        if not isinstance(market.point, str):
            return market.point
        cell = row.fields.get(market.point, "")
        if cell in NOT_STATED:
            return None
        try:
            return clean_point(_number(cell))
        except FieldError as unreadable:
            self.reject(f"row {row.number}.{market.point}", unreadable, cell)
            return None

    def _score(self, row: Row, event: EventStated) -> None:
        layout = self._layout
        if layout.winner is not None and layout.margin is not None:
            self._margin(row, event, layout.winner, layout.margin)
        if layout.home_score is None or layout.away_score is None:
            return
        cells = [row.fields.get(name, "") for name in (layout.home_score, layout.away_score)]
        if any(cell in NOT_STATED for cell in cells):
            return
        where = f"row {row.number}"
        try:
            home, away = (clean_score(cell.removesuffix(".0")) for cell in cells)
        except FieldError as unreadable:
            self.reject(where, unreadable, cells, event_id=event.event_id)
            return
        if not self._captures.score(event, (home, away)):
            reason = "game is stated twice with different scores"
            self.reject(where, reason, cells, event_id=event.event_id)
        self._result(where, row, event, home - away)

    def _margin(self, row: Row, event: EventStated, winner: str, margin: str) -> None:
        cells = [row.fields.get(name, "") for name in (winner, margin)]
        if any(cell in NOT_STATED for cell in cells):
            return
        where = f"row {row.number}"
        try:
            name = self._team(event.sport_key, self.names[cells[0]])
            by = clean_score(cells[1].removesuffix(".0"))
            if by and name not in (event.home_team, event.away_team):
                raise FieldError(f"winner {name[:80]!r} is neither side")
        except FieldError as unreadable:
            self.reject(where, unreadable, cells, event_id=event.event_id)
            return
        if not self._captures.margin(event, by if name == event.home_team else -by):
            reason = "game is stated twice with different results"
            self.reject(where, reason, cells, event_id=event.event_id)

    def _result(self, where: str, row: Row, event: EventStated, margin: int) -> None:
        letter = row.fields.get(self._layout.result, "") if self._layout.result else ""
        told = RESULTS.get(letter)
        if told is not None and told != (margin > 0) - (margin < 0):
            reason = f"result {letter} contradicts the score"
            self.reject(f"{where}.{self._layout.result}", reason, row.fields, None, event.event_id)


def _season(raw: RawDocument, layout: Layout) -> str:
    """The season's first year, where dates have none."""
    season = raw.request.get("season", "")
    if all("%y" in form.lower() for form in layout.date_forms) or season.isdecimal():
        return season
    raise MalformedResponse("dates have no year: name the season's first year (--season 2019)")


def _is_there(market: MarketColumns, columns: Container[str]) -> bool:
    """Whether a file has any column of this market: a layout names those of every season."""
    named = [column for column in market.prices.values() if column]
    if not named and isinstance(market.point, str):
        named = [market.point]
    return any(column in columns for column in named)


def _sport(layout: Layout, fields: Mapping[str, str], sides: Sides) -> str:
    if layout.sport is not None:
        return layout.sport
    if layout.sport_column is None:
        sport = sport_of_teams(*sides)
        if sport is None:
            raise FieldError(f"{sides.home[:40]!r} and {sides.away[:40]!r} tell no sport")
        return sport
    code = fields[layout.sport_column]
    sport = layout.sports.get(code) or sport_named(code) or unknown_league(code)
    if sport is None:
        raise FieldError(f"{code[:20]!r} names no league")
    return sport


def _outcome_name(event: EventStated, side: Side) -> str:
    names = {Side.HOME: event.home_team, Side.AWAY: event.away_team}
    return names.get(side) or side.value.capitalize()


def _of_side(point: float | None, side: Side) -> float | None:
    """A side's own point: the away side's handicap is the home side's, mirrored."""
    return -point + 0.0 if point is not None and side is Side.AWAY else point


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
