"""What users' own models said of outcomes, as of two times.

Belongs here: SQL around ``model_probabilities``. Does not belong here: reading files
(``services.market.model_import``).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from odds_pipeline.storage.frames import fetch_frame

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]


class Said(NamedTuple):
    """One probability: of the outcome, given that it is no push; ``made_at`` is aware UTC."""

    event_id: str
    market_key: str
    outcome_name: str
    description: str | None
    point: float | None
    probability: float
    model_name: str
    model_version: str
    made_at: datetime


class Unknown(NamedTuple):
    """What of a word is not stored here, by its place in the batch (from 0)."""

    place: int
    event: bool
    market: bool
    outcome: bool


_STAGE = """
CREATE TEMPORARY TABLE staged_models ON COMMIT DROP AS
SELECT x.*, e.event_no, mk.market_id, o.name_id AS outcome_id, d.name_id AS description_id
FROM unnest(%(events)s::text[], %(markets)s::text[], %(outcomes)s::text[],
    %(descriptions)s::text[], %(points)s::float8[], %(probabilities)s::float8[],
    %(names)s::text[], %(versions)s::text[], %(made)s::timestamptz[]) WITH ORDINALITY
    AS x(event_id, market_key, outcome_name, description, point, probability, model_name,
    model_version, made_at, place)
LEFT JOIN event_ids e USING (event_id)
LEFT JOIN markets mk USING (market_key)
LEFT JOIN names o ON o.name = x.outcome_name
LEFT JOIN names d ON d.name = x.description
"""

_UNKNOWN = """
SELECT place - 1, event_no IS NULL, market_id IS NULL,
    outcome_id IS NULL OR (description IS NOT NULL AND description_id IS NULL)
FROM staged_models
WHERE event_no IS NULL OR market_id IS NULL OR outcome_id IS NULL
   OR (description IS NOT NULL AND description_id IS NULL)
ORDER BY place
"""

_KEEP = """
INSERT INTO model_probabilities (made_at, event_no, market_id, outcome_id, description_id, point,
    probability, model_name, model_version)
SELECT made_at, event_no, market_id, outcome_id, description_id, point, probability, model_name,
    model_version
FROM staged_models
WHERE event_no IS NOT NULL AND market_id IS NOT NULL AND outcome_id IS NOT NULL
  AND (description IS NULL OR description_id IS NOT NULL)
ON CONFLICT ON CONSTRAINT uq_model_probabilities_said DO NOTHING
"""

_SAID = """
SELECT a.place, e.event_id, mk.market_key, o.name AS outcome_name, d.name AS description,
    m.point, m.probability, m.model_name, m.model_version, m.made_at, m.known_time
FROM (
    SELECT DISTINCT ON (a.place, m.market_id, m.outcome_id, m.description_id, m.point,
        m.model_name) a.place, m.*
    FROM unnest(%(events)s::text[], %(moments)s::timestamptz[]) WITH ORDINALITY
        AS a(event_id, at, place)
    JOIN event_ids e USING (event_id)
    JOIN model_probabilities m ON m.event_no = e.event_no AND m.made_at <= a.at
    WHERE m.known_time <= %(known_by)s
    ORDER BY a.place, m.market_id, m.outcome_id, m.description_id, m.point, m.model_name,
        m.made_at DESC, m.known_time DESC
) m
JOIN unnest(%(events)s::text[]) WITH ORDINALITY AS a(event_id, place) USING (place)
JOIN event_ids e ON e.event_id = a.event_id
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = m.outcome_id
LEFT JOIN names d ON d.name_id = m.description_id
ORDER BY m.place
"""


def keep(conn: Connection, said: Sequence[Said]) -> tuple[int, list[Unknown]]:
    """Keep what can be; returns how many words are new, and those about nothing stored here."""
    conn.execute(
        _STAGE,
        {
            "events": [one.event_id for one in said],
            "markets": [one.market_key for one in said],
            "outcomes": [one.outcome_name for one in said],
            "descriptions": [one.description for one in said],
            "points": [one.point for one in said],
            "probabilities": [one.probability for one in said],
            "names": [one.model_name for one in said],
            "versions": [one.model_version for one in said],
            "made": [one.made_at for one in said],
        },
    )
    unknown = [Unknown(*row) for row in conn.execute(_UNKNOWN)]
    kept = conn.execute(_KEEP).rowcount
    conn.execute("DROP TABLE staged_models")
    return kept, unknown


def said(
    conn: Connection, asked: Iterable[tuple[str, datetime]], known_by: datetime
) -> "pd.DataFrame":
    """The newest word of each model on each outcome, for events at moments of their own.

    Args:
        conn: a connection inside a transaction.
        asked: event id and moment; ``place`` counts them from 1.
        known_by: what must have been stored by then.
    """
    pairs = list(asked)
    return fetch_frame(
        conn,
        _SAID,
        {
            "events": [event for event, _ in pairs],
            "moments": [moment for _, moment in pairs],
            "known_by": known_by,
        },
    )


def any_known(conn: Connection) -> bool:
    """Whether any model ever said anything."""
    row = conn.execute("SELECT EXISTS (SELECT FROM model_probabilities)").fetchone()
    return row is not None and bool(row[0])
