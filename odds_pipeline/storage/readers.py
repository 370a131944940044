"""Point-in-time readers: what was offered at a moment, as far as it was known by another.

Belongs here: every as-of query. Does not belong here: writing, mathematics.

Each reader takes ``at`` (market time; default now) and ``known_by`` (default: all that is known
now) and uses only facts with capture time <= ``at`` and known time <= ``known_by``; nothing after
``at`` is ever looked at. For a fixed pair the answer never changes. Frames carry decimal and
American odds, UTC times and ages in seconds; the columns are those of ``catalog.fields``.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.errors import NotFound, UsageError
from odds_pipeline.storage import known_time
from odds_pipeline.storage.frames import build_frame, fetch_frame
from odds_pipeline.storage.timeline import PRICED, Mark, Row, State, Timeline

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]

_ODDS_AT = """
WITH tops AS MATERIALIZED (
    SELECT DISTINCT ON (s.event_no, s.scope_id)
        e.event_id, s.event_no, s.scope_id, s.capture_id, s.capture_time, s.known_time,
        s.commence_time, s.in_play, s.matchup_id, s.layout_id, s.ages, s.far_ages
    FROM event_ids e JOIN snapshots s USING (event_no)
    WHERE e.event_id = ANY(%(events)s)
      AND s.capture_time <= %(at)s
      AND s.capture_time >= %(oldest)s
      AND s.known_time <= %(known_by)s
    ORDER BY s.event_no, s.scope_id, s.capture_time DESC, s.known_time DESC
)
SELECT
    t.event_id, b.bookmaker_key, mk.market_key, o.name AS outcome_name, d.name AS description,
    q.point, q.price, american(q.price) AS american_price, t.capture_time,
    greatest(t.known_time, q.known_time) AS known_time,
    last_update_of(t.capture_time, t.ages, t.far_ages, array_position(
        y.pairs, sel.bookmaker_id::integer * 65536 + sel.market_id)) AS last_update,
    extract(epoch FROM %(at)s - t.capture_time)::float8 AS age_seconds,
    t.in_play, t.commence_time, m.home_team, m.away_team
FROM tops t
JOIN captures p USING (capture_id)
JOIN scopes c ON c.scope_id = t.scope_id
JOIN layouts y USING (layout_id)
LEFT JOIN matchups m USING (matchup_id)
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (x.selection_id)
        x.selection_id, x.price, x.point, x.state, x.known_time
    FROM quotes x
    WHERE x.event_no = t.event_no
      AND x.capture_time <= t.capture_time
      AND x.capture_time >= date_trunc('day', t.capture_time, 'UTC')
      AND x.known_time <= %(known_by)s
    ORDER BY x.selection_id, x.capture_time DESC, x.known_time DESC
) q
JOIN selections sel USING (selection_id)
JOIN bookmakers b USING (bookmaker_id)
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = sel.outcome_id
LEFT JOIN names d ON d.name_id = sel.description_id
WHERE q.state = 0
  AND scope_covers(c, b.bookmaker_key, mk.market_key)
  AND NOT EXISTS (
      SELECT FROM tops n
      JOIN captures later ON later.capture_id = n.capture_id
      JOIN scopes c ON c.scope_id = n.scope_id
      WHERE n.event_no = t.event_no
        AND (n.capture_time, later.known_time) > (t.capture_time, p.known_time)
        AND scope_covers(c, b.bookmaker_key, mk.market_key)
  )
ORDER BY t.event_id, b.bookmaker_key, mk.market_key, o.name, d.name, q.point
"""

EVENTS = """
SELECT
    e.event_id AS id, sp.sport_key, sp.title AS sport_title, st.commence_time,
    CASE WHEN st.day_only THEN 'day' ELSE 'exact' END AS start_precision,
    m.home_team, m.away_team,
    CASE
        WHEN sc.completed THEN 'final'
        WHEN st.starts_by > %(at)s THEN 'scheduled'
        WHEN st.starts_by + make_interval(hours => sp.live_hours) > %(at)s THEN 'live'
        ELSE 'final'
    END AS status,
    sc.completed IS NOT TRUE
        AND st.starts_by + make_interval(hours => sp.live_hours) <= %(at)s
        AS status_inferred,
    sc.home_score, sc.away_score,
    CASE WHEN sc.completed THEN sc.score_time END AS completed_at,
    e.created_at, greatest(st.known_time, sc.known_time) AS updated_at
