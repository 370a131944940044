"""What every series of some events was, each event at a moment of its own.

Belongs here: the as-of core, whose answer is columns. Does not belong here: what is made of them
(``as_of``, ``decisions``, ``closing``).

For each (event, moment): the newest snapshot of each scope, for each of the event's series the
newest of those that covers it, and that series' newest row of the UTC day up to it. Nothing after
the moment is looked at; the bounds on capture time stand at every probe, so that a month's
partition is touched only when one of its days is asked for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from odds_pipeline.storage.readers.named import Names, remembered
from odds_pipeline.storage.readers.starts import Span

if TYPE_CHECKING:
    from odds_pipeline.storage.columns import Array

Connection = psycopg.Connection[Any]

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
NO_ROW = -1  # the state of a series that has no row on its snapshot's day


class Asked(NamedTuple):
    """One event at one moment.

    Args:
        event: its id.
        at: nothing after it is looked at.
        oldest: captures before it are left out.
        left_out: what captures inside these spans list is left out too; that one of them shows
            the event gone counts all the same.
    """

    event: str
    at: datetime
    oldest: datetime = LONG_AGO
    left_out: Sequence[Span] = ()


class Filters(NamedTuple):
    """Which series are looked at; ``None`` leaves nothing out."""

    bookmakers: Sequence[str] | None = None
    markets: Sequence[str] | None = None
    outcome: str | None = None


# The newest snapshot of each scope, numbered from the newest on within each question.
# `event_scopes` says between which captures to look.
_STATES = """
WITH asked AS MATERIALIZED (
    SELECT a.place, a.at, a.oldest, a.left_out::tstzmultirange, e.event_no
    FROM unnest(%(events)s::text[], %(moments)s::timestamptz[], %(oldest)s::timestamptz[],
        %(left_out)s::text[]) WITH ORDINALITY AS a(event_id, at, oldest, left_out, place)
    JOIN event_ids e USING (event_id)
), tops AS MATERIALIZED (
    SELECT a.place, a.event_no, x.scope_id, s.*, date_trunc('day', s.capture_time, 'UTC') AS day,
        row_number() OVER (
            ORDER BY a.place, s.capture_time DESC, p.known_time DESC, s.capture_id DESC
        ) AS top
    FROM asked a
    JOIN event_scopes x USING (event_no)
    CROSS JOIN LATERAL (
        SELECT capture_id, capture_time, known_time, commence_time, in_play, unlisted, matchup_id,
            layout_id, ages, far_ages
        FROM snapshots
        WHERE event_no = a.event_no AND scope_id = x.scope_id
          AND capture_time <= least(a.at, x.last_capture)
          AND capture_time >= greatest(a.oldest, x.first_capture)
          AND known_time <= %(known_by)s
          AND (unlisted OR NOT capture_time <@ a.left_out)
        ORDER BY capture_time DESC, known_time DESC LIMIT 1
    ) s
    JOIN captures p USING (capture_id)
)"""

# For each series the newest of those snapshots that covers it, and what the series was in it. Only
# numbers are carried along: names are put to the answer at its end.
_STATES += """, series AS MATERIALIZED (
    SELECT x.event_no, x.selection_id, x.pair
    FROM (SELECT DISTINCT event_no FROM asked) a
    JOIN event_selections x USING (event_no)
    WHERE (%(bookmakers)s::text[] IS NULL OR x.pair / 65536 = ANY(ARRAY(
            SELECT bookmaker_id FROM bookmakers WHERE bookmaker_key = ANY(%(bookmakers)s))))
      AND (%(markets)s::text[] IS NULL OR x.pair %% 65536 = ANY(ARRAY(
            SELECT market_id FROM markets WHERE market_key = ANY(%(markets)s))))
      AND (%(outcome)s::text IS NULL OR x.selection_id = ANY(ARRAY(
            SELECT selection_id FROM selections JOIN names ON name_id = outcome_id
            WHERE name = %(outcome)s)))
), covering AS MATERIALIZED (
    SELECT c.scope_id, p.pair
    FROM scopes c
    CROSS JOIN (SELECT DISTINCT pair FROM series) p
    JOIN bookmakers b ON b.bookmaker_id = p.pair / 65536
    JOIN markets mk ON mk.market_id = p.pair %% 65536
    WHERE c.scope_id IN (SELECT scope_id FROM tops)
      AND scope_covers(c, b.bookmaker_key, mk.market_key)
), newest AS MATERIALIZED (
    SELECT n.pair, t.top, t.event_no, t.capture_time, t.day, t.unlisted, t.ages, t.far_ages,
        array_position(y.pairs, n.pair) AS place
    FROM (
        SELECT t.place, v.pair, min(t.top) AS top
        FROM tops t JOIN covering v USING (scope_id)
        GROUP BY t.place, v.pair
    ) n
    JOIN tops t USING (top)
    JOIN layouts y USING (layout_id)
), covered AS MATERIALIZED (
    SELECT pair, top, event_no, capture_time, day, unlisted,
        last_update_of(capture_time, ages, far_ages, place) AS last_update
    FROM newest
), void AS MATERIALIZED (
    SELECT * FROM voids_known(%(known_by)s)
), states AS (
    SELECT k.top, k.event_no, k.capture_time, k.last_update, x.selection_id,
        q.price, q.point, q.state, q.known_time
    FROM covered k
    JOIN series x USING (event_no, pair)
    LEFT JOIN LATERAL (
        SELECT price, point, state, known_time FROM quotes
        WHERE event_no = k.event_no AND selection_id = x.selection_id
          AND capture_time <= k.capture_time AND capture_time >= k.day
          AND known_time <= %(known_by)s AND NOT k.unlisted
        ORDER BY capture_time DESC, known_time DESC LIMIT 1
    ) q ON true
)
SELECT ARRAY[
        (SELECT schema_id::text FROM fact_state), set_config('plan_cache_mode', 'auto', true)
    ], t.*, q.*
