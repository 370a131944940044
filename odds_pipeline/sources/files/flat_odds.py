"""Reads a flattened odds series: a CSV with one row an outcome and a capture-time column.

Belongs here: its columns and their aliases, rows -> captures. Does not belong here: CSV itself
(``table``), assembly of boards (``sources.assembly``).

One capture for each sport and capture time. Capture times are ISO 8601 with a zone, Unix, or
``YYYYMMDD_HHMMSS`` (UTC). A file without a sport column takes the sport its importer names
(``request["sport"]``), else the one that its titles or teams tell, else the key ``unknown``. Row
order says nothing: shuffled rows give an equal document.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from types import MappingProxyType

from msgspec.structs import replace

from odds_pipeline.catalog.observations import (
    CaptureBasis,
    Document,
    EventStated,
    OddsCapture,
    OddsFormat,
    RawDocument,
)
from odds_pipeline.catalog.recognition import UNKNOWN_SPORT, sport_named, sport_of_teams
from odds_pipeline.sources.assembly import (
    CLASH,
    BoardDraft,
    CaptureDraft,
    EventDraft,
    Identity,
    Reading,
    past_only,
)
from odds_pipeline.sources.fields import (
    Cleaned,
    FieldError,
    ReadPrice,
    clean_point,
    clean_time,
    looks_american,
    price_reader,
)
from odds_pipeline.sources.files.table import Row, Table, read_table
from odds_pipeline.sources.scope import scope_of

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "event_id": ("event_id",),
        "sport_key": ("sport_key",),
        "sport_title": ("sport_title",),
        "commence_time": ("commence_time",),
        "home_team": ("home_team",),
        "away_team": ("away_team",),
        "captured": ("snapshot_time", "snapshot_utc", "snapshot_ts", "captured_at"),
        "bookmaker": ("bookmaker_key", "bookmaker"),
        "bookmaker_title": ("bookmaker_title",),
        "market": ("market", "market_key"),
        "last_update": ("last_update",),
        "outcome": ("outcome_name",),
        "description": ("description", "player", "player_name"),
        "point": ("point",),
        "price": ("price",),
    }
)
REQUIRED = ("event_id", "commence_time", "captured", "bookmaker", "market", "outcome", "price")
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
COMPACT_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)(?:_[a-z]+)?", re.ASCII)


def parse_flat_odds(raw: RawDocument) -> Document:
    """Read a flattened odds series.

    Raises:
        MalformedResponse: not CSV, or a required column is missing.
    """
    return read_series(raw, read_table(raw.body, COLUMNS, REQUIRED))


def read_series(raw: RawDocument, table: Table) -> Document:
    """What the rows of a table with this module's columns say."""
    return _FlatReading(raw, _format_of(raw, table)).document(table)


def clean_capture_time(value: object) -> datetime:
    """A capture time: ``YYYYMMDD_HHMMSS`` (UTC), Unix time as digits, or ISO 8601 with a zone.

    A word may follow the compact form (``20260405_223720_daily``): collectors label their sweeps.
    """
    compact = COMPACT_TIME.fullmatch(value) if type(value) is str else None
    if compact is None:
        return clean_flat_time(value)
    return clean_time("{}-{}-{}T{}:{}:{}Z".format(*compact.groups()))


def clean_flat_time(value: object) -> datetime:
    """A time in a CSV field: Unix time as digits, or ISO 8601 with a zone."""
    if type(value) is str and value.isdecimal() and len(value) in {10, 13}:
        return clean_time(int(value))
    return clean_time(value)


def _format_of(raw: RawDocument, table: Table) -> OddsFormat | None:
    if raw.odds_format is not None:
        return raw.odds_format
    at = table.columns["price"]
    numbers = [_number(row[at]) for _, row in table.rows]
    prices = [price for price in numbers if price is not None and isfinite(price)]
    if not prices:
        return None
    return OddsFormat.AMERICAN if all(map(looks_american, prices)) else OddsFormat.DECIMAL


def sport_of_row(raw: RawDocument, row: Row) -> str:
    """The sport a row states, else its importer, else the one its title or its teams tell."""
    stated = row.get("sport_key") or raw.request.get("sport")
    if stated:
        return stated
    title = row.get("sport_title")
    told = (title and sport_named(title)) or sport_of_teams(
        row.get("home_team"), row.get("away_team")
    )
    return told or UNKNOWN_SPORT


def _number(text: object) -> float | None:
    try:
        return float(text) if type(text) is str else None
    except ValueError:
        return None


