"""What people ask of a season, asked of ours and of the original schema by turns.

Belongs here: the questions, what a right answer is, the reference's SQL. Does not belong here: the
season (``season``), its databases (``season_databases``).

The reference's statements are the ones a careful user of the original schema writes: the last row
at or before the moment, never the nearest. Their rows are fetched as tuples; our readers' answers
are finished frames, or rows where it says so. What a book withdrew is still on offer in such a
table, so answers are compared on the rows of the event's newest capture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from benchmarks.bodies import BOOK_KEYS
from benchmarks.harness import ROUNDS, Result, alternate, seconds
from benchmarks.season_databases import BEFORE, Databases, decision_times
from odds_pipeline.storage.arrow import fetch_arrow, pandas_frame
from odds_pipeline.storage.readers import (
    best_odds,
    best_prices_now,
    decision_frame,
    odds_at,
    offers_at,
)

if TYPE_CHECKING:
    import pandas as pd
    import sqlalchemy

Connection = psycopg.Connection[Any]

# How many events a figure of the short questions is taken over: the season's middle.
ASKED = 10
TRIPS = 50  # how many askings a figure of what takes one round trip is taken over
# A month.
_ROWS = """
SELECT event_no, selection_id, capture_time, known_time, state, price, point
FROM quotes WHERE capture_time >= '2026-01-01Z' AND capture_time < '2026-02-01Z'
"""

AS_OF = """
SELECT DISTINCT ON (bookmaker_key, market_key, outcome_name)
    event_id, bookmaker_key, market_key, outcome_name, price, point, odds_timestamp
FROM ref_odds WHERE event_id = %s AND odds_timestamp <= %s
ORDER BY bookmaker_key, market_key, outcome_name, odds_timestamp DESC
"""
_SEASON = """
SELECT o.* FROM unnest(%s::text[], %s::timestamptz[]) AS a(event_id, at)
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (bookmaker_key, market_key, outcome_name)
        event_id, bookmaker_key, market_key, outcome_name, price, point, odds_timestamp
    FROM ref_odds WHERE event_id = a.event_id AND odds_timestamp <= a.at
    ORDER BY bookmaker_key, market_key, outcome_name, odds_timestamp DESC
) o
"""
_BY_HAND = """
SELECT event_id, bookmaker_key, market_key, outcome_name, price, point, odds_timestamp, last_update
FROM {table} WHERE {condition}
"""
BY_HAND = {
    "event_book_market": "event_id = %s AND bookmaker_key = %s AND market_key = %s",
    "book_and_time": "bookmaker_key = %s AND odds_timestamp >= %s AND odds_timestamp < %s",
    "event_and_capture": "event_id = %s AND odds_timestamp = %s",
}


@dataclass(frozen=True, slots=True)
class Question:
    """One question: how ours and the reference are asked, and over how many askings each."""

    name: str
    ours: Callable[[], object]
    reference: Callable[[], object]
    askings: tuple[int, int] = (1, 1)
    target: float | None = None
    names: tuple[str, str] = ("ours", "original schema")
    notes: tuple[str, ...] = ()

    def measure(self) -> Result:
        """Milliseconds an asking, by turns."""
        sides = alternate(
            (self.names[0], lambda _: 1000 * seconds(self.ours) / self.askings[0]),
            (self.names[1], lambda _: 1000 * seconds(self.reference) / self.askings[1]),
        )
        return Result(f"season.{self.name}", "ms", *sides, target=self.target, notes=self.notes)


def measure(databases: Databases, every: int = 1) -> list[Result]:
    """Every question, each checked first.

    Args:
        databases: a built season.
        every: for the season's decision points the reference is asked for each so many events.
    """
    with databases.connections() as (ours, reference):
        asked = [
            *one_event(databases, ours, reference),
            decision_points(databases, ours, reference, every),
            latest_best(ours),
            *by_hand(databases, ours, reference),
        ]
        results = [question.measure() for question in asked]
        with databases.ours.connect() as plain:
            return [*results, frame(ours, plain)]


def one_event(databases: Databases, ours: Connection, reference: Connection) -> list[Question]:
    """Every quote of one event as of an hour before its start: as rows, and as a frame."""
    moments = _middle(databases)

    def ask_rows() -> None:
        for event, at in moments:
            offers_at(ours, event, at)

    def ask_frame() -> None:
        for event, at in moments:
            odds_at(ours, event, at)

    def ask_reference() -> None:
        for event, at in moments:
            reference.execute(AS_OF, (event, at)).fetchall()

    for event, at in moments:
        frame = odds_at(ours, event, at)
        _require_equal(frame, reference.execute(AS_OF, (event, at)).fetchall())
        assert [row.price for row in offers_at(ours, event, at)] == frame["price"].tolist()
    both = (ASKED, ASKED)
    return [
        Question("one_event", ask_rows, ask_reference, both, 20, notes=("rows on both sides",)),
        Question(
            "one_event.frame", ask_frame, ask_reference, both, notes=("ours a finished frame",)
        ),
    ]


def decision_points(
    databases: Databases, ours: Connection, reference: Connection, every: int = 1
) -> Question:
    """Every quote of every event as of an hour before the start that was stated then.

    Args:
        databases: a built season.
        ours: whose answer it is.
        reference: asked for each ``every`` events only: it takes minutes for all of a large
            season. Figures are by event.
        every: see there.
    """
    events = list(decision_times(databases.spec))
    decided = decision_frame(ours, events, [BEFORE])
    moments = decided.groupby("event_id")["decision_time"].first()
    sample = moments.iloc[::every]
    values = (list(sample.index), [moment.to_pydatetime() for moment in sample])
    rows = reference.execute(_SEASON, values).fetchall()
    _require_equal(decided[decided["event_id"].isin(sample.index)], rows)
    return Question(
        "decision_points",
        lambda: decision_frame(ours, events, [BEFORE]),
        lambda: reference.execute(_SEASON, values).fetchall(),
        (len(moments), len(sample)),
        target=20,
        notes=(
            f"an event; {len(moments)} events, {len(decided):,} quotes on offer, "
            f"the reference asked for {len(sample)} of them",
        ),
    )


def latest_best(ours: Connection) -> Question:
    """The best price now of 15 open events' money lines, beside ``SELECT 1``."""
    rows = ours.execute(
        "SELECT event_id FROM event_scopes JOIN event_ids USING (event_no) "
        "WHERE last_listed ORDER BY event_id LIMIT 15"
    ).fetchall()
    events = [row[0] for row in rows]
    assert len(events) == 15, "too few events are open at the season's end"
    found = best_prices_now(ours, events, "h2h")
    prices = {(row.event_id, row.bookmaker_key, row.outcome_name, row.price) for row in found}
    frame = best_odds(ours, events, "h2h")[["event_id", "bookmaker_key", "outcome_name", "price"]]
    assert prices == set(frame.itertuples(index=False, name=None)), "answers differ"

    def ask_ours() -> None:
        for _ in range(TRIPS):
            best_prices_now(ours, events, "h2h")

    def ask_nothing() -> None:
        for _ in range(TRIPS):
            ours.execute("SELECT 1").fetchall()

    return Question(
        "latest_best",
        ask_ours,
        ask_nothing,
        (TRIPS, TRIPS),
        target=1 / 20,
        names=("ours", "SELECT 1"),
        notes=(f"{len(found)} rows; the target is at most 20 times a SELECT 1",),
    )


