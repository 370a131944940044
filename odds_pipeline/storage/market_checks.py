"""Counts of what must not be among derived market data.

Belongs here: one query a check. Does not belong here: how bad a count is (``orchestration``).
Days are UTC days of captures; those of closing prices and movements are days of the start.
"""

from datetime import date, timedelta
from typing import Any

import psycopg

from odds_pipeline.catalog.bookmakers import BOOKMAKERS, BookClass
from odds_pipeline.quality.schemas import misfits
from odds_pipeline.storage import fair_prices, pricings

Connection = psycopg.Connection[Any]

_ANY_TIME = timedelta(0)
LEAST = 100  # markets or edges from which on a group is judged

_UNFOUNDED = """
WITH seen AS (
    SELECT opportunity_id, count(*) AS sights, min(capture_time) AS first_seen,
        max(capture_time) AS last_seen
    FROM edge_sights WHERE state = 'seen' AND superseded_at IS NULL GROUP BY opportunity_id
)
SELECT count(*) FROM edges g LEFT JOIN seen s USING (opportunity_id)
WHERE g.last_seen >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
  AND g.last_seen < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
  AND (
    (g.status <> 'voided' AND (g.sights, g.first_seen, g.last_seen)
        IS DISTINCT FROM (s.sights::int, s.first_seen, s.last_seen))
    OR (g.status = 'open' AND g.commence_time <= (SELECT max(capture_time) FROM pricings))
  )
"""

_UNDERPAID = """
SELECT count(*) FROM edge_sights s
WHERE s.kind = 'arbitrage' AND s.verdict = 'executable' AND s.superseded_at IS NULL
  AND s.capture_time >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
  AND s.capture_time < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
  AND EXISTS (
      SELECT FROM jsonb_to_recordset(s.legs) AS l(bookmaker_key text, price float8, stake float8)
      LEFT JOIN unnest(%(books)s::text[], %(rates)s::float8[]) AS c(bookmaker_key, rate)
          USING (bookmaker_key)
      WHERE l.stake IS NULL
         OR l.stake * (1 + (l.price - 1) * (1 - coalesce(c.rate, 0))) - s.total_stake
            < s.worst_case_profit - 1e-6
  )
"""

_LATE_CLOSES = """
SELECT count(*) FROM closing_prices
WHERE day = %(day)s AND phase = 'closing' AND gap_seconds <= 0 AND price IS NOT NULL
"""

_UNEXPLAINED = """
SELECT count(*) FROM closing_prices
WHERE day = %(day)s AND (price IS NULL) <> (missing_reason IS NOT NULL)
"""

_UNSETTLED = """
SELECT count(*) FROM closing_prices
WHERE day = %(day)s AND price IS NOT NULL AND (result IS NULL) <> (unsettled_reason IS NOT NULL)
"""

_UNVALUED = """
SELECT count(*), count(*) FILTER (WHERE v.opportunity_id IS NULL
    OR (v.clv IS NULL) <> (v.clv_reason IS NOT NULL)
    OR (v.realised IS NULL) <> (v.unsettled_reason IS NOT NULL))
FROM edges g LEFT JOIN edge_values v USING (opportunity_id)
WHERE g.status = 'closed'
"""

_LATE_MOVEMENTS = """
SELECT count(*) FROM line_movements m
JOIN (SELECT DISTINCT event_no, commence_time, gap_seconds IS NULL AS day_only
    FROM closing_prices WHERE day = %(day)s AND capture_time IS NOT NULL) c USING (event_no)
WHERE m.day = %(day)s AND NOT c.day_only AND m.closed_at >= c.commence_time
"""

_MARGINLESS = """
SELECT count(*) FROM bookmaker_scorecards c JOIN bookmakers b USING (bookmaker_id)
WHERE c.day = %(day)s AND c.mean_overround < 0 AND b.bookmaker_key <> ALL(%(exchanges)s)
"""

