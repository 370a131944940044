"""What outcomes were worth at each capture: keeping it, and reading it as of two times.

Belongs here: SQL around ``fair_prices``. Does not belong here: working them out
(``services.market.fair``).

A row is a fact about its moment as far as was known: when later knowledge changes it, it stays,
marked as superseded since then, and the new one, known since then, stands beside it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.catalog.pricing import FAIR_METHODS
from odds_pipeline.storage.frames import fetch_frame
from odds_pipeline.storage.numbers import Numbers
from odds_pipeline.storage.readers.moments import resolved

if TYPE_CHECKING:
    import pandas as pd

    from odds_pipeline.storage.column_copy import Values

Connection = psycopg.Connection[Any]

TOLERANCE = 1e-12  # what another machine's last digit may differ by

_STAGE = """
CREATE TEMPORARY TABLE staged_fair_prices (n bigint GENERATED ALWAYS AS IDENTITY,
    capture_time timestamptz, known_time timestamptz, event_no int, outcome_id int,
    description_id int, market_id int2, bookmaker_id int2, bookmakers int2, stale int2,
    chosen bool, flagged bool, source text, method text, point float8, fair_probability float8,
    multiplicative float8, additive float8, power float8, odds_ratio float8, shin float8)
    ON COMMIT DROP
"""

# What stands already and is found again.
_SAME = """
CREATE TEMPORARY TABLE same_fair_prices ON COMMIT DROP AS
SELECT f.fair_price_id, s.n
FROM fair_prices f JOIN staged_fair_prices s
    ON f.capture_time = s.capture_time AND f.event_no = s.event_no AND f.market_id = s.market_id
    AND f.outcome_id = s.outcome_id AND f.source = s.source
WHERE f.capture_time = ANY(%(moments)s) AND f.superseded_at IS NULL
  AND f.description_id IS NOT DISTINCT FROM s.description_id
  AND f.point IS NOT DISTINCT FROM s.point
  AND abs(f.fair_probability - s.fair_probability) < %(tolerance)s
  AND f.bookmaker_id IS NOT DISTINCT FROM s.bookmaker_id
  AND f.method = s.method AND f.bookmakers = s.bookmakers AND f.stale = s.stale
  AND f.chosen = s.chosen AND f.flagged IS NOT DISTINCT FROM s.flagged
"""

_SUPERSEDE = """
UPDATE fair_prices SET superseded_at = %(known_by)s
WHERE capture_time = ANY(%(moments)s) AND superseded_at IS NULL
  AND fair_price_id NOT IN (SELECT fair_price_id FROM same_fair_prices)
"""

_INSERT = """
INSERT INTO fair_prices (capture_time, known_time, event_no, outcome_id, description_id, market_id,
    bookmaker_id, bookmakers, stale, chosen, flagged, source, method, point, fair_probability,
    multiplicative, additive, power, odds_ratio, shin)
SELECT capture_time, CASE WHEN capture_time IN (SELECT capture_time FROM pricings)
    THEN %(known_by)s ELSE known_time END, event_no, outcome_id, description_id, market_id,
    bookmaker_id, bookmakers, stale, chosen, flagged, source, method, point, fair_probability,
    multiplicative, additive, power, odds_ratio, shin
FROM staged_fair_prices WHERE n NOT IN (SELECT n FROM same_fair_prices)
"""

_AS_OF = """
SELECT e.event_id, mk.market_key, o.name AS outcome_name, d.name AS description, f.point,
    f.source, b.bookmaker_key, f.method, f.fair_probability, f.multiplicative, f.additive,
    f.power, f.odds_ratio, f.shin, f.bookmakers, f.stale, f.chosen, f.flagged, f.capture_time,
    f.known_time
FROM (
    SELECT DISTINCT ON (event_no, market_id, outcome_id, description_id, point, source) *
    FROM fair_prices
    WHERE event_no = ANY(SELECT event_no FROM event_ids WHERE event_id = ANY(%(events)s))
      AND capture_time <= %(at)s
      AND capture_time >= date_trunc('day', %(at)s::timestamptz, 'UTC') - interval '1 day'
      AND known_time <= %(known_by)s
      AND (superseded_at IS NULL OR superseded_at > %(known_by)s)
    ORDER BY event_no, market_id, outcome_id, description_id, point, source, capture_time DESC,
        known_time DESC
) f
JOIN event_ids e USING (event_no)
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = f.outcome_id
LEFT JOIN names d ON d.name_id = f.description_id
LEFT JOIN bookmakers b ON b.bookmaker_id = f.bookmaker_id
WHERE (%(markets)s::text[] IS NULL OR mk.market_key = ANY(%(markets)s))
  AND (%(sources)s::text[] IS NULL OR f.source = ANY(%(sources)s))
  AND f.capture_time = (
      SELECT max(capture_time) FROM fair_prices n
      WHERE n.event_no = f.event_no AND n.capture_time <= %(at)s AND n.known_time <= %(known_by)s
        AND n.market_id = f.market_id
        AND (n.superseded_at IS NULL OR n.superseded_at > %(known_by)s)
  )
