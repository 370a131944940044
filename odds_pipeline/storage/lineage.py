"""Where a stored value came from: snapshot, quote row, capture, document, call, slot, ledger.

Belongs here: those queries. Does not belong here: putting them together (``services.explain``),
reading bytes (``raw``). Credits are the provider's; times UTC.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from odds_pipeline.errors import NotFound

Connection = psycopg.Connection[Any]
Row = dict[str, Any]

_SHOWN = """
SELECT s.snapshot_id, s.capture_id, s.capture_time, s.known_time, s.in_play, s.commence_time,
    q.price, q.point, q.capture_time AS written_capture_time, q.known_time AS written_known_time,
    hashtextextended(concat_ws('|', s.snapshot_id, x.selection_id), 0) AS odds_id
FROM snapshots s
JOIN event_ids e USING (event_no)
JOIN event_selections x USING (event_no)
JOIN selections sel USING (selection_id)
JOIN bookmakers b USING (bookmaker_id)
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = sel.outcome_id
LEFT JOIN names d ON d.name_id = sel.description_id
CROSS JOIN LATERAL (
    SELECT price, point, state, capture_time, known_time FROM quotes
    WHERE event_no = s.event_no AND selection_id = x.selection_id
      AND capture_time <= s.capture_time
      AND capture_time >= date_trunc('day', s.capture_time, 'UTC')
      AND known_time <= coalesce(%(known_by)s::timestamptz, 'infinity')
    ORDER BY capture_time DESC, known_time DESC LIMIT 1
) q
WHERE e.event_id = %(event)s AND b.bookmaker_key = %(bookmaker)s AND mk.market_key = %(market)s
  AND o.name = %(outcome)s AND d.name IS NOT DISTINCT FROM %(description)s
  AND (%(point)s::float8 IS NULL OR q.point = %(point)s)
  AND s.capture_time = %(capture)s
  AND s.known_time <= coalesce(%(known_by)s::timestamptz, 'infinity')
  AND NOT s.unlisted AND q.state = 0
ORDER BY s.known_time DESC LIMIT 1
"""

_DOCUMENT = """
SELECT r.raw_id, encode(r.sha256, 'hex') AS sha256, r.body_size, r.source, r.endpoint, r.request,
    r.status, r.received_at, r.received_basis, r.known_time, r.odds_format, r.elapsed_ms,
    r.credits::float8 AS credits, r.call_id
FROM raw_responses r WHERE r.raw_id = %s
"""

_CALL = """
SELECT id AS fetch_log_id, fetch_time, success, error_code, response_time_ms, events_count,
    bookmakers_count, api_quota_remaining::float8 AS quota_remaining, slot_id
FROM fetch_logs WHERE call_id = %s
"""

_LEDGER = """
SELECT entry, credits::float8 AS credits, purpose, key_fingerprint, provider_used::float8,
    provider_remaining::float8, entered_at
FROM credit_ledger WHERE call_id = %s ORDER BY entry_id
"""

_EDGE = """
SELECT g.opportunity_id, e.event_id, mk.market_key, g.kind, g.strategy, g.status, g.verdict,
    o.name AS outcome_name, d.name AS description, g.point, g.edge_percentage,
    g.fair_probability, g.model_probability, g.model_version, g.last_seen, g.first_seen, g.legs
FROM edges g
JOIN event_ids e USING (event_no)
JOIN markets mk USING (market_id)
LEFT JOIN names o ON o.name_id = g.outcome_id
LEFT JOIN names d ON d.name_id = g.description_id
WHERE g.opportunity_id = %s
"""

_KNOWN = """
SELECT max(known_time) FROM edge_sights
WHERE opportunity_id = %s AND capture_time = %s AND superseded_at IS NULL
"""

_FAIR = """
SELECT f.fair_price_id, o.name AS outcome_name, f.source, b.bookmaker_key, f.method,
    f.fair_probability, f.bookmakers, f.stale, f.capture_time, f.known_time
