"""The change-only rules without a database, and the rebuild of a history with one."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import msgspec
import psycopg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import (
    Board,
    CaptureBasis,
    EventOdds,
    EventStated,
    OddsCapture,
    Quote,
    Scope,
)
from odds_pipeline.storage import odds_facts
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.timeline import (
    PRICED,
    REMOVED,
    UNUSABLE,
    Mark,
    Row,
    State,
    Timeline,
    day_start,
)
from odds_pipeline_tests.storage.histories import histories, store_history

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
A, B = State(PRICED, 1.5), State(PRICED, 2.5, 3.5)
ALL, SOME = 1, 2  # scopes: every selection, and selection 1 only


def _covers(scope_id: int, selection_id: int) -> bool:
    return scope_id == ALL or selection_id == 1


class Line:
    """A timeline that is told captures in known order, and its rows as they will be stored."""

    def __init__(self) -> None:
        self.timeline = Timeline(1)
        self.known: list[datetime] = []

    def told(self, moment: datetime, states: dict[int, State], scope: int = ALL) -> int:
        known_time = NOON + timedelta(days=9, seconds=len(self.known))
        self.known.append(known_time)
        mark = Mark(moment, known_time, scope, True, NOON, len(self.known))
        changed = self.timeline.observe(mark, known_time, states, _covers, lambda _: REMOVED)
        self.timeline.remember(mark)
        return changed

    def rows(self, selection_id: int = 1) -> list[tuple[datetime, int, State]]:
        return [
            (row.capture_time, self.known.index(row.known_time), row.state)
            for row in self.timeline.rows[selection_id]
        ]

    def read(self, selection_id: int, moment: datetime, known: int) -> State | None:
        """What a reader finds: the day's newest row by then, among those known by then."""
        by = self.known[known]
        found = [
            row
            for row in self.timeline.rows.get(selection_id, [])
            if day_start(moment) <= row.capture_time <= moment and row.known_time <= by
        ]
        return max(found, key=lambda r: (r.capture_time, r.known_time)).state if found else None


def test_only_changes_are_written() -> None:
    line = Line()
    assert line.told(NOON, {1: A}) == 1
    assert line.told(NOON + MINUTE, {1: A}) == 0
    assert line.told(NOON + 2 * MINUTE, {1: B}) == 1
    assert line.rows() == [(NOON, 0, A), (NOON + 2 * MINUTE, 2, B)]


def test_a_late_capture_does_not_leak_into_the_one_behind_it() -> None:
    line = Line()
    line.told(NOON, {1: A})
    line.told(NOON + 2 * MINUTE, {1: A})
    line.told(NOON + MINUTE, {1: B})
    assert line.rows() == [(NOON, 0, A), (NOON + MINUTE, 2, B), (NOON + 2 * MINUTE, 2, A)]
    assert line.read(1, NOON + MINUTE, 1) == A
    assert line.read(1, NOON + MINUTE, 2) == B
    assert line.read(1, NOON + 2 * MINUTE, 2) == A


def test_a_late_capture_that_the_next_one_changed_anyway_needs_one_row() -> None:
    line = Line()
    line.told(NOON, {1: A})
    line.told(NOON + 2 * MINUTE, {1: B})
    line.told(NOON + MINUTE, {1: State(PRICED, 9.0)})
    assert len(line.rows()) == 3


def test_a_capture_before_the_keyframe_becomes_a_second_one() -> None:
    line = Line()
    line.told(NOON, {1: A, 2: B})
    line.told(NOON - MINUTE, {1: A})
    assert line.rows(1) == [(NOON - MINUTE, 1, A), (NOON, 0, A)]
    assert line.rows(2) == [(NOON, 0, B)]
    assert line.read(2, NOON - MINUTE, 1) is None
    assert line.read(2, NOON, 1) == B


def test_a_new_selection_before_the_keyframe_is_closed_by_it() -> None:
    line = Line()
    line.told(NOON, {1: A})
    line.told(NOON - MINUTE, {2: B})
    assert line.rows(2) == [(NOON - MINUTE, 1, B), (NOON, 1, REMOVED)]


def test_absence_removes_inside_the_scope_only() -> None:
    line = Line()
    line.told(NOON, {1: A, 2: A})
    line.told(NOON + MINUTE, {}, SOME)
    assert line.read(1, NOON + MINUTE, 1) == REMOVED
    assert line.read(2, NOON + MINUTE, 1) == A
    assert line.told(NOON + 2 * MINUTE, {}, SOME) == 0


def test_unusable_never_falls_back() -> None:
    line = Line()
    line.told(NOON, {1: A})
    line.told(NOON + MINUTE, {1: UNUSABLE})
    line.told(NOON + 2 * MINUTE, {1: UNUSABLE})
    assert [state for _, _, state in line.rows()] == [A, UNUSABLE]
    assert line.read(1, NOON + 3 * MINUTE, 2) == UNUSABLE
    line.told(NOON + 3 * MINUTE, {1: A})
    assert line.read(1, NOON + 3 * MINUTE, 3) == A


def test_a_day_begins_with_everything() -> None:
    line = Line()
    line.told(MIDNIGHT - MINUTE, {1: A, 2: B})
    line.told(MIDNIGHT, {1: A})
    assert line.rows(1) == [(MIDNIGHT - MINUTE, 0, A), (MIDNIGHT, 1, A)]
    assert line.rows(2) == [(MIDNIGHT - MINUTE, 0, B)]
    assert line.read(2, MIDNIGHT, 1) is None


def test_a_late_capture_changes_nothing_of_the_next_day() -> None:
    line = Line()
    line.told(MIDNIGHT - 2 * MINUTE, {1: A})
    line.told(MIDNIGHT, {1: A})
    line.told(MIDNIGHT - MINUTE, {1: B})
    assert line.rows()[-1] == (MIDNIGHT, 1, A)
    assert len(line.rows()) == 3


