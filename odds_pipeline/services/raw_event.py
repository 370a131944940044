"""Reads back what a provider said of an event, as it said it.

Belongs here: finding the document behind a snapshot and the event in it. Does not belong here:
prices as stored (``storage.readers``).
"""

import csv
import io
from dataclasses import dataclass
from datetime import datetime

from odds_pipeline.catalog.observations import RawDocument
from odds_pipeline.errors import NotFound
from odds_pipeline.sources.files.detect import decompressed
from odds_pipeline.sources.the_odds_api.wire import loads
from odds_pipeline.storage import raw, raw_lookup
from odds_pipeline.storage.engine import Connection


@dataclass(frozen=True, slots=True)
class RawEvent:
    """An event's part of a stored document: JSON as the provider sent it, or the file's rows."""

    raw_id: int
    capture_time: datetime
    known_time: datetime
    source: str
    sha256: str
    event: object


def raw_event(
    conn: Connection, event_id: str, at: datetime | None = None, known_by: datetime | None = None
) -> RawEvent:
    """The newest snapshot of the event at or before ``at``, in the document's own words.

    Raises:
        NotFound: no snapshot of that event by then.
    """
    found = raw_lookup.newest(conn, event_id, at, known_by)
    if found is None:
        raise NotFound(f"event {event_id!r} has no snapshot by then")
    document = raw.read(conn, found.raw_id)
    return RawEvent(
        found.raw_id,
        found.capture_time,
        found.known_time,
        document.source,
        found.sha256,
        event_in(document, event_id),
    )


def event_in(document: RawDocument, event_id: str) -> object:
    """The event in a document's own words: JSON, or a file's rows; ``None`` if it has none."""
    body = decompressed(document.body) if document.source == "file" else document.body
    if document.endpoint.startswith("flat_"):
        rows = csv.DictReader(io.StringIO(body.decode("utf-8-sig")))
        return [row for row in rows if row.get("event_id") == event_id]
    content = loads(body)
    if isinstance(content, dict) and "data" in content:
        content = content["data"]
    events = content if isinstance(content, list) else [content]
    found = (e for e in events if isinstance(e, dict) and e.get("id") == event_id)
    return next(found, None)
