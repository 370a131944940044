"""Puts an odds document together, outcome by outcome, and notes what cannot be used.

Belongs here: what is the same for every spelling of odds (JSON documents, flat series): merging
of boards stated twice, outcomes stated twice, rejections. Does not belong here: reading a
spelling (``the_odds_api``, ``files``), cleaning single values (``fields``).

Units: prices are decimal odds, times UTC.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from odds_pipeline.catalog.observations import (
    Board,
    EventOdds,
    EventStated,
    Quote,
    RawDocument,
    Rejection,
    UnusableQuote,
)
from odds_pipeline.errors import MalformedResponse
from odds_pipeline.sources.fields import (
    FARTHEST_PAST,
    FARTHEST_START,
    KEYS,
    Cleaned,
    CleanTime,
    FieldError,
    clean_event_id,
    clean_key,
    clean_name,
    clean_optional_name,
    clean_time,
    evidence_of,
    no_later,
    or_none,
)

Identity = tuple[str, float | None, str | None]  # outcome, point, description
MOST_REJECTIONS = 10_000
NOT_LISTED = f"more than {MOST_REJECTIONS:,} parts cannot be used; the others are not listed"
HOPELESS = 100_000  # rejections beyond those: minutes of work for nothing
ONE_SIDE = "only one of the two teams is stated"
CLASH = "outcome is stated more than once with different prices"


class BoardDraft:
    """One bookmaker's one market while it is being read."""

    __slots__ = (
        "bookmaker",
        "complete",
        "event_id",
        "last_update",
        "market",
        "priced",
        "unusable",
    )

    def __init__(self, event_id: str, bookmaker: str, market: str) -> None:
        self.event_id = event_id
        self.bookmaker = bookmaker
        self.market = market
        self.last_update: datetime | None = None
        self.priced: dict[Identity, float] = {}
        self.unusable: dict[Identity, None] = {}
        self.complete = True

    def add(self, identity: Identity, price: float) -> bool:
        """Add one priced outcome; False when it clashes with what was stated before."""
        known = self.priced.setdefault(identity, price)
        if known == price and not self.unusable:
            return True
        if known == price and identity not in self.unusable:
            return True
        self.add_unusable(identity)
        return False

    def add_unusable(self, identity: Identity) -> None:
        """Note an outcome that was seen without a usable price."""
        self.priced.pop(identity, None)
        self.unusable[identity] = None

    def updated(self, last_update: datetime | None) -> None:
        """Keep the newest ``last_update`` stated for this board."""
        if last_update is not None and (self.last_update is None or last_update > self.last_update):
            self.last_update = last_update

    def frozen(self) -> Board:
        """The board as read."""
        return Board(
            self.bookmaker,
            self.market,
            self.last_update,
            tuple(
                [
                    Quote(name, price, point, description)
                    for (name, point, description), price in self.priced.items()
                ]
            ),
            tuple([UnusableQuote(*identity) for identity in self.unusable]),
            self.complete,
        )


@dataclass(slots=True)
class EventDraft:
    """One event of one capture while it is being read."""

    event: EventStated
    boards: dict[tuple[str, str], BoardDraft] = field(default_factory=dict)
    complete: bool = True

    def board(self, bookmaker: str, market: str) -> BoardDraft:
        """The board of this bookmaker and market; one stated twice is one board."""
        draft = self.boards.get((bookmaker, market))
        if draft is None:
            draft = self.boards[bookmaker, market] = BoardDraft(
                self.event.event_id, bookmaker, market
            )
        return draft

    def frozen(self) -> EventOdds:
        """The event as read."""
        boards = tuple([draft.frozen() for draft in self.boards.values()])
        return EventOdds(self.event, boards, self.complete)


@dataclass(slots=True)
class CaptureDraft:
    """All events one capture states, of every sport, while they are being read."""

    events: dict[str, EventDraft] = field(default_factory=dict)
    listing_complete: bool = True

    def event(self, stated: EventStated) -> EventDraft:
        """The draft of this event; one stated twice is one event, as first stated."""
        return self.events.setdefault(stated.event_id, EventDraft(stated))

    def by_sport(self) -> dict[str, list[EventOdds]]:
        """The events as read, by sport key."""
        sports: dict[str, list[EventOdds]] = {}
        for draft in self.events.values():
            sports.setdefault(draft.event.sport_key, []).append(draft.frozen())
        return sports

    def newest_update(self) -> datetime | None:
        """Greatest ``last_update`` of all boards."""
        stated = (
            board.last_update
            for draft in self.events.values()
            for board in draft.boards.values()
            if board.last_update is not None
        )
        return max(stated, default=None)


