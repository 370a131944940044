"""Voids and lifts: what readers and views give inside them, as known at every time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import OddsCapture, Quote
from odds_pipeline.storage import readers, voids
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.storage.histories import (
    BOOKS,
    MARKETS,
    START,
    Known,
    against_the_oracle,
    batch_sizes,
    histories,
    read_at,
    store_history,
)
from odds_pipeline_tests.storage.test_readers import MINUTE, NOON, board, capture, h2h

Conn = psycopg.Connection[Any]
MOMENT = timedelta(microseconds=1)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)

# (bookmaker, market, outcome, description, price, point), the last two null where voided
Read = tuple[str, str, str, str | None, float | None, float | None]


@pytest.fixture
def conn(engine: Engine) -> Iterator[Conn]:
    with transaction(engine) as opened:
        yield opened


@dataclass
class Voiding:
    """A void of an event's and/or a book's quotes, and when it is known and lifted."""

    event: bool
    book: str | None
    market: str | None
    outcome: str | None
    first: int
    last: int
    lifted: bool
    known_time: datetime = NEVER
    lifted_at: datetime | None = None

    def covers(
        self, event: bool, book: str, market: str, outcome: str, moment: datetime, known: datetime
    ) -> bool:
        holds = self.known_time <= known and (self.lifted_at is None or self.lifted_at > known)
        inside = hours(self.first) <= moment <= hours(self.last)
        key = (event or not self.event, book, market, outcome)
        stated = (True, self.book or book, self.market or market, self.outcome or outcome)
        return holds and inside and key == stated


def hours(number: int) -> datetime:
    return START + timedelta(hours=number, microseconds=500_000)


@st.composite
def voidings(draw: st.DrawFn) -> list[Voiding]:
    made = []
    for _ in range(draw(st.integers(1, 4))):
        event = draw(st.booleans())
        book = draw(st.sampled_from(BOOKS if not event else (None, *BOOKS)))
        first = draw(st.integers(0, 9))
        made.append(
            Voiding(
                event,
                book,
                draw(st.sampled_from((None, None, *MARKETS))),
                draw(st.sampled_from((None, None, "Home", "Over"))),
                first,
                draw(st.integers(first, 9)),
                draw(st.booleans()),
            )
        )
    return made


def _make(conn: Conn, voiding: Voiding, event_id: str) -> None:
    """Write the void and perhaps its lift, where the database knows the keys at all."""
    stored = conn.execute(
        """SELECT (%(book)s::text IS NULL OR EXISTS
                (SELECT FROM bookmakers WHERE bookmaker_key = %(book)s))
            AND (%(market)s::text IS NULL OR EXISTS
                (SELECT FROM markets WHERE market_key = %(market)s))
            AND (%(outcome)s::text IS NULL OR EXISTS
                (SELECT FROM names WHERE name = %(outcome)s))""",
        {"book": voiding.book, "market": voiding.market, "outcome": voiding.outcome},
    ).fetchone()
    if stored != (True,):
        return
    event = event_id if voiding.event else None
    key = voids.key_of(conn, event, voiding.book, voiding.market, voiding.outcome, None)
    number = voids.write(conn, key, hours(voiding.first), hours(voiding.last), "bad", "test")
    voiding.known_time = _known_times(conn, "voids", number)
    if voiding.lifted:
        assert voids.lift(conn, number, "good after all", "test")
        voiding.lifted_at = _known_times(conn, "void_lifts", number)


@against_the_oracle(40)
@given(history=histories(), sizes=batch_sizes(), made=voidings(), place=st.integers(0, 6))
def test_odds_at_equals_the_oracle_with_voids(
    engine: Engine,
    history: Sequence[OddsCapture],
    sizes: Sequence[int],
    made: list[Voiding],
    place: int,
) -> None:
    """Voids made between two captures' known times, so that each is known before and after."""
    sport = history[0].scope.sport_key
    # Rolled back: a void of a whole book would reach into the next example.
    with transaction(engine) as conn, conn.transaction(force_rollback=True):
        known = store_history(conn, history[:place], sizes)
        event_ids = {e.event.event_id for c in history[:place] for e in c.events}
        for voiding in made:
            if f"{sport}-a" in event_ids:
                _make(conn, voiding, f"{sport}-a")
        known += store_history(conn, history[place:], [1] * 7)
        event_ids |= {e.event.event_id for c in history for e in c.events}
        told = [k.known_time for k in known]
        told += [v.known_time for v in made if v.known_time != NEVER]
        told += [v.known_time - MOMENT for v in made if v.known_time != NEVER]
        told += [v.lifted_at for v in made if v.lifted_at is not None]
        moments = sorted({c.capture_time for c in history})
        for event_id in event_ids:
            for at in (*moments, moments[-1] + MINUTE):
                for known_by in told:
                    wanted = _expected(known, event_id, at, known_by, made)
                    assert _read(conn, event_id, at, known_by) == wanted


