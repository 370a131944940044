"""``closing_lines`` and ``opening_lines`` against the captures themselves, looked at one by one."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pandas as pd
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import (
    EventOdds,
    OddsCapture,
    Quote,
    UnusableQuote,
)
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.readers import closing_lines, opening_lines
from odds_pipeline.storage.scoping import answered, covers, covers_start
from odds_pipeline_tests.storage.histories import Known, batch_sizes, histories, store_history

Conn = psycopg.Connection[Any]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
START = NOON + 6 * HOUR
LIVE = 6 * HOUR  # of a sport the catalog does not know

Key = tuple[str, str | None, float | None]  # outcome, description, point of a ladder's rung
Stated = dict[Key, tuple[float, float | None] | None]  # price and point, None: unusable
Row = tuple[Any, ...]


# --- the oracle ---


class Look(NamedTuple):
    """What one instant says of one book's market: everything stated, nothing at all included."""

    moment: datetime
    stated: Stated


class Oracle:
    """One event as far as it is known, every capture kept whole."""

    def __init__(self, known: Sequence[Known], event: str) -> None:
        self.event = event
        self.known = sorted(known, key=lambda k: (k.capture.capture_time, k.known_time))
        self.starts = [
            (k.capture.capture_time, odds.event.commence_time)
            for k in self.known
            if (odds := self.listed(k.capture)) is not None
        ]

    def listed(self, capture: OddsCapture) -> EventOdds | None:
        return next((e for e in capture.events if e.event.event_id == self.event), None)

    @property
    def true_start(self) -> datetime:
        return self.starts[-1][1]

    def prematch(self, moment: datetime) -> bool:
        """Before the true start, and not in play by the start stated at that moment."""
        stated = [start for since, start in self.starts if since <= moment][-1]
        delay = self.true_start - stated
        return moment < self.true_start and (moment < stated or delay < LIVE)

    def shows_gone(self, place: int) -> bool:
        capture = self.known[place].capture
        scope = answered(capture)
        before = [start for since, start in self.starts if since <= capture.capture_time]
        if not capture.listing_complete or not before:
            return False
        if self.event in capture.event_ids:
            return True
        return scope.lists_all_events and covers_start(scope, before[-1], capture.capture_time)

    def looks(self, book: str, market: str) -> list[Look]:
        """What each instant before the true start says; of two captures the one known last."""
        found: dict[datetime, Look] = {}
        for place, (capture, _) in enumerate((k.capture, k.known_time) for k in self.known):
            moment, odds = capture.capture_time, self.listed(capture)
            if moment >= self.true_start or not covers(answered(capture), book, market):
                continue
            if odds is not None and self.prematch(moment):
                found[moment] = Look(moment, _board(odds, book, market))
            elif odds is None and self.shows_gone(place):
                found[moment] = Look(moment, {})
        return list(found.values())

    def captured(self, book: str, market: str) -> bool:
        return any(
            self.listed(k.capture) is not None
            and self.prematch(k.capture.capture_time)
            and covers(answered(k.capture), book, market)
            for k in self.known
        )

    def expected(self) -> list[tuple[str, str]]:
        books, markets = set(), set()
        for k in self.known:
            odds = self.listed(k.capture)
            if odds is None:
                continue
            scope = answered(k.capture)
            books |= set(scope.bookmakers or ())
            markets |= {m for m in scope.markets or () if not m.endswith("_lay")}
            books |= {b.bookmaker for b in odds.boards if b.quotes or b.unusable}
            markets |= {b.market for b in odds.boards if b.quotes or b.unusable}
        return [(book, market) for book in sorted(books) for market in sorted(markets)]

    def closing(self) -> list[Row]:
        rows: list[Row] = []
        for book, market in self.expected():
            here = [self._close(key, self.looks(book, market)) for key in self._keys(book, market)]
            rows += self._rows(book, market, here)
        return rows

    def opening(self) -> list[Row]:
        rows: list[Row] = []
        for book, market in self.expected():
            here = [self._open(key, self.looks(book, market)) for key in self._keys(book, market)]
            rows += self._rows(book, market, here)
        return rows

    def _keys(self, book: str, market: str) -> set[Key]:
        return {key for look in self.looks(book, market) for key in look.stated}

    def _rows(self, book: str, market: str, lines: list[Row]) -> list[Row]:
        reason = "never offered" if self.captured(book, market) else "not captured before the start"
        lines = lines or [(None, None, None, None, "none", reason)]
        return [(book, market, *line) for line in lines]

    def _close(self, key: Key, looks: list[Look]) -> Row:
        shown = [look for look in looks if key in look.stated]
        said = shown[-1].stated[key]
        if said is None:
            return (key[0], None, None, None, "none", "unusable")
        kind = "exact" if shown[-1] is looks[-1] else "last_active"
        return (key[0], said[1], said[0], shown[-1].moment, kind, None)

    def _open(self, key: Key, looks: list[Look]) -> Row:
        for look in looks:
            said = look.stated.get(key)
            if said is not None:
                return (key[0], said[1], said[0], look.moment, "exact", None)
        return (key[0], None, None, None, "none", "unusable")


def _board(odds: EventOdds, book: str, market: str) -> Stated:
    stated: Stated = {}
    for board in odds.boards:
        if (board.bookmaker, board.market) != (book, market):
            continue
        entries: list[Quote | UnusableQuote] = [*board.quotes, *board.unusable]
        names = [entry.outcome for entry in entries]
        for entry in entries:
            rung = entry.point if names.count(entry.outcome) > 1 else None
            price = (entry.price, entry.point) if isinstance(entry, Quote) else None
            stated[entry.outcome, entry.description, rung] = price
    return stated


# --- equality with it ---


def _plain(frame: pd.DataFrame) -> dict[str, list[Row]]:
    columns = ["bookmaker_key", "market_key", "outcome_name", "point", "price", "capture_time"]
    columns += ["kind", "missing_reason"]
    rows = frame[columns].astype(object).where(frame[columns].notna(), None)
    found: dict[str, list[Row]] = {}
    for event, row in zip(frame["event_id"], rows.itertuples(index=False), strict=True):
        found.setdefault(event, []).append(tuple(row))
    return {event: sorted(lines, key=repr) for event, lines in found.items()}


def _wanted(rows: Sequence[Row]) -> list[Row]:
    return sorted(
        ((*row[:5], None if row[5] is None else pd.Timestamp(row[5]), *row[6:]) for row in rows),
        key=repr,
    )


def _certain(history: Sequence[OddsCapture]) -> bool:
    """No unreadable entry: what is missing beside one is unusable if it was ever seen."""
    return all(
        odds.complete and all(board.complete for board in odds.boards)
        for capture in history
        for odds in capture.events
    )


@pytest.mark.parametrize("reader", [closing_lines, opening_lines])
@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
@given(history=histories(certain=True), sizes=batch_sizes())
def test_lines_equal_the_oracle(
    engine: Engine,
    reader: Callable[..., pd.DataFrame],
    history: Sequence[OddsCapture],
    sizes: Sequence[int],
) -> None:
    assert _certain(history)
    with transaction(engine) as conn:
        known = store_history(conn, history, sizes)
        events = sorted({e.event.event_id for c in history for e in c.events})
        for place, last in enumerate(known, start=1):
            found = _plain(reader(conn, events, last.known_time))
            for event in events:
                oracle = Oracle(known[:place], event)
                wanted: list[Row] = []
                if oracle.starts:
                    closing = reader is closing_lines
                    wanted = oracle.closing() if closing else oracle.opening()
                assert found.get(event, []) == _wanted(wanted)