_SURPRISING = """
SELECT count(*), count(*) FILTER (
    WHERE expected_yield < realised_low OR expected_yield > realised_high)
FROM edge_statistics WHERE settled >= %(least)s AND realised_low IS NOT NULL
"""

_WORSE = """
SELECT count(*), count(*) FILTER (WHERE log_loss > ln(CASE
    WHEN market_key = 'h2h' AND sport_key LIKE 'soccer%%' THEN 3 ELSE 2 END))
FROM calibrations WHERE markets >= %(least)s
"""


def unpriced(conn: Connection, day: date) -> int:
    """Captures that wait to be priced."""
    return len(pricings.waiting(conn, day, _ANY_TIME))


def improper_sums(conn: Connection, day: date) -> int:
    """Markets whose fair probabilities do not sum to 1."""
    return fair_prices.improper_sums(conn, day)


def unfounded_edges(conn: Connection, day: date) -> int:
    """Opportunities last seen on the day that differ from their sights, or are open too long."""
    return _count(conn, _UNFOUNDED, {"day": day})


def underpaid_arbitrages(conn: Connection, day: date) -> int:
    """Executable arbitrages with a leg that pays less than the stakes and the claimed profit."""
    rates = {key: book.commission for key, book in BOOKMAKERS.items() if book.commission}
    values = {"day": day, "books": list(rates), "rates": list(rates.values())}
    return _count(conn, _UNDERPAID, values)


def late_closes(conn: Connection, day: date) -> int:
    """Closing prices captured at or after the start."""
    return _count(conn, _LATE_CLOSES, {"day": day})


def unexplained_closes(conn: Connection, day: date) -> int:
    """Rows without price and reason, or with both."""
    return _count(conn, _UNEXPLAINED, {"day": day})


def unsettled_closes(conn: Connection, day: date) -> int:
    """Prices without a result and a reason for that, or with both."""
    return _count(conn, _UNSETTLED, {"day": day})


def misfitting_closes(conn: Connection, day: date) -> int:
    """Values of the day's closing prices that their schema does not allow."""
    from odds_pipeline.storage import closing_prices

    return misfits("closing_prices", closing_prices.closing_prices(conn, day))


def misfitting_movements(conn: Connection, day: date) -> int:
    """Values of the day's movements that their schema does not allow."""
    from odds_pipeline.storage import line_movements

    return misfits("line_movements", line_movements.line_movements(conn, day))


def misfitting_scorecards(conn: Connection, day: date) -> int:
    """Values of the day's scorecards that their schema does not allow."""
    from odds_pipeline.storage import scorecards

    return misfits("bookmaker_scorecards", scorecards.scorecards(conn, day))


def late_movements(conn: Connection, day: date) -> int:
    """Movements that end at or after the start."""
    return _count(conn, _LATE_MOVEMENTS, {"day": day})


def marginless_books(conn: Connection, day: date) -> int:
    """Markets of bookmakers, exchanges apart, with a mean overround below 0."""
    exchanges = [k for k, b in BOOKMAKERS.items() if b.book_class is BookClass.EXCHANGE]
    return _count(conn, _MARGINLESS, {"day": day, "exchanges": exchanges})


def unvalued_edges(conn: Connection) -> tuple[int, int]:
    """Closed opportunities, and those that lack result or closing line value without a reason."""
    return _pair(conn, _UNVALUED)


def surprising_yields(conn: Connection) -> tuple[int, int]:
    """Groups of edges that are big enough, and those whose interval misses what was expected."""
    return _pair(conn, _SURPRISING)


def worse_than_chance(conn: Connection) -> tuple[int, int]:
    """Groups of markets that are big enough, and those foretold worse than by equal chances."""
    return _pair(conn, _WORSE)


def _count(conn: Connection, query: str, values: dict[str, object]) -> int:
    row = conn.execute(query, values).fetchone()
    assert row is not None
    return int(row[0])


def _pair(conn: Connection, query: str) -> tuple[int, int]:
    row = conn.execute(query, {"least": LEAST}).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
