"""Raw documents: the exact bytes, stored before anything parses them.

Belongs here: storing, finding and reading back raw documents. Does not belong here: parsing.
Bodies are zstd-compressed whole; known time is set by the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import psycopg
import zstandard
from psycopg.types.json import Jsonb

from odds_pipeline.catalog.observations import CaptureBasis, OddsFormat, RawDocument
from odds_pipeline.errors import NotFound, StorageError
from odds_pipeline.storage.archive.bodies import archived
from odds_pipeline.storage.engine import answer_now

Connection = psycopg.Connection[Any]
Cursor = psycopg.Cursor[Any]
LEVEL = 3

# Of the month that a known time drawn now may lie in: the clock may pass midnight meanwhile.
_ENSURE_MONTHS = """SELECT ensure_month(moment, ARRAY['raw_bodies'])
FROM unnest(ARRAY[clock_timestamp(), clock_timestamp() + interval '1 hour']) AS moment"""
_STORE = """
WITH stored AS (
    INSERT INTO raw_responses (call_id, source, endpoint, request, status, headers, sha256,
        body_size, received_at, received_basis, clock_at, provider_date, captured_at,
        odds_format, elapsed_ms, credits)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING RETURNING raw_id, known_time
), body AS (
    INSERT INTO raw_bodies (raw_id, known_time, body) SELECT raw_id, known_time, %b FROM stored
), queued AS (
    INSERT INTO pending_raw (raw_id, known_time) SELECT raw_id, known_time FROM stored WHERE %s
)
SELECT raw_id, known_time FROM stored
"""
# What is known of a stored document besides its bytes: the columns of raw_responses r.
STATED = """r.raw_id, r.source, r.endpoint, r.request, r.received_at, r.received_basis,
    r.known_time, r.captured_at, r.odds_format, r.sha256"""
_STATED = f"SELECT {STATED} FROM raw_responses r WHERE raw_id = ANY(%s)"  # noqa: S608  (constants)
# Known times name the months: without them every month is looked into.
_BODIES = """SELECT raw_id, body FROM raw_bodies
WHERE raw_id = ANY(%s) AND known_time BETWEEN %s AND %s"""


class RawRecord(msgspec.Struct, frozen=True):
    """One document to store, with everything that was known when it arrived.

    ``call_id`` names the call or file: storing the same one twice stores it once.
    """

    call_id: UUID
    source: str
    endpoint: str
    request: dict[str, str]
    body: bytes
    received_at: datetime
    received_basis: CaptureBasis
    status: int | None = None
    headers: dict[str, str] = {}
    clock_at: datetime | None = None
    provider_date: datetime | None = None
    captured_at: datetime | None = None
    odds_format: OddsFormat | None = None
    elapsed_ms: int | None = None
    credits: float | None = None

    def as_stored(self, known_time: datetime) -> RawDocument:
        """The document as it reads back once it is stored."""
        return RawDocument(
            source=self.source,
            endpoint=self.endpoint,
            request=self.request,
            body=self.body,
            received_at=self.received_at,
            received_basis=self.received_basis,
            known_time=known_time,
            captured_at=self.captured_at,
            odds_format=self.odds_format,
        )


@dataclass(frozen=True, slots=True)
class StoredRaw:
    """Where a document is stored; ``created`` is False when it was there already."""

    raw_id: int
    known_time: datetime
    created: bool


class Sent(NamedTuple):
    """A document on its way: its sha256, and what is asked of the server."""

    record: RawRecord
    sha256: bytes
    asked: Cursor


class Stated(NamedTuple):
    """What is known of a stored document besides its bytes."""

    raw_id: int
    source: str
    endpoint: str
    request: dict[str, str]
    received_at: datetime
    received_basis: str
    known_time: datetime
    captured_at: datetime | None
    odds_format: str | None
    sha256: bytes


class Packed(NamedTuple):
    """A stored document with its bytes: packed as in the tables, or ``plain`` from an archive."""

    stated: Stated
    body: bytes
    plain: bool = False


def store(conn: Connection, record: RawRecord, queue: bool = True) -> StoredRaw:
    """Store a document exactly once and, unless it is an error's body, queue it to normalise.

    A file counts as stored when one with the same bytes, kind and stated facts is there. Of a
    pipeline it waits for the document's number only.
    """
    return stored(conn, send(conn, record, queue))


def send(conn: Connection, record: RawRecord, queue: bool = True) -> Sent:
    """As ``store``, without waiting for the answer: ``stored`` reads it."""
    conn.execute(_ENSURE_MONTHS)
    digest = sha256(record.body).digest()
    body = zstandard.ZstdCompressor(LEVEL).compress(record.body)
    asked = conn.execute(
        _STORE,
        (
            record.call_id,
            record.source,
            record.endpoint,
            Jsonb(record.request),
            record.status,
            Jsonb(record.headers),
            digest,
            len(record.body),
            record.received_at,
            str(record.received_basis),
            record.clock_at,
            record.provider_date,
            record.captured_at,
            None if record.odds_format is None else str(record.odds_format),
            record.elapsed_ms,
            record.credits,
            body,
            queue,
        ),
    )
    answer_now(conn)
    return Sent(record, digest, asked)


def stored(conn: Connection, sent: Sent) -> StoredRaw:
    """Where a document that was sent is stored."""
    row = sent.asked.fetchone()
    if row is None:
        present = _find(conn, sent.record, sent.sha256)
        assert present is not None
        return StoredRaw(*present, created=False)
    raw_id, known_time = row
    return StoredRaw(raw_id, known_time, created=True)


def _find(conn: Connection, record: RawRecord, digest: bytes) -> tuple[int, datetime] | None:
    row = conn.execute(
        """SELECT raw_id, known_time FROM raw_responses
        WHERE call_id = %s
           OR (source = 'file' AND %s = 'file' AND sha256 = %s AND endpoint = %s
               AND captured_at IS NOT DISTINCT FROM %s AND odds_format IS NOT DISTINCT FROM %s)
        LIMIT 1""",
        (
            record.call_id,
            record.source,
            digest,
            record.endpoint,
            record.captured_at,
            None if record.odds_format is None else str(record.odds_format),
        ),
    ).fetchone()
    return None if row is None else (row[0], row[1])


def read(conn: Connection, raw_id: int) -> RawDocument:
    """Read a stored document back, its bytes checked against their sha256.

    Raises:
        NotFound: there is no such document.
        StorageError: its bytes are not those that were stored.
    """
    stored = packed(conn, [raw_id])
    if not stored:
        raise NotFound(f"raw document {raw_id} is not stored here")
    return unpacked(stored[raw_id])


def packed(conn: Connection, raw_ids: Sequence[int]) -> dict[int, Packed]:
    """Stored documents by number, their bytes as they stand, in tables or archives."""
    rows = conn.execute(_STATED, (list(raw_ids),))
    return with_bytes(conn, [Stated(*row) for row in rows.fetchall()])


def with_bytes(conn: Connection, stated: Sequence[Stated]) -> dict[int, Packed]:
    """The documents by number with their bytes brought; those without any are left out."""
    if not stated:
        return {}
    found = {one.raw_id: one for one in stated}
    times = [one.known_time for one in stated]
    rows = conn.execute(_BODIES, (list(found), min(times), max(times)))
    here = {raw_id: Packed(found[raw_id], body) for raw_id, body in rows.fetchall()}
    thawed = archived(conn, [raw_id for raw_id in found if raw_id not in here])
    return here | {n: Packed(found[n], body, plain=True) for n, body in thawed.items()}


def unpacked(stored: Packed) -> RawDocument:
    """The document itself.

    Raises:
        StorageError: its bytes are not those that were stored.
    """
    stated, body = stored.stated, stored.body
    if not stored.plain:
        body = zstandard.ZstdDecompressor().decompress(body)
    if sha256(body).digest() != stated.sha256:
        raise StorageError(f"raw document {stated.raw_id} is damaged: its sha256 does not match")
    return document(stated, body)


def document(stated: Stated, body: bytes) -> RawDocument:
    """A stored document of which the bytes are at hand."""
    return RawDocument(
        source=stated.source,
        endpoint=stated.endpoint,
        request=stated.request,
        body=body,
        received_at=stated.received_at,
        received_basis=CaptureBasis(stated.received_basis),
        known_time=stated.known_time,
        captured_at=stated.captured_at,
        odds_format=None if stated.odds_format is None else OddsFormat(stated.odds_format),
    )


def provider_ahead(conn: Connection) -> timedelta | None:
    """The provider's clock minus ours, as its newest answer had both; half a second at best.

    The header has whole seconds: half of one is the best guess at the rest.
    """
    row = conn.execute(
        """SELECT provider_date - clock_at + interval '500 milliseconds' FROM raw_responses
        WHERE provider_date IS NOT NULL AND clock_at IS NOT NULL AND source <> 'file'
        ORDER BY known_time DESC LIMIT 1"""
    ).fetchone()
    return None if row is None else row[0]
