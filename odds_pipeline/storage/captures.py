"""Documents on their way into the fact tables, and the captures they are made of.

Belongs here: the rows of ``captures``. Does not belong here: the facts under them
(``odds_facts``, ``event_facts``).
"""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.catalog.observations import Document, EventCapture, OddsCapture
from odds_pipeline.storage.engine import answer_now, in_pipeline

Connection = psycopg.Connection[Any]
Cursor = psycopg.Cursor[Any]

_INSERT = """INSERT INTO captures (raw_id, known_time, capture_time, basis, event_count, kind,
    sport_id, scope_id, listing, asked_events)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
RETURNING capture_id"""


class Item(NamedTuple):
    """One raw document to write, with the known time its facts get."""

    raw_id: int
    known_time: datetime
    document: Document


def send_captures(conn: Connection, rows: Sequence[tuple[Any, ...]]) -> list[Cursor]:
    """Send captures to be written; ``numbers`` has theirs, in the order given.

    In a pipeline they are answered at once, whatever is sent after them.
    """
    with nullcontext() if in_pipeline(conn) or len(rows) == 1 else conn.pipeline():
        sent = [conn.execute(_INSERT, row) for row in rows]
    answer_now(conn)
    return sent


def numbers(sent: Iterable[Cursor]) -> list[int]:
    """The numbers of captures that were sent."""
    return [row[0] for cursor in sent for row in cursor]


def stated_capture(
    item: Item, capture: OddsCapture | EventCapture, count: int
) -> tuple[int, datetime, datetime, str, int]:
    """The first columns of a capture's row: those that both kinds share."""
    moment = capture.capture_time
    return item.raw_id, item.known_time, moment, str(capture.basis), count
