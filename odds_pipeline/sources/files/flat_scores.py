"""Reads a flattened scores list: a CSV with one row a side.

Belongs here: its columns, rows -> statements. Does not belong here: CSV itself (``table``).
Its capture time is the one its importer states, else when it was stored: the list has none.
"""

from collections.abc import Mapping
from types import MappingProxyType

from odds_pipeline.catalog.observations import (
    Document,
    EventCapture,
    EventStated,
    EventStatement,
    RawDocument,
)
from odds_pipeline.sources.assembly import Reading
from odds_pipeline.sources.fields import FieldError
from odds_pipeline.sources.files.flat_odds import sport_of_row
from odds_pipeline.sources.files.table import Row, read_table
from odds_pipeline.sources.scope import listing_capture
from odds_pipeline.sources.scores import pair_scores

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "event_id": ("event_id",),
        "sport_key": ("sport_key",),
        "sport_title": ("sport_title",),
        "commence_time": ("commence_time",),
        "home_team": ("home_team",),
        "away_team": ("away_team",),
        "completed": ("completed",),
        "last_update": ("last_update",),
        "name": ("score_name",),
        "score": ("score_value",),
    }
)
REQUIRED = ("event_id", "commence_time", "home_team", "away_team", "name", "score")
FLAGS = MappingProxyType({"true": True, "false": False, "1": True, "0": False, "": None})


def parse_flat_scores(raw: RawDocument) -> Document:
    """Read a flattened scores list.

    Raises:
        MalformedResponse: not CSV, or a required column is missing.
    """
    table = read_table(raw.body, COLUMNS, REQUIRED)
    reading = _ScoresReading(raw)
    for number, fields in table.ragged:
        reading.reject(f"row {number}", "row does not have as many fields as the header", fields)
    for number, row in table.named():
        reading.row(f"row {number}", row)
    statements = tuple(reading.statements())
    capture = EventCapture(*listing_capture(raw), statements)
    return Document(statements=(capture,), rejections=tuple(reading.rejections))


class _ScoresReading(Reading):
    """The reading of one list."""

    def __init__(self, raw: RawDocument) -> None:
        super().__init__(raw)
        self._raw = raw
        self._rows: dict[EventStated, list[tuple[str, Row]]] = {}

    def row(self, where: str, row: Row) -> None:
        """Take in one side's row."""
        try:
            event = self.stated(
                row["event_id"],
                sport_of_row(self._raw, row),
                row["commence_time"],
                (row["home_team"], row["away_team"]),
                row.get("sport_title"),
            )
        except FieldError as unreadable:
            self.reject(where, unreadable, row)
            return
        self._rows.setdefault(event, []).append((where, row))

    def statements(self) -> list[EventStatement]:
        """One statement an event."""
        return [self._statement(event, rows) for event, rows in self._rows.items()]

    def _statement(self, event: EventStated, rows: list[tuple[str, Row]]) -> EventStatement:
        where, first = rows[0]
        pairs = [(row["name"], row["score"] or None) for _, row in rows if row["name"]]
        try:
            home, away = pair_scores(event, pairs) or (None, None)
        except FieldError as unreadable:
            home, away = None, None
            self.reject(where, unreadable, [row for _, row in rows], event_id=event.event_id)
        updated = None
        try:
            updated = self.optional_times[first.get("last_update")]
        except FieldError as unreadable:
            self.reject(where, unreadable, first, event_id=event.event_id)
        completed = FLAGS.get(first.get("completed", "").lower())
        return EventStatement(event, completed, home, away, updated)