def _expected(
    known: Sequence[Known], event_id: str, at: datetime, known_by: datetime, made: list[Voiding]
) -> set[Read]:
    return {
        (book, market, outcome, description, None, None)
        if any(
            voiding.covers(event_id.endswith("-a"), book, market, outcome, moment, known_by)
            for voiding in made
        )
        else (book, market, outcome, description, price, point)
        for moment, (book, market, outcome, description, price, point) in read_at(
            known, event_id, at, known_by
        )
    }


def _read(conn: Conn, event_id: str, at: datetime, known_by: datetime) -> set[Read]:
    frame = readers.odds_at(conn, event_id, at, known_by)
    columns = ["bookmaker_key", "market_key", "outcome_name", "description", "price", "point"]
    rows = frame[columns].astype(object).where(frame[columns].notna(), None)
    voided = frame["missing_reason"].notna()
    assert (frame["missing_reason"][voided] == "voided").all()
    assert frame["price"].isna().tolist() == voided.tolist()
    assert frame["american_price"][voided].isna().all()
    return {tuple(row) for row in rows.itertuples(index=False)}


def _void(conn: Conn, first: datetime, last: datetime, **named: str) -> tuple[int, datetime]:
    keys = ("event", "bookmaker", "market", "outcome", "description")
    key = voids.key_of(conn, *(named.get(name) for name in keys))
    number = voids.write(conn, key, first, last, "sides swapped", "ann")
    return number, _known_times(conn, "voids", number)


def _known_times(conn: Conn, table: str, void_id: int) -> datetime:
    row = conn.execute(
        f"SELECT known_time FROM {table} WHERE void_id = %s",  # noqa: S608
        (void_id,),
    ).fetchone()
    assert row is not None
    known_time: datetime = row[0]
    return known_time


def _prices(conn: Conn, at: datetime, known_by: datetime | None = None) -> list[float | None]:
    frame = readers.odds_at(conn, "e1", at, known_by).sort_values("outcome_name")
    return [None if price != price else price for price in frame["price"]]


def test_a_void_holds_from_its_known_time_to_its_lifts(conn: Conn) -> None:
    said = [capture(NOON + i * MINUTE, h2h("pinnacle", NOON, 1.9, 2.0 + i)) for i in range(3)]
    (*_, last) = store_history(conn, said, [3])
    at = NOON + MINUTE
    number, since = _void(conn, at, at, event="e1", bookmaker="pinnacle")
    assert since > last.known_time
    assert _prices(conn, at, since - MOMENT) == [3.0, 1.9]
    assert _prices(conn, at, since) == [None, None]
    assert _prices(conn, NOON) == [2.0, 1.9]
    assert _prices(conn, NOON + 2 * MINUTE) == [4.0, 1.9]
    assert voids.lift(conn, number, "right after all", "bob")
    lifted = _known_times(conn, "void_lifts", number)
    assert lifted > since
    assert _prices(conn, at, lifted) == [3.0, 1.9]
    assert _prices(conn, at, lifted - MOMENT) == [None, None]
    assert _prices(conn, at, since - MOMENT) == [3.0, 1.9]
    assert not voids.lift(conn, number, "again", "bob")


def test_raw_is_known_after_a_void_that_came_before_it(conn: Conn) -> None:
    store_history(conn, [capture(NOON, h2h("pinnacle", NOON, 1.9, 2.0))], [1])
    conn.execute("ALTER TABLE voids DISABLE TRIGGER voids_known_time")
    ahead = datetime.now(UTC) + timedelta(hours=1)
    conn.execute(
        """INSERT INTO voids (known_time, bookmaker_id, from_capture, to_capture, reason,
            created_by) VALUES (%s, 1, %s, %s, 'x', 'x')""",
        (ahead, NOON, NOON),
    )
    conn.execute("ALTER TABLE voids ENABLE TRIGGER voids_known_time")
    (later,) = store_history(conn, [capture(NOON + MINUTE, h2h("pinnacle", NOON, 1.8, 2.1))], [1])
    assert later.known_time == ahead + MOMENT
    _, since = _void(conn, NOON, NOON, bookmaker="pinnacle")
    assert since == ahead + 2 * MOMENT


@pytest.mark.parametrize("table", ["voids", "void_lifts"])
def test_voids_and_lifts_cannot_change(conn: Conn, table: str) -> None:
    store_history(conn, [capture(NOON, h2h("pinnacle", NOON, 1.9, 2.0))], [1])
    number, _ = _void(conn, NOON, NOON, bookmaker="pinnacle")
    voids.lift(conn, number, "right", "bob")
    for statement in (
        f"UPDATE {table} SET reason = 'other'",  # noqa: S608
        f"DELETE FROM {table}",  # noqa: S608
        f"TRUNCATE {table} CASCADE",
    ):
        with pytest.raises(psycopg.errors.RestrictViolation), conn.transaction():
            conn.execute(statement)