def test_stored_rows_and_marks_can_be_taken_in_in_any_order() -> None:
    marks = [Mark(NOON + i * MINUTE, NOON, ALL, True, NOON, i) for i in (1, 0)]
    timeline = Timeline(1, marks)
    for place in (1, 0):
        timeline.load(1, Row(NOON + place * MINUTE, NOON, (A, B)[place]))
    assert [mark.snapshot_id for mark in timeline.marks] == [0, 1]
    assert timeline.state_at(1, NOON) == A
    assert timeline.state_at(1, NOON + MINUTE) == B
    assert timeline.state_at(1, NOON - MINUTE) is None
    assert timeline.state_at(1, MIDNIGHT) is None


STATES = st.sampled_from((A, B, UNUSABLE))
TOLD = st.tuples(
    st.integers(-3, 3),  # minutes from a midnight
    st.sampled_from((ALL, SOME)),
    st.dictionaries(st.integers(1, 2), STATES, max_size=2),
)


@settings(max_examples=500, deadline=None)
@given(history=st.lists(TOLD, min_size=1, max_size=8, unique_by=lambda told: told[0]))
def test_the_day_s_rows_answer_for_every_capture_as_known_at_every_time(
    history: Sequence[tuple[int, int, dict[int, State]]],
) -> None:
    line = Line()
    captures = []
    for minutes, scope, states in history:
        inside = {number: state for number, state in states.items() if _covers(scope, number)}
        captures.append((MIDNIGHT + minutes * MINUTE, scope, inside))
        line.told(captures[-1][0], inside, scope)
    for known in range(len(captures)):
        for moment, _, _ in captures[: known + 1]:
            for selection in (1, 2):
                before = sorted(
                    told
                    for told in ((t, s, repr(x)) for t, s, x in captures[: known + 1])
                    if day_start(moment) <= told[0] <= moment and _covers(told[1], selection)
                )
                stated = {t: states for t, _, states in captures}
                wanted = stated[before[-1][0]].get(selection, REMOVED) if before else None
                found = line.read(selection, moment, known)
                assert (found or REMOVED) == (wanted or REMOVED)


ROWS = """
SELECT event_id, dense_rank() OVER (ORDER BY known_time), capture_time, bookmaker_key, market_key,
    o.name, line, state, price, point
FROM quotes JOIN event_ids USING (event_no) JOIN selections USING (selection_id)
JOIN bookmakers USING (bookmaker_id) JOIN markets USING (market_id)
JOIN names o ON o.name_id = outcome_id
WHERE event_id LIKE %s || '%%'
"""
# A layout names absent book-markets too, as far as they are known by then: only presence counts.
SNAPSHOTS = """
SELECT event_id, dense_rank() OVER (ORDER BY s.known_time), s.capture_time, c.scope_key,
    s.commence_time, bookmaker_count, in_play, unlisted, ARRAY(
        SELECT (y.pairs[i], last_update_of(s.capture_time, ages, far_ages, i))::text
        FROM generate_subscripts(ages, 1) i WHERE ages[i] <> -32768
    )
FROM snapshots s JOIN event_ids USING (event_no) JOIN scopes c USING (scope_id)
JOIN layouts y USING (layout_id) WHERE event_id LIKE %s || '%%'
"""


def _rebuilt(conn: psycopg.Connection[Any], query: str, sport: str) -> list[str]:
    """Rows without what a rebuild may name anew: the sport's random key."""
    rows = conn.execute(query, (sport,)).fetchall()
    return sorted(repr(row).replace(sport, "sport") for row in rows)


def _twice(engine: Engine, history: Sequence[OddsCapture]) -> None:
    """Store a history in one batch and one by one, and hold the rows against each other."""
    sport = history[0].scope.sport_key
    again = f"sport_{uuid.uuid4().hex[:12]}"
    text = msgspec.json.encode(list(history)).replace(sport.encode(), again.encode())
    copy = msgspec.json.decode(text, type=list[OddsCapture])
    with transaction(engine) as conn:
        store_history(conn, history, [7])
        store_history(conn, copy, [1] * 7)
        for query in (ROWS, SNAPSHOTS):
            assert _rebuilt(conn, query, sport) == _rebuilt(conn, query, again)


@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories(), stretch=st.sampled_from([1, 3, 100]))
def test_one_batch_and_one_by_one_store_the_same(
    engine: Engine, history: Sequence[OddsCapture], stretch: int
) -> None:
    """However many snapshots are sent to the server before the next are made."""
    with patch.object(odds_facts, "STRETCH", stretch):
        _twice(engine, history)


def test_what_one_scope_missed_is_not_missed_again_by_another(engine: Engine) -> None:
    """Its mark closed what it had listed; one by one, nothing older is remembered."""
    every = Scope(sport_key="sport_of_two_scopes", bookmakers=("pinnacle",), lists_all_events=True)
    main = Scope(sport_key=every.sport_key, markets=("h2h",), lists_all_events=True)
    stated = EventStated(
        event_id=f"{every.sport_key}-b",
        sport_key=every.sport_key,
        commence_time=NOON + timedelta(hours=14),
        home_team="Home",
        away_team="Away",
    )
    price = Quote(outcome="Home", price=1.5)
    board = Board(bookmaker="pinnacle", market="h2h", last_update=None, quotes=(price,))
    listed = EventOdds(event=stated, boards=(board,))
    hours = [(9, every, (listed,)), (12, every, ()), (15, main, ())]
    _twice(
        engine,
        [
            OddsCapture(NOON + timedelta(hours=hour), CaptureBasis.TIMESTAMP, scope, events)
            for hour, scope, events in hours
        ],
    )
