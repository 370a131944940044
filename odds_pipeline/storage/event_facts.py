"""Writes what events and scores documents stated of events.

Belongs here: rows of ``event_statements``. Does not belong here: starts stated beside odds, which
stand in their snapshots (``odds_facts``).
"""

from collections.abc import Iterable
from typing import Any

import psycopg

from odds_pipeline.catalog.observations import EventCapture
from odds_pipeline.storage.captures import Item, numbers, send_captures, stated_capture
from odds_pipeline.storage.memory import Memory

Connection = psycopg.Connection[Any]


def write_statements(conn: Connection, memory: Memory, items: Iterable[Item]) -> int:
    """Append what events and scores documents stated, unless it stands there already."""
    written, dims = 0, memory.dims
    for item in items:
        for capture in item.document.statements:
            stated = stated_capture(item, capture, len(capture.statements))
            row = (*stated, "events", None, None, False, None)
            (capture_id,) = numbers(send_captures(conn, [row]))
            memory.wrote([capture_id], [capture.capture_time])
            rows = [
                (
                    dims.event_nos[s.event.event_id],
                    dims.matchup_ids[s.event.home_team, s.event.away_team],
                    s.event.commence_time,
                    s.event.day_only,
                    s.completed,
                    s.home_score,
                    s.away_score,
                    s.score_time,
                    s.home_margin,
                )
                for s in capture.statements
            ]
            if rows:
                written += _insert_statements(conn, item, capture, capture_id, rows)
    return written


def _insert_statements(
    conn: Connection,
    item: Item,
    capture: EventCapture,
    capture_id: int,
    rows: list[tuple[Any, ...]],
) -> int:
    columns = [list(column) for column in zip(*rows, strict=True)]
    new = conn.execute(
        """INSERT INTO event_statements (event_no, capture_time, known_time, capture_id,
            matchup_id, commence_time, day_only, completed, home_score, away_score, score_time,
            home_margin)
        SELECT a.event_no, %s, %s, %s, a.matchup_id, a.commence_time, a.day_only, a.completed,
            a.home_score, a.away_score, a.score_time, a.home_margin
        FROM unnest(%s::int[], %s::int[], %s::timestamptz[], %s::boolean[], %s::boolean[],
            %s::int[], %s::int[], %s::timestamptz[], %s::int[])
            AS a(event_no, matchup_id, commence_time, day_only, completed, home_score,
                away_score, score_time, home_margin)
        LEFT JOIN LATERAL (
            SELECT * FROM event_statements s
            WHERE s.event_no = a.event_no AND s.capture_time = %s
            ORDER BY s.known_time DESC LIMIT 1
        ) was ON true
        WHERE was.event_no IS NULL
           OR (was.matchup_id, was.commence_time, was.day_only, was.completed, was.home_score,
               was.away_score, was.score_time, was.home_margin)
              IS DISTINCT FROM
              (a.matchup_id, a.commence_time, a.day_only, a.completed, a.home_score,
               a.away_score, a.score_time, a.home_margin)
        ON CONFLICT DO NOTHING RETURNING event_no""",
        (
            capture.capture_time,
            item.known_time,
            capture_id,
            *columns,
            capture.capture_time,
        ),
    )
    return len(new.fetchall())
