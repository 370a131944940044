"""Seconds for the fair odds and edges of a whole day's slate: read, worked out and written.

A slate is 100 games priced by 30 books in three markets, 18,000 quotes, captured at once: half of
the books are at each game's own line, the others half a point beside it, and one price in about 40
is an edge. Each round prices the newest of its own captures on a durable embedded server; a figure
is the seconds from asking which moments wait to the commit. Peak memory is that of the process over
all rounds, what it held before included.
"""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from benchmarks import workbench
from benchmarks.bodies import SPORT, Body
from benchmarks.harness import ROUNDS, Result, Side, repeat, seconds
from benchmarks.memory import peak_mib, reset_peak
from odds_pipeline.services.market.day import DayPriced, price_day
from odds_pipeline.services.normalise import normalise_all
from odds_pipeline.services.platform import Platform

EVENTS, BOOKS = 100, 30
FIRST = datetime(2026, 1, 10, 12, 0, 36, tzinfo=UTC)
STEP = timedelta(minutes=30)
SHARP = "pinnacle"


def measure() -> list[Result]:
    """A capture of the slate at a time, and the day of all of them once more."""
    with workbench.workbench() as bench, TemporaryDirectory() as home:
        engine = bench.ours()
        platform = workbench.platform(engine, Path(home))
        captures = _captures(random.Random(5))
        done: list[DayPriced] = []

        def priced(_: int) -> float:
            workbench.store(engine, next(captures))
            normalise_all(engine)
            return seconds(lambda: done.append(price_day(platform, FIRST.date())))

        reset_peak()
        side = repeat("one capture of the slate", priced)
        newest = done[-1]
        notes = (
            f"{newest.quotes:,} quotes read, {newest.fair_prices:,} fair prices and "
            f"{newest.sights:,} sights of edges written; target 2 s",
            f"peak memory {peak_mib():,.0f} MiB",
        )
        return [
            Result("market.slate", "s", side, notes=notes),
            _again(platform, engine),
        ]


def _again(platform: Platform, engine: Engine) -> Result:
    """Every capture so far once more: what a rebuild of the day takes."""
    found: list[DayPriced] = []
    taken = seconds(lambda: found.append(price_day(platform, FIRST.date(), again=True)))
    notes = (f"{found[0].moments} captures, {found[0].quotes:,} quotes; nothing changed",)
    return Result("market.day_again", "s", Side("the same day again", (taken,)), notes=notes)


def _captures(rng: random.Random) -> Iterator[Body]:
    """More captures than rounds, each with some prices moved."""
    tilts = {event: rng.randint(-60, 60) for event in range(EVENTS)}
    for step in range(ROUNDS + 1):
        at = FIRST + step * STEP
        document = [_event(rng, event, tilts[event], at) for event in range(EVENTS)]
        yield Body(json.dumps(document).encode(), at)
        moved = rng.sample(range(EVENTS), EVENTS // 10)
        tilts |= {event: tilts[event] + rng.choice((-4, 4)) for event in moved}


def _event(rng: random.Random, event: int, tilt: int, at: datetime) -> dict[str, object]:
    home, away = f"Home Team {event}", f"Away Team {event}"
    update = (at - timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    books = [SHARP, *(f"book{number:02}" for number in range(1, BOOKS))]
    return {
        "id": f"{event:032x}",
        "sport_key": SPORT,
        "sport_title": "NBA",
        "commence_time": (FIRST + timedelta(hours=12)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "home_team": home,
        "away_team": away,
        "bookmakers": [
            {
                "key": book,
                "title": book,
                "last_update": update,
                "markets": _markets(rng, home, away, tilt, number, update),
            }
            for number, book in enumerate(books)
        ],
    }


def _markets(
    rng: random.Random, home: str, away: str, tilt: int, number: int, update: str
) -> list[dict[str, object]]:
    beside = 0.5 if number >= BOOKS // 2 else 0.0
    margin = 6 if number == 0 else 12
    opinion = tilt + (
        0 if number == 0 else rng.randint(-3, 3) + (25 if rng.random() < 0.025 else 0)
    )
    point = round(tilt / 10) + 0.5 + beside
    sides = {
        "h2h": ((home, None), (away, None)),
        "spreads": ((home, -point), (away, point)),
        "totals": (("Over", 220.5 + beside), ("Under", 220.5 + beside)),
    }
    prices = (_american(-100 - margin - opinion), _american(-100 - margin + opinion))
    return [
        {
            "key": market,
            "last_update": update,
            "outcomes": [
                {"name": name, "price": price} | ({} if line is None else {"point": line})
                for (name, line), price in zip(outcomes, prices, strict=True)
            ],
        }
        for market, outcomes in sides.items()
    ]


def _american(price: int) -> int:
    return price if price <= -100 else price + 200
