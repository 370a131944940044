"""Sights of opportunities: each price at which an edge was there, and each capture it was gone.

Belongs here: keeping sights, and which opportunities were there at a moment. Does not belong here:
finding them (``services.market``), an opportunity as a whole (``edges``).

As with fair prices a sight that later knowledge does not confirm stays, superseded since then.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.storage.numbers import Numbers

Connection = psycopg.Connection[Any]


TOLERANCE = 1e-9  # percent of the stake


class Leg(NamedTuple):
    """One bet of an opportunity; ``stake`` is money, of several legs' total stake."""

    bookmaker_key: str
    outcome_name: str
    point: float | None
    price: float
    age_seconds: float | None
    stake: float | None = None


class Sight(NamedTuple):
    """An opportunity at one moment at one book (no one book where it has several legs).

    Probabilities are of winning, given that the bet is no push; percentages are of the stake;
    money is in the unit of the stakes. ``state`` is ``seen`` or ``closed``.
    """

    opportunity_id: str
    capture_time: datetime
    known_time: datetime
    event_id: str
    market_key: str
    outcome_name: str | None
    description: str | None
    point: float | None
    kind: str
    strategy: str
    state: str
    category: str
    tags: tuple[str, ...]
    commence_time: datetime
    legs: tuple[Leg, ...]
    bookmaker_key: str | None = None
    verdict: str | None = None
    reason: str | None = None
    closed_by: str | None = None
    expires_at: datetime | None = None
    price: float | None = None
    fair_probability: float | None = None
    model_probability: float | None = None
    implied_probability: float | None = None
    model_version: str | None = None
    edge_percentage: float | None = None
    kelly_fraction: float | None = None
    age_seconds: float | None = None
    total_stake: float | None = None
    worst_case_profit: float | None = None
    flagged: bool | None = None


_STAGE = """
CREATE TEMPORARY TABLE staged_sights ON COMMIT DROP AS
SELECT * FROM ROWS FROM (jsonb_to_recordset(%(rows)s::jsonb) AS (opportunity_id text,
    capture_time timestamptz, known_time timestamptz, event_no int, market_id int2,
    bookmaker_id int2, outcome_id int, description_id int, point float8, kind text,
    strategy text, state text, verdict text, reason text, closed_by text, category text,
    tags text[], commence_time timestamptz, expires_at timestamptz, price float8,
    fair_probability float8, model_probability float8, implied_probability float8,
    model_version text, edge_percentage float8, kelly_fraction float8, age_seconds float8,
    total_stake float8, worst_case_profit float8, flagged bool, legs jsonb)) WITH ORDINALITY
    AS x(opportunity_id, capture_time, known_time, event_no, market_id, bookmaker_id, outcome_id,
    description_id, point, kind, strategy, state, verdict, reason, closed_by, category, tags,
    commence_time, expires_at, price, fair_probability, model_probability, implied_probability,
    model_version, edge_percentage, kelly_fraction, age_seconds, total_stake, worst_case_profit,
    flagged, legs, n)
"""

# What stands already and is found again.
_SAME = """
CREATE TEMPORARY TABLE same_sights ON COMMIT DROP AS
SELECT k.sight_id, s.n
FROM edge_sights k JOIN staged_sights s
    ON k.capture_time = s.capture_time AND k.opportunity_id = s.opportunity_id
WHERE k.capture_time = ANY(%(moments)s) AND k.superseded_at IS NULL
  AND k.bookmaker_id IS NOT DISTINCT FROM s.bookmaker_id
  AND k.state = s.state AND k.verdict IS NOT DISTINCT FROM s.verdict
  AND k.closed_by IS NOT DISTINCT FROM s.closed_by
  AND k.legs = s.legs AND k.flagged IS NOT DISTINCT FROM s.flagged
  AND (k.edge_percentage IS NOT DISTINCT FROM s.edge_percentage
      OR abs(k.edge_percentage - s.edge_percentage) < %(tolerance)s)
"""

_SUPERSEDE = """
UPDATE edge_sights SET superseded_at = %(known_by)s
WHERE capture_time = ANY(%(moments)s) AND superseded_at IS NULL
  AND sight_id NOT IN (SELECT sight_id FROM same_sights)
RETURNING opportunity_id
"""