FROM (
    SELECT array_agg(place - 1 ORDER BY top), array_agg(event_no ORDER BY top),
        array_agg(capture_time ORDER BY top), array_agg(known_time ORDER BY top),
        array_agg(commence_time ORDER BY top), array_agg(in_play ORDER BY top),
        array_agg(home_team ORDER BY top), array_agg(away_team ORDER BY top)
    FROM tops LEFT JOIN matchups USING (matchup_id)
) t, (
    SELECT array_agg(top - 1), array_agg(selection_id), array_agg(coalesce(price, 'NaN')),
        array_agg(coalesce(american(price), 0)), array_agg(coalesce(point, 'NaN')),
        array_agg(coalesce(state, -1::smallint)),
        array_agg(coalesce(known_time, '-infinity')),
        array_agg(coalesce(last_update, '-infinity')),
        array_agg(EXISTS (
            SELECT FROM void v JOIN selections sel ON sel.selection_id = s.selection_id
            WHERE (v.event_no IS NULL OR v.event_no = s.event_no)
              AND (v.bookmaker_id IS NULL OR v.bookmaker_id = sel.bookmaker_id)
              AND (v.market_id IS NULL OR v.market_id = sel.market_id)
              AND (v.outcome_id IS NULL OR v.outcome_id = sel.outcome_id)
              AND (v.description_id IS NULL OR v.description_id = sel.description_id)
              AND s.capture_time BETWEEN v.from_capture AND v.to_capture
        ))
    FROM states s
    WHERE %(every)s OR state = 0
) q
"""


@dataclass(frozen=True, slots=True)
class Snapshots:
    """The snapshots that the states stand in, as columns; times are datetime64 in UTC.

    Args:
        question: which of the questions each answers, from 0.
    """

    question: "Array"
    event_no: "Array"
    capture_time: "Array"
    known_time: "Array"
    commence_time: "Array"
    in_play: "Array"
    home_team: "Array"
    away_team: "Array"


@dataclass(frozen=True, slots=True)
class States:
    """The state of each series, as columns, by question and name.

    Args:
        snapshots: what they stand in.
        names: what the series are called.
        snapshot: the place of each one's snapshot.
        name: the place of each one's name.
        selection_id: the series' number.
        price, point: NaN where there is none.
        american: the price in American odds; 0 where it has none.
        state: as in ``quotes``, or ``NO_ROW``.
        known_time: of the row; NaT without one.
        last_update: of the book's market in the snapshot; NaT where none was stated.
        voided: whether a void covers it.
    """

    snapshots: Snapshots
    names: Names
    snapshot: "Array"
    name: "Array"
    selection_id: "Array"
    price: "Array"
    american: "Array"
    point: "Array"
    state: "Array"
    known_time: "Array"
    last_update: "Array"
    voided: "Array"


def read_states(
    conn: Connection,
    asked: Sequence[Asked],
    known_by: datetime,
    filters: Filters = Filters(),  # noqa: B008 (immutable)
    *,
    priced_only: bool,
    kept_plan: bool = False,
) -> States:
    """The states of the asked events' series.

    Args:
        conn: a connection inside a transaction.
        asked: the questions.
        known_by: nothing that became known after it is used.
        filters: which series.
        priced_only: without those that had no price.
        kept_plan: by the plan for a few questions, made once a connection; the caller has set
            ``plan_cache_mode``, which is set back.
    """
    import numpy as np

    from odds_pipeline.storage.columns import fetch_columns

    values = _values(asked, known_by, filters) | {"every": not priced_only}
    told, *columns = fetch_columns(conn, _STATES, values, prepare=kept_plan)
    snapshots = Snapshots(*columns[:8])
    snapshot, selection_id, *rest = columns[8:]
    names = remembered(conn, told[0])
    name = names.places(conn, selection_id)
    order = np.lexsort((names.ranks(name), snapshots.question[snapshot]))
    return States(
        snapshots,
        names,
        *(column[order] for column in (snapshot, name, selection_id, *rest)),
    )


def _values(asked: Sequence[Asked], known_by: datetime, filters: Filters) -> dict[str, object]:
    return {
        "events": [one.event for one in asked],
        "moments": [one.at for one in asked],
        "oldest": [one.oldest for one in asked],
        "left_out": [multirange(one.left_out) for one in asked],
        "known_by": known_by,
        **filters._asdict(),
    }


def multirange(spans: Iterable[Span]) -> str:
    """The spans as PostgreSQL reads them."""
    return "{" + ",".join(f"[{since},{until})" for since, until in spans) + "}"
