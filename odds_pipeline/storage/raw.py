"""Raw documents: the exact bytes, stored before anything parses them.

Belongs here: storing, finding and reading back raw documents. Does not belong here: parsing.
Bodies are zstd-compressed whole; known time is set by the database.
"""

from collections.abc import Iterable, Sequence
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

Connection = psycopg.Connection[Any]
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
# The columns of ``Packed`` that are stored, of raw_responses r and raw_bodies b.
PACKED = """r.raw_id, r.source, r.endpoint, r.request, b.body, r.received_at, r.received_basis,
    r.known_time, r.captured_at, r.odds_format, r.sha256"""
_PACKED = f"""SELECT {PACKED}
FROM raw_responses r LEFT JOIN raw_bodies b USING (raw_id, known_time)
WHERE raw_id = ANY(%s)"""  # noqa: S608  (a constant of this module)


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


class Packed(NamedTuple):
    """A stored document as it stands in the tables, or (``plain``) as its archive has it.

    Where its bytes are archived ``body`` is ``None`` until ``complete`` has brought them.
    """

    raw_id: int
    source: str
    endpoint: str
    request: dict[str, str]
    body: bytes | None
    received_at: datetime
    received_basis: str
    known_time: datetime
    captured_at: datetime | None
    odds_format: str | None
    sha256: bytes
    plain: bool = False


def store(conn: Connection, record: RawRecord, queue: bool = True) -> StoredRaw:
    """Store a document exactly once and, unless it is an error's body, queue it to normalise.

    A file counts as stored when one with the same bytes, kind and stated facts is there. Of a
    pipeline it waits for the document's number only.
    """
    digest = sha256(record.body).digest()
    body = zstandard.ZstdCompressor(LEVEL).compress(record.body)
    conn.execute(_ENSURE_MONTHS)
    row = conn.execute(
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
    ).fetchone()
    if row is None:
        present = _find(conn, record, digest)
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
    rows = conn.execute(_PACKED, (list(raw_ids),))
    return complete(conn, [Packed(*row) for row in rows.fetchall()])


def complete(conn: Connection, stored: Iterable[Packed]) -> dict[int, Packed]:
    """The documents by number, with archived bytes brought; those without any are left out."""
    found = {one.raw_id: one for one in stored}
    bodies = archived(conn, [n for n, one in found.items() if one.body is None])
    thawed = {n: found[n]._replace(body=body, plain=True) for n, body in bodies.items()}
    return {n: one for n, one in (found | thawed).items() if one.body is not None}


def unpacked(stored: Packed) -> RawDocument:
    """The document itself.

    Raises:
        StorageError: its bytes are not those that were stored.
    """
    assert stored.body is not None
    body = stored.body if stored.plain else zstandard.ZstdDecompressor().decompress(stored.body)
    if sha256(body).digest() != stored.sha256:
        raise StorageError(f"raw document {stored.raw_id} is damaged: its sha256 does not match")
    return document(stored, body)


def document(stored: Packed, body: bytes) -> RawDocument:
    """A stored document of which the bytes are at hand."""
    return RawDocument(
        source=stored.source,
        endpoint=stored.endpoint,
        request=stored.request,
        body=body,
        received_at=stored.received_at,
        received_basis=CaptureBasis(stored.received_basis),
        known_time=stored.known_time,
        captured_at=stored.captured_at,
        odds_format=None if stored.odds_format is None else OddsFormat(stored.odds_format),
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
