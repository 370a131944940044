"""What was on offer at a moment: every quote of some events, each at a moment of its own.

Belongs here: the as-of core. Does not belong here: what is made of its rows (``prices``,
``decisions``, ``closing``).

For each (event, moment): the newest snapshot of each scope, for each of the event's series the
newest of those that covers it, and that series' newest row of the UTC day up to it. Nothing after
the moment is looked at; the bounds on capture time stand at every probe, so that a month's
partition is touched only when one of its days is asked for.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from odds_pipeline.storage.frames import fetch_frame
from odds_pipeline.storage.readers.moments import resolved
from odds_pipeline.storage.readers.united import united

if TYPE_CHECKING:
    import pandas as pd

from odds_pipeline.storage.readers.starts import Span

Connection = psycopg.Connection[Any]

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


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


# The newest snapshot of each scope. `event_scopes` says between which captures to look.
TOPS = """
WITH asked AS MATERIALIZED (
    SELECT a.place, a.at, a.oldest, a.left_out::tstzmultirange, e.event_id, e.event_no
    FROM unnest(%(events)s::text[], %(moments)s::timestamptz[], %(oldest)s::timestamptz[],
        %(left_out)s::text[]) WITH ORDINALITY AS a(event_id, at, oldest, left_out, place)
    JOIN event_ids e USING (event_id)
), tops AS MATERIALIZED (
    SELECT a.place, a.event_id, a.event_no, a.at, x.scope_id, s.*, p.known_time AS stated_at,
        date_trunc('day', s.capture_time, 'UTC') AS day
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

# For each series the newest of those snapshots that covers it, and what the series was in it.
# What is the same for every event is done once: a selection's names, what a scope covers.
_STATES = """, named AS MATERIALIZED (
    SELECT sel.selection_id, sel.bookmaker_id, b.bookmaker_key, sel.market_id, mk.market_key,
        sel.outcome_id, o.name AS outcome_name, sel.description_id, d.name AS description,
        sel.bookmaker_id::integer * 65536 + sel.market_id AS pair,
        row_number() OVER (
            ORDER BY b.bookmaker_key, mk.market_key, o.name, d.name, sel.line, sel.selection_id
        ) AS rank
    FROM (
        SELECT DISTINCT selection_id FROM event_selections
        WHERE event_no IN (SELECT event_no FROM asked)
    ) x
    JOIN selections sel USING (selection_id)
    JOIN bookmakers b USING (bookmaker_id)
    JOIN markets mk USING (market_id)
    JOIN names o ON o.name_id = sel.outcome_id
    LEFT JOIN names d ON d.name_id = sel.description_id
    WHERE (%(bookmakers)s::text[] IS NULL OR b.bookmaker_key = ANY(%(bookmakers)s))
      AND (%(markets)s::text[] IS NULL OR mk.market_key = ANY(%(markets)s))
      AND (%(outcomes)s::text[] IS NULL OR o.name = ANY(%(outcomes)s))
), series AS MATERIALIZED (
    SELECT x.event_no, n.*
    FROM (SELECT DISTINCT event_no FROM asked) a
    JOIN event_selections x USING (event_no)
    JOIN named n USING (selection_id)
), covering AS MATERIALIZED (
    SELECT c.scope_id, p.pair
    FROM scopes c
    CROSS JOIN (SELECT DISTINCT pair FROM named) p
    JOIN bookmakers b ON b.bookmaker_id = p.pair / 65536
    JOIN markets mk ON mk.market_id = p.pair %% 65536
    WHERE c.scope_id IN (SELECT scope_id FROM tops)
      AND scope_covers(c, b.bookmaker_key, mk.market_key)
), newest AS MATERIALIZED (
    SELECT w.place, w.pair, w.scope_id, w.event_no, w.capture_time, w.day, w.unlisted,
        last_update_of(w.capture_time, w.ages, w.far_ages, array_position(y.pairs, w.pair))
            AS last_update
    FROM (
        SELECT DISTINCT ON (t.place, v.pair) t.*, v.pair
        FROM tops t JOIN covering v USING (scope_id)
        ORDER BY t.place, v.pair, t.capture_time DESC, t.stated_at DESC, t.capture_id DESC
    ) w
    JOIN layouts y USING (layout_id)
), covered AS MATERIALIZED (
    SELECT w.*, x.selection_id, x.bookmaker_id, x.bookmaker_key, x.market_id, x.market_key,
        x.outcome_id, x.outcome_name, x.description_id, x.description, x.rank
    FROM newest w
    JOIN series x USING (event_no, pair)
), states AS (
    SELECT k.*, CASE WHEN v.void_reason IS NULL THEN q.point END AS point,
        CASE WHEN v.void_reason IS NULL THEN q.price END AS price, q.state, q.known_time,
        CASE WHEN v.void_reason IS NOT NULL THEN 'voided' END AS missing_reason
    FROM covered k
    LEFT JOIN LATERAL (
        SELECT price, point, state, known_time FROM quotes
        WHERE event_no = k.event_no AND selection_id = k.selection_id
          AND capture_time <= k.capture_time AND capture_time >= k.day
          AND known_time <= %(known_by)s AND NOT k.unlisted
        ORDER BY capture_time DESC, known_time DESC LIMIT 1
    ) q ON true
    LEFT JOIN LATERAL voided_by(
        k.event_no, k.bookmaker_id, k.market_id, k.outcome_id, k.description_id, k.capture_time,
        %(known_by)s
    ) v ON true
)"""
STATES = TOPS + _STATES

_OFFERED = """
SELECT
    q.place, t.event_id, q.bookmaker_key, q.market_key, q.outcome_name, q.description,
    q.point, q.price, american(q.price) AS american_price, t.capture_time,
    greatest(t.known_time, q.known_time) AS known_time,
    q.last_update,
    extract(epoch FROM t.at - t.capture_time)::float8 AS age_seconds,
    t.in_play, t.commence_time, m.home_team, m.away_team, q.missing_reason
FROM states q
JOIN tops t USING (place, scope_id)
LEFT JOIN matchups m USING (matchup_id)
WHERE q.state = 0
ORDER BY q.place, q.rank
"""

# Up to so many questions the plan for a few serves, made once a connection; beyond it each plan
# is made for its own number.
FEW = 20


def values(
    asked: Sequence[Asked],
    known_by: datetime,
    bookmakers: Iterable[str] | None = None,
    markets: Iterable[str] | None = None,
    outcomes: Iterable[str] | None = None,
) -> Mapping[str, object]:
    """What the statements of this module are asked with; ``None`` leaves nothing out."""
    return {
        "events": [one.event for one in asked],
        "moments": [one.at for one in asked],
        "oldest": [one.oldest for one in asked],
        "left_out": [multirange(one.left_out) for one in asked],
        "known_by": known_by,
        "bookmakers": None if bookmakers is None else list(bookmakers),
        "markets": None if markets is None else list(markets),
        "outcomes": None if outcomes is None else list(outcomes),
    }


def multirange(spans: Iterable[Span]) -> str:
    """The spans as PostgreSQL reads them."""
    return "{" + ",".join(f"[{since},{until})" for since, until in spans) + "}"


def offered(
    conn: Connection,
    asked: Sequence[Asked],
    known_by: datetime,
    max_quote_age: timedelta | None = None,
    bookmakers: Iterable[str] | None = None,
    markets: Iterable[str] | None = None,
    outcomes: Iterable[str] | None = None,
) -> "pd.DataFrame":
    """Every price on offer; ``place`` counts the questions from 1."""
    import pandas as pd

    frame = fetch_frame(
        conn, STATES + _OFFERED, values(asked, known_by, bookmakers, markets, outcomes)
    )
    moments = pd.Series([one.at for one in asked], dtype="datetime64[us, UTC]")
    at = moments.take(frame["place"].to_numpy(dtype="int64") - 1).set_axis(frame.index)
    ages = (at - frame["last_update"]).dt.total_seconds()
    frame.insert(list(frame.columns).index("age_seconds") + 1, "quote_age_seconds", ages)
    if max_quote_age is not None:
        frame = frame[ages <= max_quote_age.total_seconds()].reset_index(drop=True)
    return frame


def odds_at(
    conn: Connection,
    events: str | Iterable[str],
    at: datetime | None = None,
    known_by: datetime | None = None,
    max_age: timedelta | None = None,
    max_quote_age: timedelta | None = None,
    *,
    bookmakers: Iterable[str] | None = None,
    markets: Iterable[str] | None = None,
    outcome: str | None = None,
) -> "pd.DataFrame":
    """Every price on offer at ``at``: one row an event, bookmaker, market and outcome.

    A voided quote has no price and point, and ``missing_reason`` says ``voided``.

    Args:
        conn: a connection inside a transaction.
        events: event id, or ids; one merged into another stands for that one.
        at: market time, aware; default now.
        known_by: what must have been stored by then; default all.
        max_age: greatest ``at`` - capture time of the newest snapshot covering the quote.
        max_quote_age: greatest ``at`` - last_update; a quote without last_update is left out.
        bookmakers: only these; default all.
        markets: only these; default all.
        outcome: only this one; default all.

    Raises:
        UsageError: a time without zone.
        NotYetNormalised: ``known_by`` reaches documents that still wait.
    """
    moment, known = resolved(conn, at, known_by)
    oldest = LONG_AGO if max_age is None else moment - max_age
    one = united(conn, events, known, at=moment)
    asked = [Asked(event, moment, oldest) for event in one.ids]
    outcomes = one.spellings(outcome)
    frame = offered(conn, asked, known, max_quote_age, bookmakers, markets, outcomes)
    return one.called(frame.drop(columns="place"))
