# ruff: noqa: S608  (every text here is a constant of this package; values are bound)
"""What was collected, what it cost and what was wrong with it."""

from collections.abc import Mapping
from types import MappingProxyType

from odds_pipeline.storage.export_queries.selection import (
    ALL,
    DAY_OF_ODDS,
    DAY_OF_SNAPSHOTS,
    EVENT,
    SPORT,
    SPORT_OF_EVENT,
    Selection,
    day_within,
    known,
    within,
)
from odds_pipeline.storage.readers.events import EVENTS

_LARGE_ROWS = 500  # rows that carry whole documents

# The view `odds` with what was known by a time only; a test holds the two together.
_ODDS_AS_OF = f"""
SELECT
    hashtextextended(concat_ws('|', s.snapshot_id, q.selection_id), 0) AS id,
    e.event_id, b.bookmaker_key, b.title AS bookmaker_title, mk.market_key,
    o.name AS outcome_name, d.name AS description,
    CASE WHEN w.void_reason IS NULL THEN american(q.price) END AS price,
    CASE WHEN w.void_reason IS NULL THEN q.point END AS point,
    s.capture_time AS odds_timestamp,
    last_update_of(s.capture_time, s.ages, s.far_ages, a.place) AS last_update,
    s.known_time AS created_at,
    w.void_reason IS NULL AND l.severe IS NOT TRUE AS is_valid,
    nullif(concat_ws('; ', 'voided: ' || w.void_reason, l.notes), '') AS validation_notes,
    CASE WHEN w.void_reason IS NULL THEN q.price END AS decimal_price
FROM snapshots s
JOIN event_ids e USING (event_no)
JOIN sports sp USING (sport_id)
JOIN layouts y USING (layout_id)
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (x.selection_id) x.selection_id, x.price, x.point, x.state
    FROM quotes x
    WHERE x.event_no = s.event_no
      AND x.capture_time <= s.capture_time
      AND x.capture_time >= date_trunc('day', s.capture_time, 'UTC')
      AND x.known_time <= %(known_by)s
    ORDER BY x.selection_id, x.capture_time DESC, x.known_time DESC
) q
JOIN selections sel USING (selection_id)
JOIN bookmakers b USING (bookmaker_id)
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = sel.outcome_id
LEFT JOIN names d ON d.name_id = sel.description_id
CROSS JOIN LATERAL (
    SELECT array_position(y.pairs, sel.bookmaker_id::integer * 65536 + sel.market_id) AS place
) a
CROSS JOIN LATERAL (
    SELECT bool_or(v.severity <> 'warning') AS severe,
        string_agg(v.description, '; ' ORDER BY v.id) AS notes
    FROM data_quality_logs v
    WHERE v.event_id = e.event_id AND v.snapshot_time = s.capture_time
      AND v.bookmaker_key = b.bookmaker_key AND v.market_key = mk.market_key
      AND coalesce(v.outcome_name, o.name) = o.name AND v.resolution IS NULL
      AND v.created_at <= %(known_by)s
) l
LEFT JOIN LATERAL voided_by(
    s.event_no, sel.bookmaker_id, sel.market_id, sel.outcome_id, sel.description_id,
    s.capture_time, %(known_by)s
) w ON true
WHERE q.state = 0
  AND s.capture_time >= %(start)s AND s.capture_time < %(end)s
  AND s.known_time <= %(known_by)s
  AND {EVENT} AND {SPORT}
  AND NOT s.unlisted
  AND s.ages[a.place] <> -32768
  AND NOT EXISTS (
      SELECT FROM snapshots v
      WHERE v.event_no = s.event_no AND v.capture_time = s.capture_time
        AND v.scope_id = s.scope_id AND v.known_time > s.known_time
        AND v.known_time <= %(known_by)s
  )
"""

COLLECTED: Mapping[str, Selection] = MappingProxyType(
    {
        "odds": Selection(
            f"SELECT * FROM odds WHERE {DAY_OF_ODDS} AND {EVENT} AND {SPORT_OF_EVENT}",
            ("odds_timestamp", "event_id", "bookmaker_key", "market_key", "id"),
            as_of=_ODDS_AS_OF,
            by_day=True,
        ),
        "events": Selection(
            f"SELECT * FROM ({EVENTS}) found WHERE (%(event)s::text IS NULL OR id = %(event)s)",
            ("commence_time", "id"),
        ),
        "odds_snapshots": Selection(
            f"""SELECT * FROM odds_snapshots
            WHERE {DAY_OF_SNAPSHOTS} AND {EVENT} AND {SPORT_OF_EVENT} AND {known("known_time")}
            """,
            ("snapshot_time", "event_id", "known_time", "id"),
            by_day=True,
            batch=_LARGE_ROWS,
        ),
        "data_quality_logs": Selection(
            f"""SELECT * FROM data_quality_logs
            WHERE {day_within("partition")}
              AND {EVENT} AND {SPORT_OF_EVENT} AND {known("created_at")}""",
            ("partition", "id"),
        ),
        "fetch_logs": Selection(
            f"""SELECT f.*, (
                SELECT key_fingerprint FROM credit_ledger l
                WHERE l.call_id = f.call_id AND l.entry = 'reserved'
            ) AS key_fingerprint
            FROM fetch_logs f
            WHERE {within("fetch_time")} AND {SPORT} AND {known("fetch_time")}""",
            ("fetch_time", "id"),
            ALL - {"event"},
        ),
        "slots": Selection(
            f"SELECT * FROM slots WHERE {within('slot_time')} AND {SPORT}",
            ("slot_time", "slot_id"),
            frozenset({"start", "end", "sport"}),
        ),
        "credit_ledger": Selection(
            f"""SELECT * FROM credit_ledger
            WHERE {within("entered_at")} AND {SPORT} AND {known("entered_at")}""",
            ("entry_id",),
            ALL - {"event"},
        ),
        "quarantine": Selection(
            f"""SELECT * FROM quarantine
            WHERE {within("coalesce(capture_time, created_at)")}
              AND {EVENT} AND {SPORT_OF_EVENT} AND {known("created_at")}""",
            ("id",),
        ),
        "raw_responses": Selection(
            f"""SELECT r.*, encode(r.sha256, 'hex') AS digest, b.body
            FROM raw_responses r JOIN raw_bodies b USING (raw_id, known_time)
            WHERE {within("received_at")} AND {known("known_time")}""",
            ("raw_id",),
            frozenset({"start", "end", "known_by"}),
            batch=20,
        ),
    }
)