def frame(ours: Connection, plain: "sqlalchemy.Connection") -> Result:
    """A frame of many quote rows, beside ``pandas.read_sql`` of the same statement."""
    import pandas as pd

    def ask_ours() -> "pd.DataFrame":
        return pandas_frame(fetch_arrow(ours, _ROWS, ()))

    mine, theirs = ask_ours(), pd.read_sql(_ROWS, plain)
    assert list(mine.columns) == list(theirs.columns)
    # Two scans of one table need not begin at the same page.
    keys = ["event_no", "selection_id", "capture_time", "known_time"]
    mine, theirs = (one.sort_values(keys, ignore_index=True) for one in (mine, theirs))
    pd.testing.assert_series_equal(mine["price"], theirs["price"])
    rows = len(mine)
    sides = alternate(
        ("ours", lambda _: rows / seconds(ask_ours)),
        ("pandas.read_sql", lambda _: rows / seconds(lambda: pd.read_sql(_ROWS, plain))),
    )
    nowhere = f"COPY ({_ROWS}) TO '/dev/null' (FORMAT BINARY)".encode()
    least = min(seconds(lambda: ours.execute(nowhere)) for _ in range(ROUNDS))
    notes = (
        f"{rows:,} rows, 7 columns, from Arrow",
        f"PostgreSQL alone writes them nowhere at {rows / least:,.0f} rows/s at best",
    )
    return Result("season.frame", "rows/s", *sides, True, 8, notes)


def by_hand(databases: Databases, ours: Connection, reference: Connection) -> list[Question]:
    """The view ``odds`` in plain SQL, beside the original table."""
    event, at = _middle(databases)[0]
    row = reference.execute(
        "SELECT max(odds_timestamp) FROM ref_odds WHERE event_id = %s AND odds_timestamp <= %s",
        (event, at),
    ).fetchone()
    assert row is not None
    book = BOOK_KEYS[2]
    conditions = {
        "event_book_market": (event, book, "spreads"),
        "book_and_time": (book, at, at + timedelta(hours=2)),
        "event_and_capture": (event, row[0]),
    }
    return [_by_hand(ours, reference, name, values) for name, values in conditions.items()]


def by_hand_statement(table: str, name: str) -> bytes:
    """What a person types, for the view or the original table."""
    return _BY_HAND.format(table=table, condition=BY_HAND[name]).encode()


def _by_hand(
    ours: Connection, reference: Connection, name: str, values: tuple[Any, ...]
) -> Question:
    mine, theirs = by_hand_statement("odds", name), by_hand_statement("ref_odds", name)
    found = ours.execute(mine, values).fetchall()
    wanted = reference.execute(theirs, values).fetchall()
    assert found, f"{name}: no rows"
    assert len(found) == len(wanted), f"{name}: other rows than the original table"
    assert set(found) == set(wanted), f"{name}: other rows than the original table"
    return Question(
        f"view.{name}",
        lambda: ours.execute(mine, values).fetchall(),
        lambda: reference.execute(theirs, values).fetchall(),
        notes=(f"{len(found):,} rows, the same from both",),
    )


def _middle(databases: Databases) -> list[tuple[str, datetime]]:
    moments = list(decision_times(databases.spec).items())
    begin = len(moments) // 2
    return moments[begin : begin + ASKED]


def _require_equal(frame: "pd.DataFrame", rows: Sequence[Sequence[Any]]) -> None:
    """Refuse figures of answers that differ, on the rows of each event's newest capture.

    Raises:
        AssertionError: they differ.
    """
    newest: dict[str, datetime] = {}
    for row in rows:
        newest[row[0]] = max(newest.get(row[0], row[6]), row[6])
    wanted = {tuple(row[:6]) for row in rows if row[6] == newest[row[0]]}
    columns = ("event_id", "bookmaker_key", "market_key", "outcome_name", "american_price", "point")
    plain = (frame[name].astype(object).where(frame[name].notna(), None) for name in columns)
    found = set(zip(*plain, strict=True))
    assert found == wanted, (
        f"answers differ: {len(found - wanted)} more, {len(wanted - found)} less"
    )