ORDER BY e.event_id, mk.market_key, d.name, o.name, f.point, f.source
"""

_DAY = """
SELECT f.source, f.method, count(*) AS rows, count(DISTINCT f.event_no) AS events,
    count(DISTINCT f.capture_time) AS moments, avg(f.bookmakers)::float8 AS bookmakers,
    sum(f.stale)::int8 AS stale, count(*) FILTER (WHERE f.chosen) AS chosen,
    count(*) FILTER (WHERE f.flagged) AS flagged
FROM fair_prices f
WHERE f.superseded_at IS NULL
  AND f.capture_time >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
  AND f.capture_time < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
GROUP BY f.source, f.method ORDER BY f.source
"""

_SUMS = """
SELECT count(*) FROM (
    SELECT sum(f.fair_probability) AS total, count(*) AS outcomes
    FROM fair_prices f JOIN markets mk USING (market_id)
    WHERE f.superseded_at IS NULL AND f.source <> 'exchange'
      AND f.capture_time >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
      AND f.capture_time < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
    GROUP BY f.event_no, f.capture_time, f.market_id, f.description_id, f.source,
        abs(f.point)
) m WHERE abs(total - round(total)) > 1e-9
"""


def write(
    conn: Connection,
    rows: "pd.DataFrame",
    known: Numbers,
    moments: Sequence[datetime],
    known_by: datetime,
) -> int:
    """Make the moments' fair prices those of the frame; returns how many rows are new.

    Args:
        conn: a connection inside a transaction.
        rows: keys, ``capture`` and ``known`` (microseconds since 1970), and the columns of
            ``fair_prices`` that say what was found.
        known: the numbers of the frame's keys.
        moments: those the frame is about; what stands of them and is not in it is superseded.
        known_by: what was known when the frame was made.
    """
    from odds_pipeline.storage.column_copy import copy_columns

    conn.execute(_STAGE)
    if len(rows):
        copy_columns(conn, "staged_fair_prices", _columns(rows, known))
    values = {"known_by": known_by, "moments": list(moments), "tolerance": TOLERANCE}
    conn.execute("ANALYZE staged_fair_prices")
    conn.execute(_SAME, values)
    conn.execute(_SUPERSEDE, values)
    written = conn.execute(_INSERT, values).rowcount
    conn.execute("DROP TABLE staged_fair_prices, same_fair_prices")
    return written


def _columns(rows: "pd.DataFrame", known: Numbers) -> "list[Values]":
    from odds_pipeline.storage.column_copy import Values

    def numbered(name: str, numbers: Mapping[str, int], column: str, kind: str) -> "Values":
        found = rows[name].map(numbers)
        missing = found.isna().to_numpy()
        return Values(column, kind, found.where(~missing, 0).to_numpy(dtype="int64"), missing)

    def plain(name: str, kind: str, column: str | None = None) -> "Values":
        values = rows[name].to_numpy()
        missing = rows[name].isna().to_numpy() if kind in {"bool", "text"} else None
        return Values(column or name, kind, values, missing)

    return [
        plain("capture", "timestamptz", "capture_time"),
        plain("known", "timestamptz", "known_time"),
        numbered("event_id", known.events, "event_no", "int4"),
        numbered("market_key", known.markets, "market_id", "int2"),
        numbered("outcome_name", known.names, "outcome_id", "int4"),
        numbered("description", known.names, "description_id", "int4"),
        numbered("bookmaker_key", known.bookmakers, "bookmaker_id", "int2"),
        plain("bookmakers", "int2"),
        plain("stale", "int2"),
        plain("chosen", "bool"),
        plain("flagged", "bool"),
        plain("source", "text"),
        plain("method", "text"),
        *(plain(name, "float8") for name in ("point", "fair_probability", *FAIR_METHODS)),
    ]


def fair_prices(
    conn: Connection,
    events: Iterable[str],
    at: datetime | None = None,
    known_by: datetime | None = None,
    markets: Iterable[str] | None = None,
    sources: Iterable[str] | None = None,
) -> "pd.DataFrame":
    """The stored fair prices of events as of a moment: those of each market's newest capture.

    Args:
        conn: a connection inside a transaction.
        events: event ids.
        at: market time, aware; default now. Captures older than the UTC day before are not looked
            at.
        known_by: what must have been known by then; default all.
        markets: only these; default all.
        sources: only these (sharp, exchange, pool, median); default all.
    """
    moment, known = resolved(conn, at, known_by)
    return fetch_frame(
        conn,
        _AS_OF,
        {
            "events": list(events),
            "at": moment,
            "known_by": known,
            "markets": None if markets is None else list(markets),
            "sources": None if sources is None else list(sources),
        },
    )


def day_sources(conn: Connection, day: date) -> "pd.DataFrame":
    """What stands of a UTC day of captures, a row a source."""
    return fetch_frame(conn, _DAY, {"day": day})


def improper_sums(conn: Connection, day: date) -> int:
    """Markets of a day whose fair probabilities do not sum to a whole number of winners."""
    row = conn.execute(_SUMS, {"day": day}).fetchone()
    assert row is not None
    return int(row[0])
