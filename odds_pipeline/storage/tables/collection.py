"""Collection: slots, credits, calls."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from odds_pipeline.storage.tables.conventions import NOW, Time, metadata

slots = Table(
    "slots",
    metadata,
    Column("slot_id", BigInteger, Identity(always=True), primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("sport_key", Text, nullable=False),
    Column("slot_time", Time, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'planned'")),
    Column("reason", Text),
    Column("call_id", UUID(as_uuid=True)),
    Column("claim_expires", Time),
    Column("created_at", Time, nullable=False, server_default=NOW),
    Column("updated_at", Time, nullable=False, server_default=NOW),
    Column("why", Text),
    UniqueConstraint("purpose", "sport_key", "slot_time", name="uq_slots_plan"),
    CheckConstraint(
        "status IN ('planned', 'claimed', 'fetched', 'ok', 'gap', 'healed')", name="status"
    ),
    CheckConstraint("(status = 'gap') = (reason IS NOT NULL)", name="gap_reason"),
    Index("ix_slots_slot_time", "slot_time"),
    Index("ix_slots_open", "call_id", postgresql_where=text("status IN ('claimed', 'fetched')")),
    Index(
        "ix_slots_unmade",
        "purpose",
        "slot_time",
        postgresql_where=text("status IN ('planned', 'gap')"),
    ),
    comment="Every planned capture and how it ended; never absent.",
)

credit_ledger = Table(
    "credit_ledger",
    metadata,
    Column("entry_id", BigInteger, Identity(always=True), primary_key=True),
    Column("call_id", UUID(as_uuid=True), nullable=False),
    Column("entry", Text, nullable=False),
    Column("credits", Numeric(12, 2), nullable=False),
    Column("key_fingerprint", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("sport_key", Text),
    Column("slot_id", BigInteger),
    Column("provider_used", Numeric(14, 2)),
    Column("provider_remaining", Numeric(14, 2)),
    Column("entered_at", Time, nullable=False, server_default=NOW),
    UniqueConstraint("call_id", "entry", name="uq_credit_ledger_call"),
    CheckConstraint(
        "entry IN ('reserved', 'settled', 'unknown', 'opening', 'correction')", name="entry"
    ),
    Index("ix_credit_ledger_key_fingerprint_entered_at", "key_fingerprint", "entered_at"),
    comment="Credits reserved before and settled after each paid call. Immutable.",
)

fetch_logs = Table(
    "fetch_logs",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("fetch_time", Time, nullable=False, server_default=NOW),
    Column("sport_key", Text),
    Column("endpoint", Text, nullable=False),
    Column("events_count", Integer),
    Column("bookmakers_count", Integer),
    Column("success", Boolean, nullable=False),
    Column("error_code", Text),
    Column("error_message", Text),
    Column("api_quota_remaining", Numeric(14, 2)),
    Column("response_time_ms", Integer),
    Column("credits", Numeric(12, 2)),
    Column("slot_id", BigInteger),
    Column("call_id", UUID(as_uuid=True), nullable=False, unique=True),
    Column("raw_id", BigInteger, ForeignKey("raw_responses.raw_id")),
    Index("ix_fetch_logs_fetch_time", "fetch_time"),
    Index("ix_fetch_logs_raw_id", "raw_id"),
    comment="Every call to the provider and how it went.",
)