FROM event_ids e
JOIN sports sp USING (sport_id)
CROSS JOIN LATERAL (
    SELECT u.commence_time, u.day_only, u.matchup_id, u.known_time,
        u.commence_time + make_interval(days => u.day_only::integer) AS starts_by
    FROM (
        (SELECT commence_time, day_only, matchup_id, capture_time, known_time FROM snapshots
         WHERE event_no = e.event_no AND NOT unlisted
           AND capture_time <= %(at)s AND known_time <= %(known_by)s
         ORDER BY capture_time DESC, known_time DESC LIMIT 1)
        UNION ALL
        (SELECT commence_time, day_only, matchup_id, capture_time, known_time
         FROM event_statements
         WHERE event_no = e.event_no
           AND capture_time <= %(at)s AND known_time <= %(known_by)s
         ORDER BY capture_time DESC, known_time DESC LIMIT 1)
    ) u
    ORDER BY u.capture_time DESC, u.known_time DESC LIMIT 1
) st
LEFT JOIN matchups m USING (matchup_id)
LEFT JOIN LATERAL (
    SELECT completed, home_score, away_score, score_time, known_time FROM event_statements
    WHERE event_no = e.event_no AND completed IS NOT NULL
      AND capture_time <= %(at)s AND known_time <= %(known_by)s
    ORDER BY capture_time DESC, known_time DESC LIMIT 1
) sc ON true
WHERE st.commence_time >= %(start)s AND st.commence_time < %(end)s
  AND (%(sport)s::text IS NULL OR sp.sport_key = %(sport)s)
