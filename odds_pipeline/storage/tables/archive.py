"""Archive: months that stand in Parquet files."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from odds_pipeline.storage.tables.conventions import NOW, Time, metadata

archives = Table(
    "archives",
    metadata,
    Column("archive_id", Integer, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("month", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("path", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("rows_hash", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("min_capture", Time),
    Column("max_capture", Time),
    Column("min_known", Time, nullable=False),
    Column("max_known", Time, nullable=False),
    Column("superseded_at", Time),
    Column("created_at", Time, nullable=False, server_default=NOW),
    CheckConstraint("kind IN ('quotes', 'snapshots', 'raw_bodies')", name="kind"),
    UniqueConstraint("kind", "month", "version", name="uq_archives_version"),
    Index(
        "uq_archives_current",
        "kind",
        "month",
        unique=True,
        postgresql_where=text("superseded_at IS NULL"),
    ),
    comment="Parquet files that hold whole months; a newer version of a month supersedes the "
    "older one. rows_hash does not depend on the rows' order.",
)

archived_events = Table(
    "archived_events",
    metadata,
    Column("event_no", ForeignKey("event_ids.event_no"), nullable=False),
    Column("archive_id", ForeignKey("archives.archive_id"), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("min_commence", Time),
    Column("max_commence", Time),
    PrimaryKeyConstraint("event_no", "archive_id", name="pk_archived_events"),
    Index("ix_archived_events_archive_id", "archive_id"),
    comment="Which events stand in which current archive, and the starts its snapshots state of "
    "them.",
)