def markets_of(events: Iterable[EventOdds]) -> tuple[str, ...]:
    """The market keys seen in these events, sorted."""
    return tuple(sorted({board.market for event in events for board in event.boards}))


def past_only(raw: RawDocument, clean: CleanTime) -> CleanTime:
    """The same cleaning for times of what had happened when the document was received."""
    return no_later(_now(raw) + FARTHEST_PAST, "time", clean)


def _now(raw: RawDocument) -> datetime:
    return max(raw.known_time, raw.received_at)


class Reading:
    """What the reading of one document shares: cleaned values seen so far and rejections.

    Args:
        raw: the document.
        clean_moment: how its source spells times.
    """

    def __init__(self, raw: RawDocument, clean_moment: CleanTime = clean_time) -> None:
        past = past_only(raw, clean_moment)
        self.names = Cleaned(clean_name)
        self.optional_names = Cleaned(clean_optional_name)
        self.keys = Cleaned(clean_key, KEYS)
        self.event_ids = Cleaned(clean_event_id)
        self.starts = Cleaned(no_later(_now(raw) + FARTHEST_START, "start", clean_moment))
        self.past_times = Cleaned(past)
        self.optional_times = Cleaned(or_none(past))
        self.titles: dict[str, str] = {}
        self._untitled: set[str] = set()
        self._unlisted = 0
        self.rejections: list[Rejection] = []

    def reject(
        self,
        where: str,
        why: Exception | str,
        value: object,
        board: BoardDraft | None = None,
        event_id: str | None = None,
    ) -> None:
        """Note a part that cannot be used.

        Args:
            where: its path in the document.
            why: the reason, or the error that a clean function raised.
            value: the offending part, shown as evidence.
            board: the board it belongs to, if that far was readable.
            event_id: the event it belongs to, where the board is not known.

        Raises:
            MalformedResponse: so many parts were rejected that the document is none.
        """
        if len(self.rejections) >= MOST_REJECTIONS:
            self._not_listed()
            return
        reason = "value has a type it cannot have" if isinstance(why, TypeError) else str(why)
        self.rejections.append(
            Rejection(
                where,
                reason,
                evidence_of(value),
                board.event_id if board else event_id,
                bookmaker=board.bookmaker if board else None,
                market=board.market if board else None,
            )
        )

    def _not_listed(self) -> None:
        self.rejections[-1] = Rejection("document", NOT_LISTED, "")
        self._unlisted += 1
        if self._unlisted >= HOPELESS:
            raise MalformedResponse(f"more than {HOPELESS:,} parts of the document cannot be used")

    def last_update(self, where: str, value: object, board: BoardDraft) -> datetime | None:
        """A stated ``last_update``; one that cannot be read is noted and counts as not stated."""
        try:
            return self.optional_times[value]
        except (FieldError, TypeError) as unreadable:
            self.reject(f"{where}.last_update", unreadable, value, board)
            return None

    def title(self, bookmaker: str, title: object) -> None:
        """Remember a bookmaker's display name; one that cannot be read counts as not stated."""
        try:
            name = self.optional_names[title]
        except (FieldError, TypeError) as unreadable:
            if bookmaker not in self._untitled:  # it stands in every event
                self._untitled.add(bookmaker)
                self.reject(f"title of {bookmaker}", unreadable, title)
            return
        if name is not None:
            self.titles[bookmaker] = name

    def stated(
        self,
        event_id: object,
        sport_key: object,
        commence_time: object,
        teams: tuple[object, object],
        sport_title: object,
    ) -> EventStated:
        """An event's identity and start.

        Raises:
            FieldError, TypeError: a part that the event cannot do without is unreadable.
        """
        home, away = (self.optional_names[team] for team in teams)
        if (home is None) is not (away is None):
            raise FieldError(ONE_SIDE)
        return EventStated(
            self.event_ids[event_id],
            self.keys[sport_key],
            self.starts[commence_time],
            home,
            away,
            self.optional_names[sport_title],
        )
