"""Statistics of a feed's habits, the same for recorded and for simulated responses.

Belongs here: pure functions over captures of ``/odds``, and reading recorded captures.
Does not belong here: what is expected of them (``test_habits``). Units: seconds; overrounds and
shares as fractions; shifts of a start in minutes.
"""

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

from odds_pipeline.catalog.bookmakers import BookClass, book_class

Document = dict[str, Any]
MINUTE, HOUR = 60, 3_600
LAYS = ("h2h_lay", "outrights_lay")


@dataclass(frozen=True, slots=True)
class Capture:
    """One answer of ``/odds``: when it was taken, Unix seconds UTC, and its events."""

    instant: float
    events: list[Document]


@dataclass(frozen=True, slots=True)
class Spread:
    """Where the values of a sample lie."""

    size: int
    low: float
    p5: float
    median: float
    p95: float
    top: float


@dataclass(frozen=True, slots=True)
class Board:
    """One market of one book in one capture."""

    instant: float
    event: Document
    book: Document
    market: Document

    @property
    def in_play(self) -> bool:
        """Whether the start stated in this capture had passed."""
        return self.instant >= seconds(self.event["commence_time"])

    @property
    def sides(self) -> list[Document]:
        """Outcomes but the draw."""
        return [outcome for outcome in self.market["outcomes"] if outcome["name"] != "Draw"]


def seconds(text: str) -> float:
    """Unix seconds of an ISO time."""
    return datetime.fromisoformat(text).timestamp()


def spread(values: Iterable[float]) -> Spread:
    """Nearest-rank quantiles."""
    ordered = sorted(values)

    def rank(share: float) -> float:
        return ordered[max(ceil(share * len(ordered)) - 1, 0)]

    return Spread(len(ordered), ordered[0], rank(0.05), rank(0.5), rank(0.95), ordered[-1])


def share(hits: Iterable[bool]) -> float:
    """Share of true values; NaN of none."""
    found = list(hits)
    return sum(found) / len(found) if found else float("nan")


def ahead_of_play(captures: Iterable[Capture]) -> list[Capture]:
    """The same captures without the events whose stated start had passed."""
    return [
        Capture(
            capture.instant,
            [e for e in capture.events if seconds(e["commence_time"]) > capture.instant],
        )
        for capture in captures
    ]


def of_sport(captures: Iterable[Capture], sport_key: str) -> list[Capture]:
    """The same captures with the events of one sport."""
    return [
        Capture(capture.instant, [e for e in capture.events if e["sport_key"] == sport_key])
        for capture in captures
    ]


def boards(captures: Iterable[Capture], *markets: str) -> Iterator[Board]:
    """Every market seen, or those named; lay markets only when named."""
    for capture in captures:
        for event in capture.events:
            for book in event["bookmakers"]:
                for market in book["markets"]:
                    if market["key"] in markets or not (markets or market["key"] in LAYS):
                        yield Board(capture.instant, event, book, market)


def all_ages(captures: Iterable[Capture]) -> Spread:
    """Age of ``last_update`` at the capture, of all bookmakers."""
    return spread(
        capture.instant - seconds(book["last_update"])
        for capture in captures
        for event in capture.events
        for book in event["bookmakers"]
    )


def ages(captures: Iterable[Capture]) -> dict[str, Spread]:
    """Age of a bookmaker's ``last_update`` at the capture, by bookmaker."""
    found: dict[str, list[float]] = defaultdict(list)
    for capture in captures:
        for event in capture.events:
            for book in event["bookmakers"]:
                found[book["key"]].append(capture.instant - seconds(book["last_update"]))
    return {key: spread(values) for key, values in found.items()}


def stamped_together(captures: Iterable[Capture]) -> float:
    """Share of a bookmaker's events of one sport that carry its most frequent ``last_update``.

    Bookmakers with at least four events in a capture count. One scrape reads a whole sport.
    """
    together = total = 0
    for capture in captures:
        stamps: dict[tuple[str, str], list[float]] = defaultdict(list)
        for event in capture.events:
            for book in event["bookmakers"]:
                stamps[event["sport_key"], book["key"]].append(seconds(book["last_update"]))
        for found in stamps.values():
            if len(found) >= 4:
                together += max(sum(abs(one - other) <= 1 for other in found) for one in found)
                total += len(found)
    return together / total if total else float("nan")