FROM fair_prices f
JOIN event_ids e USING (event_no)
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = f.outcome_id
LEFT JOIN names d ON d.name_id = f.description_id
LEFT JOIN bookmakers b USING (bookmaker_id)
WHERE e.event_id = %(event)s AND mk.market_key = %(market)s AND f.capture_time = %(capture)s
  AND d.name IS NOT DISTINCT FROM %(description)s AND f.chosen AND f.superseded_at IS NULL
ORDER BY o.name, f.point
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A price as one snapshot shows it, and the row that holds it since it last changed."""

    snapshot_id: int
    capture_id: int
    capture_time: datetime
    known_time: datetime
    in_play: bool
    commence_time: datetime
    price: float
    point: float | None
    written_capture_time: datetime
    written_known_time: datetime
    odds_id: int


@dataclass(frozen=True, slots=True)
class Selection:
    """What is priced: of which event, at which book, in which market."""

    event: str
    bookmaker: str
    market: str
    outcome: str
    point: float | None = None
    description: str | None = None

    def values(self) -> Row:
        """The values to bind."""
        return {
            "event": self.event,
            "bookmaker": self.bookmaker,
            "market": self.market,
            "outcome": self.outcome,
            "point": self.point,
            "description": self.description,
        }


def shown(
    conn: Connection, selection: Selection, capture: datetime, known_by: datetime | None
) -> Shown | None:
    """The price in the event's snapshot of that capture time; ``None`` if it shows none."""
    values = selection.values() | {"capture": capture, "known_by": known_by}
    with conn.cursor(row_factory=class_row(Shown)) as cursor:
        return cursor.execute(_SHOWN, values).fetchone()


def raw_of_capture(conn: Connection, capture_id: int) -> tuple[int, str]:
    """The document of a capture, and how its capture time was told."""
    row = conn.execute(
        "SELECT raw_id, basis FROM captures WHERE capture_id = %s", (capture_id,)
    ).fetchone()
    assert row is not None
    return int(row[0]), str(row[1])


def document(conn: Connection, raw_id: int) -> Row:
    """What is known of a stored document.

    Raises:
        NotFound: there is none of that number.
    """
    found = _one(conn, _DOCUMENT, (raw_id,))
    if found is None:
        raise NotFound(f"raw document {raw_id} is not stored here")
    return found


def call(conn: Connection, call_id: object) -> Row | None:
    """The logged call; ``None`` for an imported file."""
    return _one(conn, _CALL, (call_id,))


def slot(conn: Connection, slot_id: int) -> Row | None:
    """The planned capture that a call made."""
    return _one(
        conn,
        """SELECT slot_id, purpose, sport_key, slot_time, status, why FROM slots
        WHERE slot_id = %s""",
        (slot_id,),
    )


def ledger(conn: Connection, call_id: object) -> list[Row]:
    """What a call was reserved and charged, in order."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_LEDGER, (call_id,)).fetchall()


def edge(conn: Connection, opportunity_id: str) -> Row:
    """An opportunity as it was last seen, with the ``known_time`` of that.

    Raises:
        NotFound: there is none of that id.
    """
    found = _one(conn, _EDGE, (opportunity_id,))
    if found is None:
        raise NotFound(f"there is no edge {opportunity_id!r}; `odds edges --status any` lists them")
    row = conn.execute(_KNOWN, (opportunity_id, found["last_seen"])).fetchone()
    return found | {"known_time": None if row is None else row[0]}


def fair(
    conn: Connection, event: str, market: str, description: str | None, capture: datetime
) -> list[Row]:
    """The fair prices by which a market was judged at a capture."""
    values = {"event": event, "market": market, "description": description, "capture": capture}
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_FAIR, values).fetchall()


def _one(conn: Connection, query: str, values: tuple[object, ...]) -> Row | None:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchone()
