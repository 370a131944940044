"""Quality: logged issues, their flags, and what people decided."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from odds_pipeline.storage.tables.conventions import NOW, Time, metadata

data_quality_logs = Table(
    "data_quality_logs",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("partition", Date, nullable=False),
    Column("rule", Text, nullable=False),
    Column("issue_type", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("event_id", Text),
    Column("bookmaker_key", Text),
    Column("market_key", Text),
    Column("outcome_name", Text),
    Column("snapshot_time", Time),
    Column("description", Text, nullable=False),
    Column("raw_data", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("resolution", Text),
    Column("created_at", Time, nullable=False, server_default=NOW),
    Column("until_time", Time),
    Column("about", Text),
    Column("point", Double),
    Column("void_ids", ARRAY(Integer), nullable=False, server_default=text("'{}'::integer[]")),
    UniqueConstraint(
        "partition",
        "rule",
        "event_id",
        "bookmaker_key",
        "market_key",
        "outcome_name",
        "snapshot_time",
        "description",
        name="uq_data_quality_logs_issue",
        postgresql_nulls_not_distinct=True,
    ),
    CheckConstraint("severity IN ('warning', 'error', 'critical')", name="severity"),
    Index("ix_data_quality_logs_event_id", "event_id"),
    comment="Issues the rules found, once each; resolution is set when a later run clears one.",
)

# Without foreign keys, as with voids: the log's rows never go.
quality_flags = Table(
    "quality_flags",
    metadata,
    Column("flag_id", BigInteger, Identity(always=True), primary_key=True),
    Column("log_id", BigInteger, nullable=False),
    Column("known_time", Time, nullable=False),
    Column("standing", Boolean, nullable=False),
    Column("until_time", Time),
    Index("ix_quality_flags_log_id", "log_id", "known_time"),
    Index("ix_quality_flags_known_time", "known_time"),
    comment="What was known of each logged issue of an event, and since when: whether it stands, "
    "and until which capture. Append-only, written by the log itself.",
)

quality_decisions = Table(
    "quality_decisions",
    metadata,
    Column("decision_id", BigInteger, Identity(always=True), primary_key=True),
    Column("known_time", Time, nullable=False, unique=True, server_default=func.clock_timestamp()),
    Column("log_id", BigInteger),
    Column("quarantine_id", BigInteger),
    Column("action", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    CheckConstraint("(log_id IS NULL) <> (quarantine_id IS NULL)", name="item"),
    CheckConstraint("action IN ('release', 'void', 'keep')", name="action"),
    CheckConstraint("btrim(reason) <> ''", name="reason"),
    Index("ix_quality_decisions_log_id", "log_id"),
    Index("ix_quality_decisions_quarantine_id", "quarantine_id"),
    comment="What people decided about logged issues and quarantined parts, who and why. "
    "Immutable.",
)

quality_runs = Table(
    "quality_runs",
    metadata,
    Column("partition", Date, nullable=False),
    Column("rule", Text, nullable=False),
    Column("checked", Integer, nullable=False),
    Column("issues", Integer, nullable=False),
    Column("run_at", Time, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("partition", "rule", name="pk_quality_runs"),
    comment="The latest result of every rule on every day.",
)
