"""The best prices of this moment, as rows: for questions that are small and asked often.

Belongs here: what `event_selections` (each series' newest row) and `event_scopes` (each scope's
newest capture) say of now, and when they may be asked. Does not belong here: any other moment
(``as_of``).

One statement sees the documents up to some moment and all facts of them, unless one of them still
waits: documents become known, and facts, in one order. So it needs no known time.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from math import isinf
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from odds_pipeline.catalog.bookmakers import AGGREGATES
from odds_pipeline.storage.readers.named import remembered
from odds_pipeline.storage.readers.prices import best_odds

if TYPE_CHECKING:
    pass

if TYPE_CHECKING:
    from odds_pipeline.storage.columns import Array

Connection = psycopg.Connection[Any]

# Of each book the newest scope that covers its market; where two scopes say something of one
# instant it takes their known times to tell which, so that nothing is said here. The same where a
# newest row is not known, where one lies in the future, where a document waits, and where anything
# is merged.
_NOW = """
WITH market AS MATERIALIZED (
    SELECT market_id FROM markets WHERE market_key = %(market)s
), spans AS MATERIALIZED (
    SELECT a.place, x.event_no, x.scope_id, x.last_capture, x.last_listed,
        date_trunc('day', x.last_capture, 'UTC') AS day
    FROM unnest(%(events)s::text[]) WITH ORDINALITY AS a(event_id, place)
    JOIN event_ids e USING (event_id)
    JOIN event_scopes x USING (event_no)
), covering AS MATERIALIZED (
    SELECT c.scope_id, b.bookmaker_id::integer * 65536 + m.market_id AS pair
    FROM scopes c CROSS JOIN bookmakers b CROSS JOIN market m
    WHERE c.scope_id IN (SELECT scope_id FROM spans)
      AND scope_covers(c, b.bookmaker_key, %(market)s)
      AND b.bookmaker_key <> ALL(%(no_books)s::text[])
), newest AS MATERIALIZED (
    SELECT DISTINCT ON (s.place, v.pair) s.*, v.pair
    FROM spans s JOIN covering v USING (scope_id)
    ORDER BY s.place, v.pair, s.last_capture DESC
), void AS MATERIALIZED (
    SELECT * FROM voids_known('infinity')
), offered AS (
    SELECT n.place, x.selection_id, x.price, x.point, n.last_capture,
        x.capture_time <= n.last_capture AS known
    FROM newest n
    JOIN event_selections x USING (event_no, pair)
    WHERE n.last_listed AND (x.capture_time IS NULL OR x.capture_time >= n.day AND x.state = 0)
      AND NOT EXISTS (
          SELECT FROM void v JOIN selections sel ON sel.selection_id = x.selection_id
          WHERE (v.event_no IS NULL OR v.event_no = n.event_no)
            AND (v.bookmaker_id IS NULL OR v.bookmaker_id = sel.bookmaker_id)
            AND (v.market_id IS NULL OR v.market_id = sel.market_id)
            AND (v.outcome_id IS NULL OR v.outcome_id = sel.outcome_id)
            AND (v.description_id IS NULL OR v.description_id = sel.description_id)
            AND n.last_capture BETWEEN v.from_capture AND v.to_capture
      )
)
SELECT ARRAY[(SELECT schema_id::text FROM fact_state)],
    ARRAY[
        coalesce(bool_and(known IS TRUE), true),
        NOT EXISTS (SELECT FROM pending_raw),
        NOT EXISTS (SELECT FROM merges_known('infinity')),
        NOT EXISTS (SELECT FROM spans WHERE last_capture > clock_timestamp()),
        NOT EXISTS (SELECT FROM spans GROUP BY place, last_capture HAVING count(*) > 1)
    ],
    array_agg(place - 1), array_agg(selection_id), array_agg(price),
    array_agg(coalesce(point, '-infinity')), array_agg(last_capture)
FROM offered
"""


class BestPrice(NamedTuple):
    """One of the best prices of an outcome and point: decimal, and the capture that shows it."""

    event_id: str
    bookmaker_key: str
    outcome_name: str
    description: str | None
    point: float | None
    price: float
    capture_time: datetime


def best_prices_now(
    conn: Connection, events: str | Iterable[str], market: str, outcome: str | None = None
) -> list[BestPrice]:
    """The highest price now of each event's outcome and point, with every book that offers it.

    The rows of ``best_odds`` at this moment, without a frame's cost.

    Args:
        conn: a connection inside a transaction.
        events: event id, or ids.
        market: its key.
        outcome: only this one; default all.
    """
    ids = [events] if isinstance(events, str) else sorted(set(events))
    best = _newest(conn, ids, market)
    if best is None:
        best = _asked(conn, ids, market)
    return sorted((b for b in best if outcome in (None, b.outcome_name)), key=_order)


def _order(best: BestPrice) -> tuple[object, ...]:
    return (
        *(best.event_id, best.outcome_name, best.description is None, best.description or ""),
        *(best.point is None, best.point or 0.0, best.bookmaker_key),
    )


def _newest(conn: Connection, events: Sequence[str], market: str) -> list[BestPrice] | None:
    """What the newest rows say of now; ``None`` where they do not say it."""
    from odds_pipeline.storage.columns import fetch_columns

    asked = {"events": list(events), "market": market, "no_books": list(AGGREGATES)}
    told, sure, *columns = fetch_columns(conn, _NOW, asked, prepare=True)
    if not sure.all():
        return None
    place, selection, price, point, captured = columns
    names = remembered(conn, told[0])
    name = names.places(conn, selection)
    kept = _highest(place, names.outcomes[name], point, price)
    found = []
    for at, called, paid, line, moment in zip(
        *(column[kept].tolist() for column in (place, name, price, point, captured)), strict=True
    ):
        _, bookmaker, _, outcome, description, _ = names.all[called]
        found.append(
            BestPrice(
                *(events[at], bookmaker, outcome, description),
                *(None if isinf(line) else line, paid, moment.replace(tzinfo=UTC)),
            )
        )
    return found


def _highest(place: "Array", outcome: "Array", point: "Array", price: "Array") -> "Array":
    """Which rows have the highest price of their place, outcome and point."""
    import numpy as np

    order = np.lexsort((point, outcome, place))
    if not len(order):
        return order
    first = np.arange(len(order)) == 0
    for column in (place[order], outcome[order], point[order]):
        first[1:] |= column[1:] != column[:-1]
    highest = np.maximum.reduceat(price[order], np.flatnonzero(first))
    kept: Array = order[price[order] == highest[np.cumsum(first) - 1]]
    return kept


def _asked(conn: Connection, events: Sequence[str], market: str) -> list[BestPrice]:
    """The same from the facts themselves."""
    frame = best_odds(conn, events, market)
    columns = [frame[name].astype(object) for name in BestPrice._fields]
    plain = [[None if value != value else value for value in column] for column in columns]
    return [
        BestPrice(*row)._replace(capture_time=row[-1].to_pydatetime())
        for row in zip(*plain, strict=True)
    ]
