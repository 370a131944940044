"""Reads the lists of The Odds API without odds: sports, participants, events, scores.

Belongs here: JSON items -> statements. Does not belong here: odds (``odds``), decoding
(``wire``). These lists are short: every item is read the tolerant way.
"""

from collections.abc import Callable
from typing import TypeVar

from odds_pipeline.catalog.observations import (
    CaptureBasis,
    Document,
    EventCapture,
    EventStated,
    EventStatement,
    ParticipantStated,
    RawDocument,
    SportStated,
)
from odds_pipeline.sources.assembly import Reading
from odds_pipeline.sources.fields import (
    FieldError,
    clean_event_id,
    clean_key,
    clean_name,
    clean_optional_name,
)
from odds_pipeline.sources.scope import Capture, asked_sport, listing_capture
from odds_pipeline.sources.scores import pair_scores
from odds_pipeline.sources.the_odds_api.wire import loads, require_list, require_object

T = TypeVar("T")


def parse_events(raw: RawDocument) -> Document:
    """Read an `/events` answer.

    Raises:
        MalformedResponse: the body is not a JSON list.
    """
    items = require_list(loads(raw.body), "events")
    return _Listing(raw, listing_capture(raw)).document(items, "[{}]")


def parse_scores(raw: RawDocument) -> Document:
    """Read a `/scores` answer.

    Raises:
        MalformedResponse: the body is not a JSON list.
    """
    items = require_list(loads(raw.body), "scores")
    return _Listing(raw, listing_capture(raw)).document(items, "[{}]")


def parse_historical_events(raw: RawDocument) -> Document:
    """Read a historical `/events` answer.

    Raises:
        MalformedResponse: the body is no envelope around a list.
    """
    envelope = require_object(loads(raw.body), "historical events", "data")
    items = require_list(envelope["data"], "historical events data")
    reading = Reading(raw)
    try:
        capture = reading.past_times[envelope.get("timestamp")], CaptureBasis.TIMESTAMP
    except (FieldError, TypeError) as unreadable:
        reading.reject("timestamp", unreadable, envelope.get("timestamp"))
        return Document(rejections=tuple(reading.rejections))
    return _Listing(raw, capture).document(items, "data[{}]")


def parse_sports(raw: RawDocument) -> Document:
    """Read a `/sports` answer.

    Raises:
        MalformedResponse: the body is not a JSON list.
    """
    reading = Reading(raw)
    sports: dict[str, SportStated] = {}
    for index, item in enumerate(require_list(loads(raw.body), "sports")):
        try:
            sport = _sport(fields_of(item))
        except FieldError as unreadable:
            reading.reject(f"[{index}]", unreadable, item)
            continue
        sports.setdefault(sport.key, sport)
    return Document(sports=tuple(sports.values()), rejections=tuple(reading.rejections))


def parse_participants(raw: RawDocument) -> Document:
    """Read a `/participants` answer.

    Raises:
        MalformedResponse: the body is not a JSON list.
    """
    reading, sport = Reading(raw), asked_sport(raw)
    participants: dict[str, ParticipantStated] = {}
    for index, item in enumerate(require_list(loads(raw.body), "participants")):
        try:
            stated = _participant(fields_of(item), sport)
        except FieldError as unreadable:
            reading.reject(f"[{index}]", unreadable, item)
            continue
        if participants.setdefault(stated.participant_id, stated) != stated:
            reading.reject(f"[{index}]", "participant is stated twice and differently", item)
    return Document(participants=tuple(participants.values()), rejections=tuple(reading.rejections))


class _Listing(Reading):
    """The reading of one list of events, with or without scores."""

    def __init__(self, raw: RawDocument, capture: Capture) -> None:
        super().__init__(raw)
        self._capture = capture

    def document(self, items: list[object], path: str) -> Document:
        """Everything usable and everything rejected in these items."""
        statements: dict[str, EventStatement] = {}
        for index, item in enumerate(items):
            where = path.format(index)
            try:
                statement = self._statement(where, fields_of(item))
            except (FieldError, TypeError) as unreadable:
                self.reject(where, unreadable, item)
                continue
            known = statements.setdefault(statement.event.event_id, statement)
            if known != statement:
                self.reject(
                    where,
                    "event is stated twice and differently",
                    item,
                    event_id=statement.event.event_id,
                )
        capture = EventCapture(*self._capture, tuple(statements.values()))
        return Document(statements=(capture,), rejections=tuple(self.rejections))

    def _statement(self, where: str, item: dict[str, object]) -> EventStatement:
        event = self.stated(
            item.get("id"),
            item.get("sport_key"),
            item.get("commence_time"),
            (item.get("home_team"), item.get("away_team")),
            item.get("sport_title"),
        )

        def or_none(part: str, read: Callable[[object], T]) -> T | None:
            try:
                return read(item.get(part))
            except (FieldError, TypeError) as unreadable:
                self.reject(f"{where}.{part}", unreadable, item.get(part), event_id=event.event_id)
                return None

        home, away = or_none("scores", lambda stated: _scores(event, stated)) or (None, None)
        return EventStatement(
            event,
            or_none("completed", _flag),
            home,
            away,
            or_none("last_update", self.optional_times.__getitem__),
        )


def _scores(event: EventStated, stated: object) -> tuple[int, int] | None:
    if stated is None:
        return None
    if not isinstance(stated, list):
        raise FieldError("scores are not a list")
    pairs = [(fields_of(item).get("name"), fields_of(item).get("score")) for item in stated]
    return pair_scores(event, pairs)


def _sport(item: dict[str, object]) -> SportStated:
    return SportStated(
        clean_key(item.get("key")),
        clean_name(item.get("title")),
        clean_optional_name(item.get("group")),
        _flag(item.get("active")) is not False,
        _flag(item.get("has_outrights")) is True,
    )


def _participant(item: dict[str, object], sport: str | None) -> ParticipantStated:
    return ParticipantStated(
        clean_event_id(item.get("id")), clean_name(item.get("full_name")), sport
    )


def _flag(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise FieldError("flag is neither true nor false")


def fields_of(item: object) -> dict[str, object]:
    """The fields of one entry.

    Raises:
        FieldError: it is not an object.
    """
    if isinstance(item, dict):
        return item
    raise FieldError("entry is not an object")
