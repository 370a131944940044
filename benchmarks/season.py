"""A synthetic season of odds answers: what the season benchmarks write and ask.

Belongs here: the schedule, books that re-price, suspend and resume, and every capture as the bytes
of an answer and as the original schema's rows. Does not belong here: writing them anywhere.
Units: American odds, points, UTC; rates are per book-market and five minutes.

An NBA-like season: events of a day start in the late evening and are listed for the 72 hours
before; 8 books x 3 markets x 2 outcomes = 48 quotes an event. The captures end 60 hours before the
last event, so that some events are still open. Everything follows from the seed, and nothing of
``odds_pipeline`` is used.

The rate of change is 0.76 times the mean far out and rises to 2.3 times at the start. Each
``last_update`` lies within the last minute whether or not anything moved, as with an aggregator
that reads every book again and again.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import exp, log, log1p

from benchmarks.bodies import BOOK_KEYS, SPORT

MARKETS = ("h2h", "spreads", "totals")
QUOTES_AN_EVENT = len(BOOK_KEYS) * len(MARKETS) * 2
FIVE_MINUTES, HALF_HOUR = timedelta(minutes=5), timedelta(minutes=30)
FIRST_DAY = datetime(2025, 10, 21, tzinfo=UTC)
LISTED = timedelta(hours=72)
OPEN_AT_THE_END = timedelta(hours=60)
EVENTS_A_DAY = 7
SUSPENSION_RATE, RESUME_RATE = 0.0005, 1 / 6  # per book and event in five minutes
MOVED_STARTS = 0.03
REFERENCE_COLUMNS = (
    *("event_id", "bookmaker_key", "bookmaker_title", "market_key", "outcome_name"),
    *("price", "point", "odds_timestamp", "last_update", "is_valid"),
)
_NULL = r"\N"
_PLACES = (
    *("Ashford", "Bayview", "Cedar Falls", "Dunmore", "Eastport", "Fairhaven", "Glenwood"),
    *("Harbor City", "Ironside", "Juniper", "Kingsbridge", "Lakeside", "Millbrook", "Northgate"),
    *("Oakland Bay", "Port Amber", "Quarry Hill", "Riverton", "Stonebridge", "Three Rivers"),
    *("Upper Mesa", "Valley Forge", "Westbrook", "Yorktown", "Zephyr Cove", "Silver Lake"),
    *("Granite Bay", "Maple Ridge", "Salt Flats", "Twin Peaks"),
)
TEAMS = tuple(f"{place} {place[0]}aiders" for place in _PLACES)


@dataclass(frozen=True, slots=True)
class Spec:
    """Which season.

    Args:
        grid: time between captures.
        events: how many events.
        change_rate: mean part of the book-markets that re-price in five minutes.
        seed: of everything random.
        begin, end: the captures to give; without them the whole season's.
    """

    grid: timedelta
    events: int = 1255
    change_rate: float = 0.066
    seed: int = 1
    begin: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One event: from ``moved_at`` on it is stated to start at ``start``, before at ``first``."""

    event_id: str
    home: str
    away: str
    first: datetime
    start: datetime
    moved_at: datetime


@dataclass(slots=True)
class Capture:
    """What was on offer at one moment."""

    moment: datetime
    listed: list["Listed"]
    quotes: int = field(init=False)
    changed: int = field(init=False)

    def __post_init__(self) -> None:
        self.quotes = sum(one.quotes for one in self.listed)
        self.changed = sum(one.changed for one in self.listed)

    def content(self) -> bytes:
        """The bytes of an answer that states it; valid until the next capture is taken."""
        return f"[{','.join([one.document() for one in self.listed])}]".encode()

    def rows(self) -> bytes:
        """The original schema's rows, as COPY text of ``REFERENCE_COLUMNS``."""
        moment = self.moment.isoformat()
        return "".join([one.rows(moment) for one in self.listed]).encode()

    def documents(self) -> Iterator[tuple[str, str]]:
        """Event id and JSON of every event."""
        return ((one.event.event_id, one.document()) for one in self.listed)


def schedule(spec: Spec) -> list[Event]:
    """The season's events by start."""
    rng = random.Random(spec.seed)
    events = []
    for number in range(spec.events):
        day, of_day = divmod(number, EVENTS_A_DAY)
        first = FIRST_DAY + LISTED + timedelta(days=day, hours=22, minutes=10 + 30 * of_day)
        home, away = rng.sample(TEAMS, 2)
        start = moved_at = first
        if rng.random() < MOVED_STARTS:
            start = first + timedelta(minutes=rng.choice((-30, 10, 30, 90)))
            moved_at = first - timedelta(minutes=rng.randint(60, 4000))
        events.append(Event(f"{rng.getrandbits(128):032x}", home, away, first, start, moved_at))
    return events


def bounds(spec: Spec) -> tuple[datetime, datetime]:
    """When the captures begin and end."""
    end = spec.end or schedule(spec)[-1].start - OPEN_AT_THE_END
    return spec.begin or FIRST_DAY, end