def test_a_voided_price_is_neither_best_nor_compared(conn: Conn) -> None:
    said = capture(NOON, h2h("pinnacle", NOON, 9.0, 1.9), h2h("fanduel", NOON, 2.0, 1.8))
    store_history(conn, [said], [1])
    _void(conn, NOON, NOON, event="e1", bookmaker="pinnacle", market="h2h", outcome="Home")
    best = readers.best_odds(conn, "e1", "h2h", "Home")
    assert best[["bookmaker_key", "price"]].to_numpy().tolist() == [["fanduel", 2.0]]
    compared = readers.compare_bookmakers(conn, "e1", "h2h")
    alone = compared[compared["bookmaker_key"] == "pinnacle"]
    assert alone["price"].tolist() == [1.9]
    assert alone["overround"].isna().all()
    assert "missing_reason" not in compared


def test_line_movement_shows_what_is_voided_without_its_price(conn: Conn) -> None:
    moments = [NOON + i * MINUTE for i in range(4)]
    lines = (-3.5, -30.5, -30.5, -3.5)
    said = [
        capture(m, board("pinnacle", "spreads", m, Quote("Home", 1.9, line)))
        for m, line in zip(moments, lines, strict=True)
    ]
    store_history(conn, said, [4])

    def moved(known_by: datetime | None = None) -> list[list[Any]]:
        frame = readers.line_movement(conn, "e1", "pinnacle", "spreads", known_by=known_by)
        shown = frame[["capture_time", "point", "price", "missing_reason"]]
        return shown.astype(object).where(shown.notna(), None).to_numpy().tolist()

    _, since = _void(conn, moments[1], moments[2], event="e1", bookmaker="pinnacle")
    assert moved() == [
        [moments[0], -3.5, 1.9, None],
        [moments[1], None, None, "voided"],
        [moments[3], -3.5, 1.9, None],
    ]
    assert moved(since - MOMENT)[1] == [moments[1], -30.5, 1.9, None]


def test_the_view_shows_voids_as_invalid_and_keeps_what_was_observed(conn: Conn) -> None:
    store_history(conn, [capture(NOON, h2h("pinnacle", NOON, 1.9, 2.0))], [1])
    number, _ = _void(conn, NOON, NOON, event="e1", outcome="Home")
    view = """SELECT outcome_name, price, point, decimal_price, is_valid, validation_notes
        FROM odds ORDER BY 1"""
    away = ("Away", 100, None, 2.0, True, None)
    assert conn.execute(view).fetchall() == [
        away,
        ("Home", None, None, None, False, "voided: sides swapped"),
    ]
    observed = conn.execute("SELECT outcome_name, price FROM stored_odds ORDER BY 1").fetchall()
    assert observed == [("Away", 2.0), ("Home", 1.9)]
    voids.lift(conn, number, "right", "bob")
    assert conn.execute(view).fetchall() == [away, ("Home", -111, None, 1.9, True, None)]


def test_readers_take_the_text_of_voided_by_into_their_own_query(conn: Conn) -> None:
    """A function that PostgreSQL calls once a row would cost microseconds each, void or not."""
    store_history(conn, [capture(NOON, h2h("pinnacle", NOON, 1.9, 2.0))], [1])
    plan = "\n".join(row[0] for row in conn.execute("EXPLAIN SELECT * FROM odds"))
    assert "Function Scan" not in plan
    assert "on voids" in plan


def test_a_voided_line_neither_closes_nor_opens_and_no_other_price_stands_in(conn: Conn) -> None:
    start = NOON + 6 * MINUTE
    moments = [NOON + minutes * MINUTE for minutes in (0, 3, 5)]
    captures = [
        capture(moment, h2h("pinnacle", moment, 1.5 + place, 2.5), start=start)
        for place, moment in enumerate(moments)
    ]
    store_history(conn, captures, [3])
    _, closed = _void(conn, moments[2], moments[2], event="e1", outcome="Home")
    _, opened = _void(conn, moments[0], moments[0], event="e1", outcome="Away")

    def lines(read: Any, known_by: datetime) -> dict[str, tuple[float | None, str | None]]:
        frame = read(conn, ["e1"], known_by, ["pinnacle"], ["h2h"]).astype(object)
        frame = frame.where(frame.notna(), None)
        return {
            row.outcome_name: (row.price, row.missing_reason)
            for row in frame.itertuples(index=False)
        }

    before = {"Away": (2.5, None), "Home": (3.5, None)}
    assert lines(readers.closing_lines, closed - MOMENT) == before
    assert lines(readers.closing_lines, opened) == before | {"Home": (None, "voided")}
    assert lines(readers.opening_lines, opened) == {"Away": (None, "voided"), "Home": (1.5, None)}