def presence(captures: Sequence[Capture]) -> dict[str, float]:
    """Share of the events seen with any bookmaker that each bookmaker prices."""
    seen: dict[str, int] = defaultdict(int)
    events = [event for capture in captures for event in capture.events if event["bookmakers"]]
    for event in events:
        for book in event["bookmakers"]:
            seen[book["key"]] += 1
    return {key: count / len(events) for key, count in seen.items()}


def overrounds(captures: Iterable[Capture], market: str) -> dict[BookClass, Spread]:
    """Overround before the start, by class of bookmaker."""
    found: dict[BookClass, list[float]] = defaultdict(list)
    for board in boards(captures, market):
        outcomes = board.market["outcomes"]
        if not board.in_play and len(outcomes) > 1:
            implied = sum(1.0 / outcome["price"] for outcome in outcomes)
            found[book_class(board.book["key"])].append(implied - 1.0)
    return {key: spread(values) for key, values in found.items()}


def alphabetical(captures: Iterable[Capture]) -> float:
    """Share of markets whose outcomes, but the draw, stand in order of their names."""
    names = ([outcome["name"] for outcome in board.sides] for board in boards(captures))
    return share(found == sorted(found) for found in names if len(found) > 1)


def draw_last(captures: Iterable[Capture]) -> float:
    """Share of three-way markets whose last outcome is the draw."""
    names = ([o["name"] for o in board.market["outcomes"]] for board in boards(captures, "h2h"))
    return share(found[-1] == "Draw" for found in names if "Draw" in found)


def mirrored_spreads(captures: Iterable[Capture]) -> float:
    """Share of two-sided spreads whose points add up to zero."""
    return share(
        first["point"] == -second["point"] for first, second in _pairs(captures, "spreads")
    )


def equal_totals(captures: Iterable[Capture]) -> float:
    """Share of two-sided totals that are Over, Under at one point."""
    return share(
        (first["name"], second["name"], first["point"]) == ("Over", "Under", second["point"])
        for first, second in _pairs(captures, "totals")
    )


def point_kinds(captures: Iterable[Capture]) -> dict[str, float]:
    """Shares of whole, half and quarter points on spreads and totals."""
    quarters = [
        int(outcome["point"] * 4) % 4
        for board in boards(captures, "spreads", "totals")
        for outcome in board.market["outcomes"]
    ]
    return {
        "whole": share(rest == 0 for rest in quarters),
        "half": share(rest == 2 for rest in quarters),
        "quarter": share(rest % 2 == 1 for rest in quarters),
    }


def update_gaps(captures: Iterable[Capture]) -> Spread:
    """How much later the bookmaker's ``last_update`` is than the market's."""
    return spread(
        seconds(board.book["last_update"]) - seconds(board.market["last_update"])
        for board in boards(captures)
        if "last_update" in board.market
    )


def updated_together(captures: Iterable[Capture]) -> float:
    """Share of markets whose ``last_update`` is their bookmaker's."""
    return share(
        board.book["last_update"] == board.market["last_update"]
        for board in boards(captures)
        if "last_update" in board.market
    )


def without_books(captures: Iterable[Capture]) -> float:
    """Share of listed events without a bookmaker."""
    return share(not event["bookmakers"] for capture in captures for event in capture.events)


def start_shifts(captures: Iterable[Capture], *, least: int = 2) -> tuple[float, list[float]]:
    """Share of events seen ``least`` times whose start moved; first to last shift, minutes."""
    stated: dict[str, list[str]] = defaultdict(list)
    for capture in captures:
        for event in capture.events:
            stated[event["id"]].append(event["commence_time"])
    repeated = [starts for starts in stated.values() if len(starts) >= least]
    shifts = [(seconds(s[-1]) - seconds(s[0])) / MINUTE for s in repeated if len(set(s)) > 1]
    return share(len(set(starts)) > 1 for starts in repeated), shifts


def odd_seconds(captures: Iterable[Capture]) -> tuple[float, float]:
    """Share of stated starts not on a whole minute: before the start, and after it."""
    odd: dict[bool, list[bool]] = {False: [], True: []}
    for capture in captures:
        for event in capture.events:
            start = seconds(event["commence_time"])
            odd[capture.instant >= start].append(start % MINUTE != 0)
    return share(odd[False]), share(odd[True])


