"""What one provider document said, in the platform's own words.

Belongs here: the value types that every source's parser produces and storage consumes.
Does not belong here: how a provider spells them (``sources``), how they are kept (``storage``).

Units: prices are decimal odds (>= 1, < 1e6); times are timezone-aware UTC; points are the line
or handicap in the sport's own units. ``None`` means "not stated", never zero.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class CaptureBasis(StrEnum):
    """How a capture time was established."""

    CLOCK = "clock"  # our clock at the last byte of a live call
    DATE_HEADER = "date_header"  # the provider's Date header, our clock being more than 2 s off
    TIMESTAMP = "timestamp"  # the historical envelope's `timestamp`
    STATED = "stated"  # given by the importer's caller or by a capture-time column
    INFERRED = "inferred"  # greatest last_update inside the body
    FILE = "file"  # lists without any time of their own: when the file was stored
    PHASE = "phase"  # an instant that stands for an ordered phase (open, early, close) of a day


class OddsFormat(StrEnum):
    """How the prices of a document are spelled."""

    AMERICAN = "american"
    DECIMAL = "decimal"


class Quote(Struct, frozen=True, gc=False):
    """One outcome as priced: decimal price, point where the market has a line."""

    outcome: str
    price: float
    point: float | None = None
    description: str | None = None


class UnusableQuote(Struct, frozen=True, gc=False):
    """One outcome that was seen without a usable price; it never falls back to an older one."""

    outcome: str
    point: float | None = None
    description: str | None = None


class Board(Struct, frozen=True):
    """One bookmaker's one market for one event, as stated.

    ``complete`` is False when an entry could not even be identified, so that an outcome missing
    here cannot be told from one withdrawn.
    """

    bookmaker: str
    market: str
    last_update: datetime | None
    quotes: tuple[Quote, ...]
    unusable: tuple[UnusableQuote, ...] = ()
    complete: bool = True


class EventStated(Struct, frozen=True):
    """An event's identity and start as one document stated them; no teams for outrights.

    ``day_only`` says that the start is known to the day: ``commence_time`` is that UTC day's
    midnight and the event starts within the 24 hours that follow.
    """

    event_id: str
    sport_key: str
    commence_time: datetime
    home_team: str | None
    away_team: str | None
    sport_title: str | None = None
    day_only: bool = False


class EventOdds(Struct, frozen=True):
    """Everything one capture says about one event.

    ``complete`` is False when a bookmaker's entry could not be identified: then no market of this
    event may be taken as withdrawn.
    """

    event: EventStated
    boards: tuple[Board, ...]
    complete: bool = True


class Scope(Struct, frozen=True):
    """What was asked and answered: absence is a removal only inside it.

    ``bookmakers``/``markets`` are the keys covered (sorted), ``None`` meaning every one.
    ``regions`` restricts the bookmakers covered when ``bookmakers`` is ``None`` (sorted).
    ``lists_all_events`` says that an event of the sport absent from the answer left the feed
    (False for single-event calls, event filters, `upcoming` and flattened files).
    ``starts_from``/``starts_to`` bound the starts asked for, ``None`` meaning unbounded.
    """

    sport_key: str
    bookmakers: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    markets: tuple[str, ...] | None = None
    lists_all_events: bool = False
    starts_from: datetime | None = None
    starts_to: datetime | None = None


class OddsCapture(Struct, frozen=True):
    """What one document said about odds at one capture time.

    ``event_ids`` are events asked for by id: one of them missing from ``events`` left the feed.
    ``listing_complete`` is False when an entry's event could not be identified, so that absence
    proves nothing.
    """

    capture_time: datetime
    basis: CaptureBasis
    scope: Scope
    events: tuple[EventOdds, ...]
    event_ids: tuple[str, ...] = ()
    listing_complete: bool = True


class EventStatement(Struct, frozen=True):
    """What an events or scores document said about one event; scores are whole points or None.

    ``home_margin`` is the home score minus the away score, for documents that state no more.
    """

    event: EventStated
    completed: bool | None = None
    home_score: int | None = None
    away_score: int | None = None
    score_time: datetime | None = None
    home_margin: int | None = None


class EventCapture(Struct, frozen=True):
    """What one events or scores document said at one capture time."""

    capture_time: datetime
    basis: CaptureBasis
    statements: tuple[EventStatement, ...]


class SportStated(Struct, frozen=True):
    """One sport as the provider lists it."""

    key: str
    title: str
    group: str | None = None
    active: bool = True
    has_outrights: bool = False


class ParticipantStated(Struct, frozen=True):
    """One team or player as the provider lists it for a sport; it may be inactive."""

    participant_id: str
    name: str
    sport_key: str | None = None


class MarketSeen(Struct, frozen=True):
    """One market in which one bookmaker was seen lately, and when it was last seen."""

    bookmaker: str
    market: str
    last_update: datetime | None = None


class MarketsSeen(Struct, frozen=True):
    """The markets in which bookmakers were seen lately for one event: no catalogue, no prices.

    ``complete`` is False when an entry could not be identified.
    """

    capture_time: datetime
    basis: CaptureBasis
    event: EventStated
    markets: tuple[MarketSeen, ...]
    complete: bool = True


class Rejection(Struct, frozen=True):
    """One part of a document that cannot be used, with where it stands and why.

    ``where`` is a path into the document (``[3].bookmakers[0].markets[1].outcomes[0]`` or
    ``row 17``); ``evidence`` is the offending text, at most 2,000 characters.
    """

    where: str
    reason: str
    evidence: str
    event_id: str | None = None
    bookmaker: str | None = None
    market: str | None = None
    capture_time: datetime | None = None


class Document(Struct, frozen=True):
    """One raw document, parsed: everything usable and everything rejected."""

    odds: tuple[OddsCapture, ...] = ()
    statements: tuple[EventCapture, ...] = ()
    sports: tuple[SportStated, ...] = ()
    participants: tuple[ParticipantStated, ...] = ()
    markets_seen: tuple[MarketsSeen, ...] = ()
    bookmaker_titles: dict[str, str] = {}
    rejections: tuple[Rejection, ...] = ()
    odds_format: OddsFormat | None = None


class RawDocument(Struct, frozen=True):
    """One stored document with all that a parser may know of it, so that parsing is repeatable.

    Args:
        source: ``the_odds_api``, ``simulator`` or ``file``.
        endpoint: which parser reads it, for example ``odds`` or ``flat_odds``.
        request: path and query parameters without the key; for a file its name.
        body: the exact bytes, content encoding removed.
        received_at: the corrected clock at the last byte; for a file when it was read.
        received_basis: ``CLOCK`` or ``DATE_HEADER`` for a live call, ``FILE`` for a file.
        known_time: when the document was committed here.
        captured_at: capture time stated by the importer's caller.
        odds_format: format asked for or stated by the importer's caller; ``None`` = decide.
    """

    source: str
    endpoint: str
    request: dict[str, str]
    body: bytes
    received_at: datetime
    received_basis: CaptureBasis
    known_time: datetime
    captured_at: datetime | None = None
    odds_format: OddsFormat | None = None
