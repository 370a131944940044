"""Raw: the exact bytes of every response, what waits, and what was put aside."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB, UUID

from odds_pipeline.storage.tables.conventions import NOW, Time, metadata

raw_responses = Table(
    "raw_responses",
    metadata,
    Column("raw_id", BigInteger, Identity(always=True), primary_key=True),
    Column("call_id", UUID(as_uuid=True), nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("request", JSONB, nullable=False),
    Column("status", SmallInteger),
    Column("headers", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("sha256", LargeBinary, nullable=False),
    Column("body_size", Integer, nullable=False),
    Column("received_at", Time, nullable=False),
    Column("received_basis", Text, nullable=False),
    Column("clock_at", Time),
    Column("provider_date", Time),
    Column("captured_at", Time),
    Column("odds_format", Text),
    Column("elapsed_ms", Integer),
    Column("credits", Numeric(12, 2)),
    Column("known_time", Time, nullable=False, unique=True, server_default=NOW),
    CheckConstraint("octet_length(sha256) = 32", name="sha256"),
    Index(
        "uq_raw_responses_file",
        "sha256",
        "endpoint",
        "captured_at",
        "odds_format",
        unique=True,
        postgresql_where=text("source = 'file'"),
        postgresql_nulls_not_distinct=True,
    ),
    comment="One row a provider response or imported file. Immutable. known_time is set here.",
)

raw_bodies = Table(
    "raw_bodies",
    metadata,
    Column("raw_id", BigInteger, nullable=False),
    Column("known_time", Time, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("raw_id", "known_time", name="pk_raw_bodies"),
    postgresql_partition_by="RANGE (known_time)",
    comment="The exact bytes, zstd-compressed whole. Immutable. Monthly partitions.",
)

hot_documents = Table(
    "hot_documents",
    metadata,
    Column("raw_id", BigInteger, ForeignKey("raw_responses.raw_id"), primary_key=True),
    Column("document", JSON, nullable=False),
    Column("created_at", Time, nullable=False, server_default=NOW),
    Index("ix_hot_documents_created_at", "created_at"),
    comment="Recent bodies once more, as JSON that plain SQL can read. A cache: rows expire.",
)

pending_raw = Table(
    "pending_raw",
    metadata,
    Column("raw_id", BigInteger, ForeignKey("raw_responses.raw_id"), primary_key=True),
    Column("known_time", Time, nullable=False, unique=True),
    comment="Raw documents not normalised yet; empty when the platform is at rest.",
)

normalisations = Table(
    "normalisations",
    metadata,
    Column("raw_id", BigInteger, ForeignKey("raw_responses.raw_id"), nullable=False),
    Column("parser_version", SmallInteger, nullable=False),
    Column("known_time", Time, nullable=False, unique=True),
    Column("status", Text, nullable=False),
    Column("error", Text),
    Column("snapshots", Integer, nullable=False, server_default=text("0")),
    Column("quotes", Integer, nullable=False, server_default=text("0")),
    Column("created_at", Time, nullable=False, server_default=NOW),
    Column("agrees", Boolean),
    PrimaryKeyConstraint("raw_id", "parser_version", name="pk_normalisations"),
    CheckConstraint("status IN ('ok', 'failed')", name="status"),
    comment="The mark that a raw document was normalised by a parser version, and its known time. "
    "agrees: null for the first parse; of a later one, whether it said the same.",
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("raw_id", BigInteger, ForeignKey("raw_responses.raw_id"), nullable=False),
    Column("capture_time", Time),
    Column("event_id", Text),
    Column("bookmaker_key", Text),
    Column("market_key", Text),
    Column("location", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'open'")),
    Column("created_at", Time, nullable=False, server_default=NOW),
    Column("updated_at", Time, nullable=False, server_default=NOW),
    Column("known_time", Time),
    UniqueConstraint("raw_id", "location", "reason", name="uq_quarantine_place"),
    CheckConstraint("status IN ('open', 'released', 'dismissed')", name="status"),
    Index("ix_quarantine_capture_time", "capture_time"),
    comment="Parts of raw documents that cannot be used, with where and why. "
    "known_time: of the later parse that found it; null: the first one did.",
)