def hours_in_play(captures: Iterable[Capture]) -> float:
    """The longest an event was still listed after its stated start."""
    return max(
        (capture.instant - seconds(event["commence_time"])) / HOUR
        for capture in captures
        for event in capture.events
    )


def prices_in_play(captures: Iterable[Capture]) -> Spread:
    """Decimal prices once the stated start has passed."""
    return spread(
        outcome["price"]
        for board in boards(captures)
        if board.in_play
        for outcome in board.market["outcomes"]
    )


Wanted = Callable[[float, float], bool]  # (seconds between captures, seconds to the start)


def changed(captures: Sequence[Capture], wanted: Wanted) -> tuple[int, float, float]:
    """Outcomes seen in two captures in a row: how many, the shares re-priced and re-stamped.

    Re-priced means another price or point; re-stamped another ``last_update``.
    """
    pairs = [
        (before[key], after[key])
        for (one, before), (other, after) in pairwise(
            (capture, _outcomes(capture)) for capture in captures
        )
        for key in before.keys() & after.keys()
        if wanted(other.instant - one.instant, after[key][2] - other.instant)
    ]
    return (
        len(pairs),
        share(before[0] != after[0] for before, after in pairs),
        share(before[1] != after[1] for before, after in pairs),
    )


def _outcomes(capture: Capture) -> dict[tuple[str, ...], tuple[object, str, float]]:
    """(price, point), ``last_update`` and stated start of every outcome."""
    return {
        (board.event["id"], board.book["key"], board.market["key"], outcome["name"]): (
            (outcome["price"], outcome.get("point")),
            board.book["last_update"],
            seconds(board.event["commence_time"]),
        )
        for board in boards([capture])
        for outcome in board.market["outcomes"]
    }


def _pairs(captures: Iterable[Capture], market: str) -> Iterator[tuple[Document, Document]]:
    for board in boards(captures, market):
        outcomes = board.market["outcomes"]
        if len(outcomes) == 2:
            yield outcomes[0], outcomes[1]


def recorded_json(path: Path) -> Capture:
    """A recorded body in decimal odds; its capture time is its greatest ``last_update``."""
    events = json.loads(
        gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    )
    updates = [seconds(b["last_update"]) for event in events for b in event["bookmakers"]]
    for board in boards([Capture(0.0, events)]):
        for outcome in board.market["outcomes"]:
            outcome["price"] = _decimal(outcome["price"])
    return Capture(max(updates), events)


def _decimal(price: float) -> float:
    if price >= 100:
        return 1.0 + price / 100.0
    return 1.0 - 100.0 / price if price <= -100 else price


def recorded_csv(path: Path, time_column: str) -> list[Capture]:
    """A flattened series put back into captures, in order of time.

    Rows without a ``last_update`` came from another endpoint and are left out.
    """
    captures: dict[float, dict[str, Document]] = defaultdict(dict)
    with gzip.open(path, "rt", newline="") as lines:
        for row in filter(lambda row: row["last_update"], csv.DictReader(lines)):
            event = captures[_instant(row[time_column])].setdefault(row["event_id"], _event(row))
            _add(event, row)
    return [Capture(instant, list(captures[instant].values())) for instant in sorted(captures)]


def _instant(text: str) -> float:
    if "T" in text:
        return seconds(text)
    return datetime.strptime(text, "%Y%m%d_%H%M%S").replace(tzinfo=UTC).timestamp()


def _event(row: dict[str, str]) -> Document:
    keys = ("commence_time", "home_team", "away_team")
    stated = {key: row[key] for key in keys}
    return {
        "id": row["event_id"],
        "sport_key": row.get("sport_key", ""),
        **stated,
        "bookmakers": [],
    }


def _add(event: Document, row: dict[str, str]) -> None:
    key = row.get("bookmaker_key") or row["bookmaker"]
    book = _within(event["bookmakers"], key, {"last_update": row["last_update"], "markets": []})
    market = _within(book["markets"], row["market"], {"outcomes": []})
    outcome: Document = {"name": row["outcome_name"], "price": float(row["price"])}
    if row["point"]:
        outcome["point"] = float(row["point"])
    market["outcomes"].append(outcome)


def _within(found: list[Document], key: str, fresh: Document) -> Document:
    for item in reversed(found):
        if item["key"] == key:
            return item
    found.append({"key": key, **fresh})
    return found[-1]
