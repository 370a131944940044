"""Questions answered from archived files: against the naive oracles, and against the SQL.

The same facts laid under the SQL (``archive.thaw``) must give the same frame to the last column.
Files have a handful of rows a group and are read a group at a time, so that series lie across.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from sqlalchemy import Engine

from odds_pipeline.catalog.fields import TABLES
from odds_pipeline.catalog.observations import (
    Board,
    CaptureBasis,
    EventOdds,
    EventStated,
    OddsCapture,
    Quote,
    Scope,
)
from odds_pipeline.errors import StorageError
from odds_pipeline.quality.schemas import schema
from odds_pipeline.storage import voids
from odds_pipeline.storage.archive import groups, manifest, write
from odds_pipeline.storage.archive.switch import switch
from odds_pipeline.storage.archive.thaw import thaw
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.readers import decision_frame, odds_at
from odds_pipeline.storage.readers.as_of import offered
from odds_pipeline.storage.readers.states import Asked, Filters
from odds_pipeline_tests.storage.histories import (
    BOOKS,
    MARKETS,
    TIMES,
    Known,
    batch_sizes,
    histories,
    offers,
    store_history,
)
from odds_pipeline_tests.storage.months import over_two_months
from odds_pipeline_tests.storage.test_decisions import OFFSETS, _decision_time, _stated_at
from odds_pipeline_tests.storage.test_decisions import _require_same as _require_same_decisions
from odds_pipeline_tests.storage.test_point_in_time import _read

Conn = psycopg.Connection[Any]
HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)
FEBRUARY = date(2026, 2, 1)
NOON = datetime(2026, 2, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "ROW_GROUP", 3)
    monkeypatch.setattr(write, "CHUNK", 20)
    monkeypatch.setattr(groups, "AT_ONCE", 1)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Conn]:
    with transaction(engine) as opened:
        yield opened


def archive(conn: Conn, folder: Path, *months: date) -> None:
    """Put whole months of quotes and snapshots into files, as `odds db clean` does."""
    for partition in manifest.partitions(conn):
        if partition.kind == manifest.BODIES or partition.month not in months:
            continue
        if write.fingerprint(conn, partition)[0]:  # a partition without rows makes no file
            assert switch(conn, partition, write.write(conn, partition, folder))


@st.composite
def void_keys(draw: st.DrawFn) -> list[tuple[bool, str | None, str | None, str | None, int, int]]:
    """(of one event?, book, market, outcome, first and last hour) of a few voids."""
    event = draw(st.booleans())
    return draw(
        st.lists(
            st.tuples(
                st.just(event),
                st.sampled_from((None, *BOOKS) if event else BOOKS),
                st.sampled_from((None, *MARKETS)),
                st.sampled_from((None, "Home", "Over")),
                st.integers(0, 9),
                st.integers(0, 9),
            ),
            max_size=2,
        )
    )


@settings(
    max_examples=12 * TIMES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    history=histories(),
    sizes=batch_sizes(),
    late=st.integers(0, 7),
    cut=st.sampled_from((True, True, False)),
    void=void_keys(),
)
def test_files_equal_the_oracles_and_the_sql(
    engine: Engine,
    home: Path,
    history: Sequence[OddsCapture],
    sizes: Sequence[int],
    late: int,
    cut: bool,
    void: Sequence[tuple[bool, str | None, str | None, str | None, int, int]],
) -> None:
    """The last evening of February in a file, the night after it in a table or a file too."""
    told = over_two_months(history) if cut else list(history)
    months = (FEBRUARY,) if cut else (date(2026, 3, 1),)
    with transaction(engine) as conn, conn.transaction(force_rollback=True):
        known = store_history(conn, told[:late], sizes)
        archive(conn, home, *months)
        known += store_history(conn, told[late:], [1] * 7)
        events = sorted({e.event.event_id for c in told for e in c.events})
        moments = sorted({c.capture_time for c in told})
        for event in events:
            for at in (*moments, moments[0] - MOMENT, moments[-1] + HOUR):
                for known_by in {known[place].known_time for place in (0, len(known) // 2, -1)}:
                    assert _read(conn, event, at, known_by) == offers(known, event, at, known_by)
        _require_decisions(conn, known, events)
        _void(conn, events, moments[0], void)
        _require_the_sql_s_frame(conn, events, moments)


def _require_decisions(conn: Conn, known: Sequence[Known], events: Sequence[str]) -> None:
    by = known[-1].known_time
    frame = decision_frame(conn, events, OFFSETS, by, max_age=6 * HOUR)
    parts = []
    for event in events:
        for offset in OFFSETS:
            moment = _decision_time(known, event, offset)
            if moment is not None:
                part = odds_at(conn, event, moment, by, 6 * HOUR)
                part["commence_time"] = _stated_at(known, event, moment)
                parts.append(part.assign(offset=offset.total_seconds(), moment=moment))
    _require_same_decisions(frame, parts)


def _void(
    conn: Conn,
    events: Sequence[str],
    begin: datetime,
    void: Sequence[tuple[bool, str | None, str | None, str | None, int, int]],
) -> None:
    for one, book, market, outcome, first, last in void:
        if not events or not _numbered(conn, book, market, outcome):
            continue
        key = voids.key_of(conn, events[0] if one else None, book, market, outcome, None)
        if key.event_no is None and key.bookmaker_id is None:
            continue
        since, until = (begin + hour * HOUR for hour in sorted((first, last)))
        voids.write(conn, key, since, until, "bad", "test")


def _numbered(conn: Conn, book: str | None, market: str | None, outcome: str | None) -> bool:
    row = conn.execute(
        """SELECT (%(book)s::text IS NULL
                OR EXISTS (SELECT FROM bookmakers WHERE bookmaker_key = %(book)s))
            AND (%(market)s::text IS NULL
                OR EXISTS (SELECT FROM markets WHERE market_key = %(market)s))
            AND (%(outcome)s::text IS NULL OR EXISTS (SELECT FROM names WHERE name = %(outcome)s))
        """,
        {"book": book, "market": market, "outcome": outcome},
    ).fetchone()
    return row == (True,)


def _require_the_sql_s_frame(
    conn: Conn, events: Sequence[str], moments: Sequence[datetime]
) -> None:
    """Every column, type and row's place, also while thawed rows stand beside the files."""
    now = datetime(2100, 1, 1, tzinfo=UTC)
    asked = [Asked(event, at) for at in moments for event in events]
    asked += [Asked(event, at, at - 2 * HOUR) for at in moments[1:] for event in events]
    found, question = offered(conn, asked, now, archived=True)
    thaw(conn, events)
    wanted, wanted_question = offered(conn, asked, now, archived=False)
    assert_frame_equal(found, wanted)
    assert question.tolist() == wanted_question.tolist()
    assert_frame_equal(offered(conn, asked, now, archived=True)[0], found)
    filters = Filters(["fanduel", "newbook"], ["h2h", "spreads"], "Home")
    assert_frame_equal(
        offered(conn, asked, now, timedelta(hours=1), filters, archived=True)[0],
        offered(conn, asked, now, timedelta(hours=1), filters, archived=False)[0],
    )


