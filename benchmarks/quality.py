"""Every quality rule over a large day, against ingesting that day.

A day of 100 events x 30 books x 3 markets x 2 outcomes, captured every five minutes: 288 bodies of
18,000 quotes, of whose book-markets 6.6 % re-price from one to the next. Ingest is what a live
call does behind its last byte (raw and transaction 2) on a durable server; validation is what
`odds validate` does: the frames, all rules, the log. Both figures are quotes of the bodies a
second: a ratio of 2 says that validation costs half of what ingest does. The notes say it as a
share, too.
"""

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import workbench
from benchmarks.bodies import CHANGE_RATE, SPORT, START, STEP, Body
from benchmarks.harness import Result, Side, seconds
from odds_pipeline.quality.registry import RuleResult
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.validate import validate_day

EVENTS, BOOKS, STEPS = 100, 30, 288
MARKETS = ("h2h", "spreads", "totals")
QUOTES = EVENTS * BOOKS * len(MARKETS) * 2
ROUNDS = 2
TARGET = 1.0
MARGIN = 1.045


def measure() -> list[Result]:
    """Ingest the day once, judge it several times."""
    with workbench.workbench() as bench, TemporaryDirectory() as home:
        platform = workbench.platform(bench.ours(), Path(home))
        taken = 0.0
        for body in _day(random.Random(1)):
            workbench.store(platform.engine, body)
            taken += seconds(lambda: finish_pending(platform))
        validate_day(platform, START.date() - timedelta(days=1))  # imports, plans
        found: list[RuleResult] = []
        judged = [
            seconds(lambda: found.extend(validate_day(platform, START.date())))
            for _ in range(ROUNDS)
        ]
    quotes = QUOTES * STEPS
    issues = sum(len(result.issues) for result in found) // ROUNDS
    ours = Side("rules", tuple(quotes / each for each in judged))
    notes = (
        f"{quotes:,} quotes in {STEPS} bodies; ingest {taken:.1f} s (transaction 2 alone), "
        f"validation {min(judged):.1f}-{max(judged):.1f} s, {issues} issues a pass",
        f"validation costs {max(judged) / taken:.0%} of ingest at most",
    )
    return [
        Result("quality", "quotes/s", ours, Side("ingest", (quotes / taken,)), True, TARGET, notes)
    ]


def _day(rng: random.Random) -> Iterator[Body]:
    truth = [(rng.uniform(0.25, 0.75), rng.randint(430, 470) / 2) for _ in range(EVENTS)]
    boards = {
        (event, book, market): _board(rng, market, *truth[event])
        for event in range(EVENTS)
        for book in range(BOOKS)
        for market in MARKETS
    }
    for step in range(STEPS):
        received = START.replace(hour=0, minute=0) + step * STEP
        for key in boards:
            if step and rng.random() < CHANGE_RATE:
                boards[key] = _board(rng, key[2], *truth[key[0]])
        content = [
            _event(event, received - timedelta(seconds=20), boards) for event in range(EVENTS)
        ]
        yield Body(json.dumps(content, separators=(",", ":")).encode(), received)


def _board(
    rng: random.Random, market: str, home: float, total: float
) -> tuple[int, int, float | None]:
    """Both sides' American prices and the line: the truth, a margin and a little noise."""
    even = 0.5 + rng.uniform(-0.02, 0.02)
    share = home + rng.uniform(-0.02, 0.02) if market == "h2h" else even
    line = {"h2h": None, "spreads": round((0.5 - home) * 50) / 2, "totals": total}[market]
    return _american(share * MARGIN), _american((1 - share) * MARGIN), line


def _american(probability: float) -> int:
    return round(100 / probability - 100 if probability <= 0.5 else -100 / (1 / probability - 1))


def _event(
    event: int, read: datetime, boards: dict[tuple[int, int, str], tuple[int, int, float | None]]
) -> dict[str, object]:
    home, away, stamp = f"Home Team {event}", f"Away Team {event}", f"{read:%Y-%m-%dT%H:%M:%SZ}"
    books = []
    for book in range(BOOKS):
        markets = []
        for market in MARKETS:
            one, two, line = boards[event, book, market]
            names = ("Over", "Under") if market == "totals" else (home, away)
            points = (line, line) if market == "totals" or line is None else (line, -line)
            outcomes = [
                {"name": name, "price": price} | ({} if point is None else {"point": point})
                for name, price, point in zip(names, (one, two), points, strict=True)
            ]
            markets.append({"key": market, "last_update": stamp, "outcomes": outcomes})
        key = f"book_{book}"
        books.append({"key": key, "title": key, "last_update": stamp, "markets": markets})
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
