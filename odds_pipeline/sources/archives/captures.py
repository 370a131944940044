"""Captures and scores out of games, whatever their layout.

Belongs here: which games share a capture, and from when a score is known. Does not belong here:
reading cells (``reading``).

A capture covers the books that its games' rows price at that phase and no others: a book that the
archive does not tell of must not be taken for one that withdrew its price. Within such a set of
books, a market that one of them is not told for counts as not offered.

Units: UTC times; scores in points.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import NamedTuple

from odds_pipeline.catalog.observations import (
    CaptureBasis,
    EventCapture,
    EventOdds,
    EventStated,
    EventStatement,
    OddsCapture,
    Scope,
)
from odds_pipeline.sources.archives.phases import Phase, instant_of
from odds_pipeline.sources.assembly import BoardDraft, EventDraft, markets_of

DAY = timedelta(days=1)

Score = tuple[int, int]  # home, away


class _Shared(NamedTuple):
    """What the games of one capture have in common."""

    instant: datetime
    sport_key: str
    bookmakers: tuple[str, ...]


class Captures:
    """The games of one archive, each stated as often as its rows say.

    Args:
        received_at: when the file was read: nothing in it was known later.
    """

    def __init__(self, received_at: datetime) -> None:
        self._received_at = received_at
        self._named: dict[str, EventStated] = {}
        self._drafts: dict[tuple[str, Phase], EventDraft] = {}
        self._scores: dict[EventStated, Score] = {}
        self._margins: dict[EventStated, int] = {}

    def name(self, event: EventStated) -> None:
        """Note that a game is in the archive, whatever else is said of it."""
        self._named.setdefault(event.event_id, event)

    def board(self, event: EventStated, phase: Phase, bookmaker: str, market: str) -> BoardDraft:
        """One book's one market of a game at a phase."""
        draft = self._drafts.setdefault((event.event_id, phase), EventDraft(event))
        return draft.board(bookmaker, market)

    def score(self, event: EventStated, score: Score) -> bool:
        """Note a final score; False when another one was stated before."""
        return self._scores.setdefault(event, score) == score

    def margin(self, event: EventStated, margin: int) -> bool:
        """Note by how much the home side won; False when something else was stated before."""
        return self._margins.setdefault(event, margin) == margin

    def odds(self) -> tuple[OddsCapture, ...]:
        """The captures, by time."""
        shared: dict[_Shared, list[EventOdds]] = {}
        for (_, phase), draft in self._drafts.items():
            event = draft.event
            instant = instant_of(phase, event.commence_time, event.day_only)
            books = tuple(sorted({book for book, _ in draft.boards}))
            shared.setdefault(_Shared(instant, event.sport_key, books), []).append(draft.frozen())
        return tuple(
            OddsCapture(
                key.instant,
                CaptureBasis.PHASE,
                Scope(key.sport_key, key.bookmakers, markets=markets_of(events)),
                tuple(sorted(events, key=lambda odds: odds.event.event_id)),
            )
            for key, events in sorted(shared.items())
        )

    def statements(self) -> tuple[EventCapture, ...]:
        """The scores, known from the end of their events' UTC days, and games without anything."""
        by_day: dict[datetime, list[EventStatement]] = {}
        for event, (home, away) in self._scores.items():
            by_day.setdefault(_end_of_day(event), []).append(
                EventStatement(event, True, home, away)
            )
        for event, margin in self._margins.items():
            if event not in self._scores:
                by_day.setdefault(_end_of_day(event), []).append(
                    EventStatement(event, True, home_margin=margin)
                )
        for event in self._only_named():
            opening = instant_of(Phase.OPEN, event.commence_time, event.day_only)
            moment = min(opening, self._received_at)
            by_day.setdefault(moment, []).append(EventStatement(event))
        return tuple(EventCapture(*capture) for capture in _by_time(by_day))

    def _only_named(self) -> Iterator[EventStated]:
        """Games of which neither a price nor a result is told."""
        told = {event_id for event_id, _ in self._drafts}
        told |= {event.event_id for event in (*self._scores, *self._margins)}
        yield from (event for event_id, event in self._named.items() if event_id not in told)


def _by_time(
    by_day: dict[datetime, list[EventStatement]],
) -> Iterator[tuple[datetime, CaptureBasis, tuple[EventStatement, ...]]]:
    for moment, statements in sorted(by_day.items()):
        statements.sort(key=lambda statement: statement.event.event_id)
        yield moment, CaptureBasis.PHASE, tuple(statements)


def _end_of_day(event: EventStated) -> datetime:
    start = event.commence_time
    return datetime.combine(start.date(), time(), start.tzinfo) + DAY