# --- shapes that random histories do not have ---


def capture(
    moment: datetime, price: float, book: str = "pinnacle", event: str = "e1"
) -> OddsCapture:
    start = datetime(2026, 4, 20, tzinfo=UTC)
    board = Board(book, "outrights", moment, (Quote("Home", price), Quote("Away", 9.0)))
    stated = EventStated(event, "basketball_nba", start, "Home", "Away", "NBA")
    scope = Scope("basketball_nba", (book,), None, ("outrights",))
    return OddsCapture(moment, CaptureBasis.CLOCK, scope, (EventOdds(stated, (board,)),))


def _offers(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    home = frame[frame["outcome_name"] == "Home"]
    columns = ["event_id", "bookmaker_key", "capture_time", "price"]
    return [tuple(row) for row in home[columns].itertuples(index=False)]


def test_each_scope_is_found_in_its_own_month(conn: Conn, home: Path) -> None:
    """An event listed for months: one book last asked in January, one in March, one not filed."""
    january, march, april = (NOON.replace(month=month) for month in (1, 3, 4))
    said = [
        capture(january, 1.5, "pinnacle"),
        capture(NOON, 1.6, "fanduel"),
        capture(march, 1.7, "fanduel"),
        capture(april, 1.8, "newbook"),
        capture(april, 3.0, "pinnacle", "e2"),
    ]
    store_history(conn, said, [5])
    hot = odds_at(conn, ["e1", "e2"], april)
    archive(conn, home, date(2026, 1, 1), FEBRUARY, date(2026, 3, 1))
    frame = odds_at(conn, ["e1", "e2"], april)
    assert_frame_equal(frame, hot)
    assert _offers(frame) == [
        ("e1", "fanduel", march, 1.7),
        ("e1", "newbook", april, 1.8),
        ("e1", "pinnacle", january, 1.5),
        ("e2", "pinnacle", april, 3.0),
    ]
    assert _offers(odds_at(conn, "e1", NOON)) == [
        ("e1", "fanduel", NOON, 1.6),
        ("e1", "pinnacle", january, 1.5),
    ]
    assert odds_at(conn, "e1", january - MOMENT).empty
    fresh = odds_at(conn, "e1", april, max_age=timedelta(days=40))
    assert _offers(fresh) == [("e1", "fanduel", march, 1.7), ("e1", "newbook", april, 1.8)]


@pytest.mark.parametrize("offsets", [[HOUR, timedelta(days=70)], []])
def test_the_frame_has_the_documented_columns(
    conn: Conn, home: Path, offsets: list[timedelta]
) -> None:
    store_history(conn, [capture(NOON, 1.5), capture(NOON.replace(month=3), 2.0)], [2])
    hot = decision_frame(conn, ["e1"], offsets)
    archive(conn, home, FEBRUARY)
    frame = decision_frame(conn, ["e1"], offsets)
    assert_frame_equal(frame, hot)
    assert tuple(frame.columns) == TABLES["decision_frame"]
    assert_frame_equal(schema("decision_frame").validate(frame), frame)


def test_a_transaction_that_may_not_write_can_ask(engine: Engine, home: Path) -> None:
    with transaction(engine) as conn:
        store_history(conn, [capture(NOON, 1.5)], [1])
        archive(conn, home, FEBRUARY)
    with transaction(engine) as conn:
        conn.execute("SET TRANSACTION READ ONLY")
        assert _offers(odds_at(conn, "e1", NOON)) == [("e1", "pinnacle", NOON, 1.5)]
        assert len(decision_frame(conn, ["e1"], [timedelta(days=1)])) == 2


def test_what_is_not_known_yet_and_what_is_not_stored(conn: Conn, home: Path) -> None:
    (first, _) = store_history(
        conn, [capture(NOON, 1.5), capture(NOON + HOUR, 2.0, event="e2")], [1, 1]
    )
    archive(conn, home, FEBRUARY)
    before = first.known_time - MOMENT
    assert odds_at(conn, "e1", NOON, before).empty
    assert decision_frame(conn, ["e1", "e2"], [timedelta(days=90)], before).empty
    only = decision_frame(conn, ["e1", "e2"], [timedelta(days=90)], first.known_time)
    assert set(only["event_id"]) == {"e1"}
    both = decision_frame(conn, ["e1", "e2", "nothing"], [timedelta(days=90)])
    assert set(both["event_id"]) == {"e1", "e2"}


def test_a_file_that_is_gone_is_named(conn: Conn, home: Path) -> None:
    store_history(conn, [capture(NOON, 1.5)], [1])
    archive(conn, home, FEBRUARY)
    for path in home.rglob("*.parquet"):
        path.unlink()
    with pytest.raises(StorageError, match="put the file back"):
        odds_at(conn, "e1", NOON)
