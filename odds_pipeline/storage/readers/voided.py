"""Takes the price out of lines whose capture lies inside a void.

Belongs here: lines that were found. Does not belong here: voids themselves (``storage.voids``),
as-of rows, whose query asks for voids itself (``as_of``).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg

from odds_pipeline.storage.readers.line_frames import Line, missing
from odds_pipeline.storage.readers.prematch import Pair

Connection = psycopg.Connection[Any]
Lines = Mapping[str, Mapping[Pair, Sequence[Line]]]

VOIDED = "voided"

_VOIDED = """
SELECT a.place
FROM unnest(%(events)s::text[], %(bookmakers)s::text[], %(markets)s::text[], %(outcomes)s::text[],
    %(descriptions)s::text[], %(captures)s::timestamptz[])
    WITH ORDINALITY AS a(event_id, bookmaker_key, market_key, outcome, about, capture, place)
JOIN event_ids e USING (event_id)
JOIN bookmakers b USING (bookmaker_key)
JOIN markets mk USING (market_key)
JOIN names o ON o.name = a.outcome
LEFT JOIN names d ON d.name = a.about
CROSS JOIN LATERAL voided_by(
    e.event_no, b.bookmaker_id, mk.market_id, o.name_id, d.name_id, a.capture, %(known_by)s
)
"""


def without_voided(conn: Connection, lines: Lines, known_by: datetime) -> Lines:
    """The lines by event and book's market; one inside a void says so instead of its price."""
    if not _any_void(conn, known_by):
        return lines
    placed = [
        (event, pair, line)
        for event, pairs in lines.items()
        for pair, found in pairs.items()
        for line in found
    ]
    places = conn.execute(
        _VOIDED,
        {
            "events": [event for event, _, _ in placed],
            "bookmakers": [bookmaker for _, (bookmaker, _), _ in placed],
            "markets": [market for _, (_, market), _ in placed],
            "outcomes": [line.outcome for *_, line in placed],
            "descriptions": [line.description for *_, line in placed],
            "captures": [line.capture_time for *_, line in placed],
            "known_by": known_by,
        },
    )
    inside = {place for (place,) in places}
    kept: dict[str, dict[Pair, list[Line]]] = {}
    for place, (event, pair, line) in enumerate(placed, 1):
        shown = missing(VOIDED, line.outcome, line.description) if place in inside else line
        kept.setdefault(event, {}).setdefault(pair, []).append(shown)
    return kept


def _any_void(conn: Connection, known_by: datetime) -> bool:
    row = conn.execute("SELECT EXISTS (SELECT FROM voids_known(%s))", (known_by,)).fetchone()
    return row is not None and bool(row[0])
