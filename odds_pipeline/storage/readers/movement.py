"""Every change of one book's one market.

Belongs here: reading it off the event's timeline. Does not belong here: which voids hold, which
the database's `voids_known` says.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from odds_pipeline.storage.frames import build_frame
from odds_pipeline.storage.readers.event_ids import event_number
from odds_pipeline.storage.readers.flagged import FLAGGED, flagged
from odds_pipeline.storage.readers.moments import resolved
from odds_pipeline.storage.readers.united import united
from odds_pipeline.storage.timeline import PRICED, Mark, Row, State, Timeline

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]

# What is shown of a quote inside a void, or under a flag: neither its price nor the one before it.
_VOIDED, _FLAGGED = State(-1), State(-2)
_REASONS = {_VOIDED: "voided", _FLAGGED: FLAGGED}
_Interval = tuple[datetime, datetime]


class _Seen(NamedTuple):
    """What one capture says of one outcome."""

    mark: Mark
    selection_id: int
    state: State | None

    @property
    def point(self) -> float | None:
        """The line it was offered at."""
        return None if self.state is None else self.state.point


def line_movement(
    conn: Connection,
    event: str,
    bookmaker: str,
    market: str,
    at: datetime | None = None,
    known_by: datetime | None = None,
    valid_only: bool = False,
) -> "pd.DataFrame":
    """Every change of a book's market: one row an outcome and change.

    Once withdrawn the price is null, and the point is the one that was withdrawn. While voided
    both are null, and ``missing_reason`` says ``voided``; with ``valid_only`` so are they while a
    quality rule had found the quote wrong, as known by then, and it says ``flagged``.
    """
    moment, known = resolved(conn, at, known_by)
    one = united(conn, event, known, at=moment)
    event_no = event_number(conn, one.ids[0])
    outcomes = _outcomes(conn, event_no, bookmaker, market)
    timeline = _timeline(conn, event_no, list(outcomes), moment, known)
    voided = _voided(conn, event_no, list(outcomes), known)
    covering = _covering_scopes(conn, event_no, bookmaker, market)
    seen = [
        _Seen(mark, selection_id, timeline.state_at(selection_id, mark.capture_time))
        for mark in timeline.marks
        if mark.scope_id in covering
        for selection_id in outcomes
    ]
    wrong: Sequence[bool] = [False] * len(seen)
    if valid_only:
        place = (one.ids[0], bookmaker, market)
        wrong = flagged(conn, _quotes(seen, outcomes, place), known).tolist()
    rows: list[tuple[object, ...]] = []
    last: dict[int, State | None] = {}
    for (mark, selection_id, state), bad in zip(seen, wrong, strict=True):
        offered = state if state is not None and state.code == PRICED else None
        if offered is not None and _within(voided.get(selection_id, ()), mark.capture_time):
            offered = _VOIDED
        elif offered is not None and bad:
            offered = _FLAGGED
        if offered == last.get(selection_id):
            continue
        named = offered or last[selection_id]
        last[selection_id] = offered
        price = None if offered is None else offered.price
        point = None if named is None else named.point
        in_play = mark.capture_time >= mark.commence_time
        reason = None if offered is None else _REASONS.get(offered)
        called = outcomes[selection_id]
        rows.append((mark.capture_time, *called, point, price, in_play, reason))
    types = {
        "capture_time": "timestamptz",
        "outcome_name": "text",
        "description": "text",
        "point": "float8",
        "price": "float8",
        "in_play": "bool",
        "missing_reason": "text",
    }
    return one.called(build_frame(rows, types), one.ids[0])


def _quotes(
    seen: "Sequence[_Seen]",
    outcomes: Mapping[int, tuple[str, str | None]],
    place: tuple[str, str, str],
) -> "pd.DataFrame":
    """What was seen as the rows that flags are held against."""
    types = {
        **dict.fromkeys(("event_id", "bookmaker_key", "market_key"), "text"),
        **dict.fromkeys(("outcome_name", "description"), "text"),
        "point": "float8",
        "capture_time": "timestamptz",
    }
    rows = [(*place, *outcomes[one.selection_id], one.point, one.mark.capture_time) for one in seen]
    return build_frame(rows, types)


def _outcomes(
    conn: Connection, event_no: int, bookmaker: str, market: str
) -> dict[int, tuple[str, str | None]]:
    rows = conn.execute(
        """SELECT sel.selection_id, o.name, d.name
        FROM event_selections x JOIN selections sel USING (selection_id)
        JOIN bookmakers b USING (bookmaker_id) JOIN markets mk USING (market_id)
        JOIN names o ON o.name_id = sel.outcome_id
        LEFT JOIN names d ON d.name_id = sel.description_id
        WHERE x.event_no = %s AND b.bookmaker_key = %s AND mk.market_key = %s
        ORDER BY o.name, d.name, sel.selection_id""",
        (event_no, bookmaker, market),
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _timeline(
    conn: Connection, event_no: int, selections: list[int], at: datetime, known_by: datetime
) -> Timeline:
    marks = conn.execute(
        """SELECT DISTINCT ON (capture_time, scope_id) capture_time, known_time, scope_id,
            NOT unlisted,
            commence_time + make_interval(days => day_only::integer), snapshot_id
        FROM snapshots WHERE event_no = %s AND capture_time <= %s AND known_time <= %s
        ORDER BY capture_time, scope_id, known_time DESC""",
        (event_no, at, known_by),
    ).fetchall()
    timeline = Timeline(event_no, [Mark(*mark) for mark in marks])
    rows = conn.execute(
        """SELECT selection_id, capture_time, known_time, state, price, point FROM quotes
        WHERE event_no = %s AND selection_id = ANY(%s)
          AND capture_time >= (SELECT min(first_capture) FROM event_scopes WHERE event_no = %s)
          AND capture_time <= %s AND known_time <= %s""",
        (event_no, selections, event_no, at, known_by),
    )
    for selection_id, capture_time, known_time_, *state in rows:
        timeline.load(selection_id, Row(capture_time, known_time_, State(*state)))
    return timeline


def _voided(
    conn: Connection, event_no: int, selections: list[int], known_by: datetime
) -> dict[int, list[_Interval]]:
    """Voided intervals of capture times by selection."""
    rows = conn.execute(
        """SELECT sel.selection_id, v.from_capture, v.to_capture
        FROM selections sel JOIN voids_known(%s) v ON void_covers(
            v, %s, sel.bookmaker_id, sel.market_id, sel.outcome_id, sel.description_id)
        WHERE sel.selection_id = ANY(%s)""",
        (known_by, event_no, selections),
    )
    found: dict[int, list[_Interval]] = defaultdict(list)
    for selection_id, first, last in rows:
        found[selection_id].append((first, last))
    return found


def _within(intervals: Iterable[_Interval], moment: datetime) -> bool:
    return any(first <= moment <= last for first, last in intervals)


def _covering_scopes(conn: Connection, event_no: int, bookmaker: str, market: str) -> set[int]:
    rows = conn.execute(
        """SELECT c.scope_id FROM event_scopes JOIN scopes c USING (scope_id)
        WHERE event_no = %s AND scope_covers(c, %s, %s)""",
        (event_no, bookmaker, market),
    )
    return {row[0] for row in rows}