ORDER BY st.commence_time, e.event_id
"""

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def odds_at(
    conn: Connection,
    events: str | Iterable[str],
    at: datetime | None = None,
    known_by: datetime | None = None,
    max_age: timedelta | None = None,
    max_quote_age: timedelta | None = None,
) -> "pd.DataFrame":
    """Every price on offer at ``at``: one row an event, bookmaker, market and outcome.

    Args:
        conn: a connection inside a transaction.
        events: event id, or ids.
        at: market time, aware; default now.
        known_by: what must have been stored by then; default all.
        max_age: greatest ``at`` - capture time of the newest snapshot covering the quote.
        max_quote_age: greatest ``at`` - last_update; a quote without last_update is left out.

    Raises:
        UsageError: a time without zone.
        NotYetNormalised: ``known_by`` reaches documents that still wait.
    """
    moment, known = _times(conn, at, known_by)
    frame = fetch_frame(
        conn,
        _ODDS_AT,
        {
            "events": [events] if isinstance(events, str) else list(events),
            "at": moment,
            "known_by": known,
            "oldest": _LONG_AGO if max_age is None else moment - max_age,
        },
    )
    ages = (moment - frame["last_update"]).dt.total_seconds()
    frame.insert(list(frame.columns).index("age_seconds") + 1, "quote_age_seconds", ages)
    if max_quote_age is not None:
        frame = frame[ages <= max_quote_age.total_seconds()].reset_index(drop=True)
    return frame


def best_odds(
    conn: Connection,
    event: str,
    market: str,
    outcome: str | None = None,
    at: datetime | None = None,
    known_by: datetime | None = None,
    max_age: timedelta | None = None,
) -> "pd.DataFrame":
    """The highest price of each outcome and point, with every book that offers it."""
    frame = odds_at(conn, event, at, known_by, max_age)
    frame = frame[frame["market_key"] == market]
    if outcome is not None:
        frame = frame[frame["outcome_name"] == outcome]
    keys = ["outcome_name", "description", "point"]
    best = frame.groupby(keys, dropna=False)["price"].transform("max")
    return (
        frame[frame["price"] == best].sort_values([*keys, "bookmaker_key"]).reset_index(drop=True)
    )


def compare_bookmakers(
    conn: Connection,
    event: str,
    market: str,
    at: datetime | None = None,
    known_by: datetime | None = None,
    max_age: timedelta | None = None,
) -> "pd.DataFrame":
    """Each book's prices side by side, with implied and fair probability and overround.

    The fair probability is the implied one divided by its book's sum (multiplicative margin
    removal); a market with one side only has none.
    """
    frame = odds_at(conn, event, at, known_by, max_age)
    frame = frame[frame["market_key"] == market].reset_index(drop=True)
    frame["implied_probability"] = 1.0 / frame["price"]
    # A spread's two sides carry opposite points: both are put as the home side's.
    away = frame["outcome_name"] == frame["away_team"]
    line = frame["point"].mask(away, -frame["point"]).fillna(0.0)
    groups = frame.groupby(["bookmaker_key", "description", line], dropna=False)
    total = groups["implied_probability"].transform("sum")
    several = groups["implied_probability"].transform("size") > 1
    frame["overround"] = (total - 1.0).where(several)
    frame["fair_probability"] = (frame["implied_probability"] / total).where(several)
    return frame


def events_between(
    conn: Connection,
    start: datetime,
    end: datetime,
    sport: str | None = None,
    at: datetime | None = None,
    known_by: datetime | None = None,
) -> "pd.DataFrame":
    """Events whose start, as stated by ``at`` and known by ``known_by``, lies in [start, end)."""
    moment, known = _times(conn, at, known_by)
    return fetch_frame(
        conn,
        EVENTS,
        {
            "start": _aware(start, "start"),
            "end": _aware(end, "end"),
            "sport": sport,
            "at": moment,
            "known_by": known,
        },
    )


def line_movement(
    conn: Connection,
    event: str,
    bookmaker: str,
    market: str,
    at: datetime | None = None,
    known_by: datetime | None = None,
) -> "pd.DataFrame":
    """Every change of a book's market: one row an outcome and change.

    Once withdrawn the price is null, and the point is the one that was withdrawn.
    """
    moment, known = _times(conn, at, known_by)
    event_no = _event_no(conn, event)
    outcomes = _outcomes(conn, event_no, bookmaker, market)
    timeline = _timeline(conn, event_no, list(outcomes), moment, known)
    covering = _covering_scopes(conn, event_no, bookmaker, market)
    rows: list[tuple[object, ...]] = []
    last: dict[int, State | None] = {}
    for mark in timeline.marks:
        if mark.scope_id not in covering:
            continue
        for selection_id, (outcome, description) in outcomes.items():
            state = timeline.state_at(selection_id, mark.capture_time)
            offered = state if state is not None and state.code == PRICED else None
            if offered == last.get(selection_id):
                continue
            named = offered or last[selection_id]
            last[selection_id] = offered
            price = None if offered is None else offered.price
            point = None if named is None else named.point
            in_play = mark.capture_time >= mark.commence_time
            rows.append((mark.capture_time, outcome, description, point, price, in_play))
    types = {
        "capture_time": "timestamptz",
        "outcome_name": "text",
        "description": "text",
        "point": "float8",
        "price": "float8",
        "in_play": "bool",
    }
    return build_frame(rows, types)


def require_event(conn: Connection, event: str) -> None:
    """Make sure that an event of that id is stored.

    Raises:
        NotFound: it is not.
    """
    _event_no(conn, event)


def _outcomes(
    conn: Connection, event_no: int, bookmaker: str, market: str
) -> dict[int, tuple[str, str | None]]:
    rows = conn.execute(
        """SELECT DISTINCT sel.selection_id, o.name, d.name
        FROM quotes q JOIN selections sel USING (selection_id)
        JOIN bookmakers b USING (bookmaker_id) JOIN markets mk USING (market_id)
        JOIN names o ON o.name_id = sel.outcome_id
        LEFT JOIN names d ON d.name_id = sel.description_id
        WHERE q.event_no = %s AND b.bookmaker_key = %s AND mk.market_key = %s
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
          AND capture_time <= %s AND known_time <= %s""",
        (event_no, selections, at, known_by),
    )
    for selection_id, capture_time, known_time_, *state in rows:
        timeline.load(selection_id, Row(capture_time, known_time_, State(*state)))
    return timeline


def _covering_scopes(conn: Connection, event_no: int, bookmaker: str, market: str) -> set[int]:
    rows = conn.execute(
        """SELECT c.scope_id FROM event_scopes JOIN scopes c USING (scope_id)
        WHERE event_no = %s AND scope_covers(c, %s, %s)""",
        (event_no, bookmaker, market),
    )
    return {row[0] for row in rows}


def _event_no(conn: Connection, event: str) -> int:
    row = conn.execute("SELECT event_no FROM event_ids WHERE event_id = %s", (event,)).fetchone()
    if row is None:
        raise NotFound(f"event {event!r} is not stored here; `odds events` lists those that are")
    return int(row[0])


def _times(
    conn: Connection, at: datetime | None, known_by: datetime | None
) -> tuple[datetime, datetime]:
    if known_by is not None:
        _aware(known_by, "known_by")
    known = known_time.resolve(conn, known_by)
    return (datetime.now(UTC) if at is None else _aware(at, "at")), known


def _aware(moment: datetime, name: str) -> datetime:
    if moment.tzinfo is None:
        raise UsageError(f"{name} needs a time zone, for example 2026-01-31T18:00:00Z")
    return moment