_INSERT = """
INSERT INTO edge_sights (opportunity_id, capture_time, known_time, event_no, market_id,
    bookmaker_id, outcome_id, description_id, point, kind, strategy, state, verdict, reason,
    closed_by, category, tags, commence_time, expires_at, price, fair_probability,
    model_probability, implied_probability, model_version, edge_percentage, kelly_fraction,
    age_seconds, total_stake, worst_case_profit, flagged, legs)
SELECT opportunity_id, capture_time,
    CASE WHEN capture_time IN (SELECT capture_time FROM pricings)
        THEN %(known_by)s ELSE known_time END, event_no, market_id,
    bookmaker_id, outcome_id, description_id, point, kind, strategy, state, verdict, reason,
    closed_by, category, tags, commence_time, expires_at, price, fair_probability,
    model_probability, implied_probability, model_version, edge_percentage, kelly_fraction,
    age_seconds, total_stake, worst_case_profit, flagged, legs
FROM staged_sights WHERE n NOT IN (SELECT n FROM same_sights)
RETURNING opportunity_id
"""

# An opportunity is there at the moment before if its newest standing sight then says so.
_THERE = """
SELECT k.*, e.event_id, mk.market_key, o.name AS outcome_name, d.name AS description
FROM (
    SELECT DISTINCT ON (k.opportunity_id) k.opportunity_id, k.capture_time, k.known_time,
        k.event_no, k.market_id, k.outcome_id, k.description_id, k.point, k.kind, k.strategy,
        k.state, k.category, k.tags, k.commence_time, k.legs
    FROM edge_sights k
    WHERE k.event_no IN (SELECT event_no FROM event_ids WHERE event_id = ANY(%(events)s))
      AND k.capture_time < %(before)s AND k.superseded_at IS NULL
    ORDER BY k.opportunity_id, k.capture_time DESC, k.edge_percentage DESC NULLS LAST,
        k.bookmaker_id
) k
JOIN event_ids e USING (event_no)
JOIN markets mk USING (market_id)
LEFT JOIN names o ON o.name_id = k.outcome_id
LEFT JOIN names d ON d.name_id = k.description_id
WHERE k.state = 'seen'
"""


def write(
    conn: Connection,
    sights: Sequence[Sight],
    known: Numbers,
    moments: Sequence[datetime],
    known_by: datetime,
) -> set[str]:
    """Make the moments' sights those given; returns the opportunities of which any changed.

    Args:
        conn: a connection inside a transaction.
        sights: all of the moments.
        known: the numbers of their keys.
        moments: those the sights are about.
        known_by: what was known when they were found.
    """
    rows = json.dumps([_row(sight, known) for sight in sights], default=_text)
    conn.execute(_STAGE, {"rows": rows})
    values = {"known_by": known_by, "moments": list(moments), "tolerance": TOLERANCE}
    conn.execute("ANALYZE staged_sights")
    conn.execute(_SAME, values)
    changed = {row[0] for row in conn.execute(_SUPERSEDE, values)}
    changed |= {row[0] for row in conn.execute(_INSERT, values)}
    conn.execute("DROP TABLE staged_sights, same_sights")
    return changed


def _row(sight: Sight, known: Numbers) -> dict[str, Any]:
    return sight._asdict() | {
        "event_no": known.events[sight.event_id],
        "market_id": known.markets[sight.market_key],
        "bookmaker_id": None if sight.bookmaker_key is None else _of(known, sight.bookmaker_key),
        "outcome_id": None if sight.outcome_name is None else known.names[sight.outcome_name],
        "description_id": None if sight.description is None else known.names[sight.description],
        "legs": [leg._asdict() for leg in sight.legs],
    }


def _of(known: Numbers, bookmaker: str) -> int:
    return known.bookmakers[bookmaker]


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in a sight")


def there(conn: Connection, events: Iterable[str], before: datetime) -> list[Sight]:
    """The opportunities of events that were there when last looked at before a moment.

    Each as its sight of the greatest edge.
    """
    cursor = conn.execute(_THERE, {"events": list(events), "before": before})
    assert cursor.description is not None
    names = [column.name for column in cursor.description]
    found = []
    for row in cursor.fetchall():
        held = dict(zip(names, row, strict=True))
        legs = tuple(Leg(**leg) for leg in held.pop("legs"))
        kept = {name: value for name, value in held.items() if name in Sight._fields}
        found.append(Sight(**kept | {"legs": legs, "tags": tuple(kept["tags"])}))
    return found
