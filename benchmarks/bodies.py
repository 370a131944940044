"""Provider bodies with a known rate of change: what the ingest benchmarks read.

Belongs here: a seeded sequence of odds answers, and what each of them says as plain rows. Does
not belong here: writing them anywhere. Units: American odds, points, UTC.

Every body lists 15 events x 8 books x 3 markets x 2 outcomes = 720 quotes. Between bodies five
minutes apart 6.6 % of the book-markets re-price; each ``last_update`` lies within the last minute
whether or not anything moved, as with an aggregator that reads every book again and again.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EVENTS, BOOKS, STEPS = 15, 8, 120
QUOTES = EVENTS * BOOKS * 3 * 2
CHANGE_RATE = 0.066
START = datetime(2026, 1, 10, 0, 0, 36, 500_000, tzinfo=UTC)
STEP = timedelta(minutes=5)
SPORT = "basketball_nba"
BOOK_KEYS = (
    *("pinnacle", "circasports", "draftkings", "fanduel"),
    *("betmgm", "williamhill_us", "betrivers", "bovada"),
)
REQUEST = {
    "sport": SPORT,
    "bookmakers": ",".join(sorted(BOOK_KEYS)),
    "markets": "h2h,spreads,totals",
    "oddsFormat": "american",
}

# (event id, bookmaker, market, outcome, American price, point)
Quote = tuple[str, str, str, str, int, float | None]


@dataclass(frozen=True, slots=True)
class Body:
    """One answer: its bytes and when they were received."""

    content: bytes
    received_at: datetime

    def quotes(self) -> set[Quote]:
        """What it says, read without any of our code."""
        return {
            (event["id"], book["key"], market["key"], o["name"], o["price"], o.get("point"))
            for event in json.loads(self.content)
            for book in event["bookmakers"]
            for market in book["markets"]
            for o in market["outcomes"]
        }


def bodies(steps: int = STEPS, seed: int = 1) -> list[Body]:
    """The first ``steps`` bodies of the seed's sequence."""
    return list(_sequence(random.Random(seed), steps))


def _sequence(rng: random.Random, steps: int) -> Iterator[Body]:
    lines = {
        (event, book, market): _line(rng)
        for event in range(EVENTS)
        for book in BOOK_KEYS
        for market in ("h2h", "spreads", "totals")
    }
    for step in range(steps):
        received = START + step * STEP
        for key in lines:
            if step and rng.random() < CHANGE_RATE:
                lines[key] = _moved(rng, lines[key])
        content = [_event(rng, event, received, lines) for event in range(EVENTS)]
        yield Body(json.dumps(content, separators=(",", ":")).encode(), received)


def _line(rng: random.Random) -> tuple[int, float]:
    return rng.randint(-40, 40), rng.randint(-20, 20) / 2


def _moved(rng: random.Random, line: tuple[int, float]) -> tuple[int, float]:
    tilt, point = line
    if rng.random() < 0.2:
        return tilt, point + rng.choice((-0.5, 0.5))
    return tilt + rng.choice((-3, -2, -1, 1, 2, 3)), point


def _event(
    rng: random.Random,
    event: int,
    received: datetime,
    lines: dict[tuple[int, str, str], tuple[int, float]],
) -> dict[str, object]:
    home, away = f"Home Team {event}", f"Away Team {event}"
    books = []
    for book in BOOK_KEYS:
        read = (received - timedelta(seconds=rng.randint(0, 59))).strftime("%Y-%m-%dT%H:%M:%SZ")
        markets = [
            {
                "key": market,
                "last_update": read,
                "outcomes": _outcomes(market, home, away, *lines[event, book, market]),
            }
            for market in ("h2h", "spreads", "totals")
        ]
        books.append({"key": book, "title": book.title(), "last_update": read, "markets": markets})
    start = (START + timedelta(days=1, minutes=10 * event)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "id": f"{event:032x}",
        "sport_key": SPORT,
        "sport_title": "NBA",
        "commence_time": start,
        "home_team": home,
        "away_team": away,
        "bookmakers": books,
    }


def _outcomes(
    market: str, home: str, away: str, tilt: int, point: float
) -> list[dict[str, object]]:
    prices = (_american(-110 - tilt), _american(-110 + tilt))
    if market == "h2h":
        return [{"name": n, "price": p} for n, p in zip((away, home), prices, strict=True)]
    names, points = ((away, home), (point, -point))
    if market == "totals":
        names, points = ("Over", "Under"), (220 + point, 220 + point)
    return [
        {"name": n, "price": p, "point": at} for n, p, at in zip(names, prices, points, strict=True)
    ]


def _american(price: int) -> int:
    """The price with the gap skipped; even money is +100, which -100 cannot be told from."""
    return price if price < -100 else price + 200