class _FlatReading(Reading):
    """The reading of one series."""

    def __init__(self, raw: RawDocument, odds_format: OddsFormat | None) -> None:
        super().__init__(raw, clean_flat_time)
        self._capture_times = Cleaned(past_only(raw, clean_capture_time))
        self._raw = raw
        self._format = odds_format
        self._read_price: ReadPrice = price_reader(odds_format or OddsFormat.DECIMAL)
        self._captures: dict[tuple[datetime, str], CaptureDraft] = {}
        self._restated: set[tuple[datetime, EventStated]] = set()

    def document(self, table: Table) -> Document:
        """Everything usable and everything rejected in these rows."""
        for number, fields in table.ragged:
            self.reject(f"row {number}", "row does not have as many fields as the header", fields)
        for number, row in table.named():
            self._row(f"row {number}", row)
        captures = []
        for (time, sport_key), draft in sorted(self._captures.items(), key=lambda item: item[0]):
            events = draft.by_sport().get(sport_key, [])
            scope = scope_of(self._raw, sport_key, events)
            captures.append(
                OddsCapture(
                    time,
                    CaptureBasis.STATED,
                    scope,
                    tuple(events),
                    listing_complete=draft.listing_complete,
                )
            )
        return Document(
            odds=tuple(captures),
            bookmaker_titles=self.titles,
            rejections=tuple(self.rejections),
            odds_format=self._format,
        )

    def stated(
        self,
        event_id: object,
        sport_key: object,
        commence_time: object,
        teams: tuple[object, object],
        sport_title: object,
    ) -> EventStated:
        """As ``Reading.stated``; a start may also be a date, known to the day."""
        day_only = type(commence_time) is str and DATE.fullmatch(commence_time) is not None
        if day_only:
            commence_time = f"{commence_time}T00:00:00Z"
        stated = super().stated(event_id, sport_key, commence_time, teams, sport_title)
        return replace(stated, day_only=True) if day_only else stated

    def _row(self, where: str, row: Row) -> None:
        try:
            time = self._capture_times[row["captured"]]
            sport = self.keys[self._sport(row)]
        except FieldError as unreadable:
            self.reject(where, unreadable, row)
            return
        before = len(self.rejections)
        self._capture_row(where, row, time, sport)
        self.rejections[before:] = [replace(r, capture_time=time) for r in self.rejections[before:]]

    def _capture_row(self, where: str, row: Row, time: datetime, sport: str) -> None:
        capture = self._captures.setdefault((time, sport), CaptureDraft())
        teams = row.get("home_team"), row.get("away_team")
        try:
            stated = self.stated(
                row["event_id"], sport, row["commence_time"], teams, row.get("sport_title")
            )
        except FieldError as unreadable:
            capture.listing_complete = False
            self.reject(where, unreadable, row)
            return
        event = capture.event(stated)
        if event.event != stated and (time, stated) not in self._restated:
            self._restated.add((time, stated))
            reason = "event is stated twice and differently"
            self.reject(where, reason, row, event_id=stated.event_id)
        self._event_row(where, row, event)

    def _event_row(self, where: str, row: Row, event: EventDraft) -> None:
        try:
            bookmaker = self.keys[row["bookmaker"]]
            board = event.board(bookmaker, self.keys[row["market"]])
        except FieldError as unreadable:
            event.complete = False
            self.reject(where, unreadable, row, event_id=event.event.event_id)
            return
        self.title(bookmaker, row.get("bookmaker_title"))
        board.updated(self._updated(where, row, board))
        self._outcome(where, row, board)

    def _updated(self, where: str, row: Row, board: BoardDraft) -> datetime | None:
        stated = row.get("last_update")
        if not stated:
            return None
        try:
            return self.past_times[stated]
        except FieldError as unreadable:
            self.reject(where, unreadable, row, board)
            return None

    def _outcome(self, where: str, row: Row, board: BoardDraft) -> None:
        try:
            identity = self._identity(row)
        except FieldError as unreadable:
            board.complete = False
            self.reject(where, unreadable, row, board)
            return
        try:
            price = self._read_price(_number(row["price"]))
        except FieldError as unusable:
            board.add_unusable(identity)
            self.reject(where, unusable, row, board)
            return
        if not board.add(identity, price):
            self.reject(where, CLASH, row, board)

    def _identity(self, row: Row) -> Identity:
        point = row.get("point")
        number = _number(point) if point else None
        if point and number is None:
            raise FieldError("point is not a number in range")
        return (
            self.names[row["outcome"]],
            clean_point(number),
            self.optional_names[row.get("description")],
        )

    def _sport(self, row: Row) -> str:
        return sport_of_row(self._raw, row)