def captures(spec: Spec) -> Iterator[Capture]:
    """Every capture in order, one in memory at a time."""
    events = schedule(spec)
    rng = random.Random(spec.seed + 1)
    moment, end = bounds(spec)
    open_events: list[Listed] = []
    coming = 0
    while moment < end:
        taken = moment + timedelta(seconds=30, microseconds=rng.randrange(20_000_000))
        while coming < len(events) and events[coming].first - LISTED <= taken:
            open_events.append(Listed(events[coming], rng))
            coming += 1
        open_events = [one for one in open_events if taken < one.event.start]
        stamps = [
            (taken - timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%SZ") for age in range(60)
        ]
        for one in open_events:
            one.move_on(taken, spec, stamps)
        if open_events:
            yield Capture(taken, open_events)
        moment += spec.grid


class Listed:
    """One event while books quote it."""

    def __init__(self, event: Event, rng: random.Random) -> None:
        self.event = event
        self.changed = 0
        self._rng = rng
        self._lines = [
            (rng.randint(-40, 40), rng.randint(-20, 20) / 2)
            for _ in range(len(BOOK_KEYS) * len(MARKETS))
        ]
        self._suspended: set[int] = set()
        self._stamps = [""] * len(BOOK_KEYS)
        self._head = ""
        self._new = True
        # A book's text without its last_updates: joining the parts with one puts it everywhere.
        self._texts: dict[int, list[str]] = {}
        self._rows: dict[int, list[str]] = {}

    @property
    def quotes(self) -> int:
        """Quotes on offer."""
        return (len(BOOK_KEYS) - len(self._suspended)) * len(MARKETS) * 2

    def move_on(self, moment: datetime, spec: Spec, stamps: list[str]) -> None:
        """Let the books re-price, suspend and resume until ``moment``."""
        rng, event = self._rng, self.event
        start = event.start if moment >= event.moved_at else event.first
        self._head = _head(event, start)
        self._stamps = [stamps[number % 60] for number in rng.randbytes(len(BOOK_KEYS))]
        self.changed = 0
        if self._new:
            self._new = False
            return
        hours = (event.start - moment).total_seconds() / 3600
        rate = min(spec.change_rate * (0.76 + 1.51 * exp(-hours / 11.4)), 0.9)
        steps = spec.grid / FIVE_MINUTES
        for place in _hits(rng, 1 - (1 - rate) ** steps, len(self._lines)):
            self._reprice(place)
        for book in _hits(rng, 1 - (1 - SUSPENSION_RATE) ** steps, len(BOOK_KEYS)):
            self._suspended.add(book)
        if self._suspended:
            stays = (1 - RESUME_RATE) ** steps
            self._suspended = {b for b in sorted(self._suspended) if rng.random() < stays}

    def document(self) -> str:
        """The event as the provider states it."""
        books = [
            stamp.join(self._texts.get(book) or self._text(book))
            for book, stamp in enumerate(self._stamps)
            if book not in self._suspended
        ]
        return f"{self._head}{','.join(books)}]}}"

    def rows(self, moment: str) -> str:
        """The event's rows in the original schema."""
        return "".join(
            [
                f"\t{moment}\t{stamp}\tt\n".join(self._rows.get(book) or self._row_texts(book))
                for book, stamp in enumerate(self._stamps)
                if book not in self._suspended
            ]
        )

    def _reprice(self, place: int) -> None:
        rng = self._rng
        tilt, point = self._lines[place]
        book, market = divmod(place, len(MARKETS))
        if market and rng.random() < 0.2:
            self._lines[place] = tilt, point + rng.choice((-0.5, 0.5))
        else:
            self._lines[place] = tilt + rng.choice((-3, -2, -1, 1, 2, 3)), point
        self._texts.pop(book, None)
        self._rows.pop(book, None)
        self.changed += 0 if book in self._suspended else 2

    def _text(self, book: int) -> list[str]:
        key = BOOK_KEYS[book]
        texts = [f'{{"key":"{key}","title":"{key.title()}","last_update":"']
        before = '","markets":['
        for number, market in enumerate(MARKETS):
            texts.append(f'{before}{{"key":"{market}","last_update":"')
            sides = ",".join(
                f'{{"name":"{name}","price":{price}}}'
                if point is None
                else f'{{"name":"{name}","price":{price},"point":{point}}}'
                for name, price, point in self._sides(book, number)
            )
            before = f'","outcomes":[{sides}]}},'
        texts.append(f"{before[:-1]}]}}")
        self._texts[book] = texts
        return texts

    def _row_texts(self, book: int) -> list[str]:
        key, event_id = BOOK_KEYS[book], self.event.event_id
        self._rows[book] = [
            f"{event_id}\t{key}\t{key.title()}\t{market}\t{name}\t{price}\t"
            f"{_NULL if point is None else point}"
            for number, market in enumerate(MARKETS)
            for name, price, point in self._sides(book, number)
        ] + [""]
        return self._rows[book]

    def _sides(self, book: int, market: int) -> list[tuple[str, int, float | None]]:
        tilt, point = self._lines[book * len(MARKETS) + market]
        prices = _american(-110 - tilt), _american(-110 + tilt)
        names: tuple[str, str] = (self.event.away, self.event.home)
        points: tuple[float | None, float | None] = (None, None)
        if MARKETS[market] == "spreads":
            points = (point, -point)
        elif MARKETS[market] == "totals":
            names, points = ("Over", "Under"), (220 + point, 220 + point)
        return list(zip(names, prices, points, strict=True))


def _head(event: Event, start: datetime) -> str:
    return (
        f'{{"id":"{event.event_id}","sport_key":"{SPORT}","sport_title":"NBA",'
        f'"commence_time":"{start.strftime("%Y-%m-%dT%H:%M:%SZ")}",'
        f'"home_team":"{event.home}","away_team":"{event.away}","bookmakers":['
    )


def _hits(rng: random.Random, rate: float, places: int) -> Iterator[int]:
    """The places that are hit, each with the same chance: one draw a hit, not one a place."""
    if rate <= 0:
        return
    step = log1p(-rate)
    place = int(log(1 - rng.random()) / step)
    while place < places:
        yield place
        place += 1 + int(log(1 - rng.random()) / step)


def _american(price: int) -> int:
    """The price with the gap skipped; even money is +100, which -100 cannot be told from."""
    return price if price < -100 else price + 200
