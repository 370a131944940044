"""Research: frozen datasets, and backtests on record."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from odds_pipeline.storage.tables.conventions import NOW, Time, metadata

dataset_snapshots = Table(
    "dataset_snapshots",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("snapshot_id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("league", Text),
    Column("week", Text),
    Column("config", JSONB, nullable=False),
    Column("model_version", Text),
    Column("known_by", Time, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("manifest_sha256", Text, nullable=False),
    Column("is_locked", Boolean, nullable=False, server_default=text("false")),
    Column("locked_at", Time),
    Column("tags", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("description", Text),
    Column("metadata", JSONB, nullable=False, server_default=text("'{}'")),
    Column("created_at", Time, nullable=False, server_default=NOW),
    UniqueConstraint("name", "version", name="uq_dataset_snapshots_name"),
    CheckConstraint("is_locked = (locked_at IS NOT NULL)", name="locked"),
    comment="Frozen datasets: what was on offer at decisions, and how it ended. The values stand "
    "in files; a row whose is_locked is set cannot change or go.",
)

experiments = Table(
    "experiments",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("strategy", Text, nullable=False),
    Column("config", JSONB, nullable=False),
    Column("dataset_id", BigInteger, ForeignKey("dataset_snapshots.id", ondelete="SET NULL")),
    Column("dataset_hash", Text),
    Column("code_version", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("risk_mode", Text, nullable=False),
    Column("bankroll", Double, nullable=False),
    Column("league", Text),
    Column("week", Text),
    Column("partition_key", Text, unique=True),
    Column("status", Text, nullable=False, server_default=text("'draft'")),
    Column("metrics", JSONB),
    Column("error", Text),
    Column("created_at", Time, nullable=False, server_default=NOW),
    Column("started_at", Time),
    Column("completed_at", Time),
    CheckConstraint("status IN ('draft', 'running', 'completed', 'failed')", name="status"),
    CheckConstraint("(status = 'completed') = (metrics IS NOT NULL)", name="metrics"),
    CheckConstraint("(status = 'draft') = (started_at IS NULL)", name="started"),
    Index("ix_experiments_dataset_id", "dataset_id"),
    Index("ix_experiments_dataset_hash", "dataset_hash"),
    Index("ix_experiments_roi", text("((metrics ->> 'roi')::double precision)")),
    comment="Every backtest ever begun, failed ones too: how many were tried decides what the "
    "best one is worth.",
)

sweep_points = Table(
    "sweep_points",
    metadata,
    Column(
        "experiment_id",
        BigInteger,
        ForeignKey("experiments.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("point", Integer, primary_key=True, autoincrement=False),
    Column("parameters", JSONB, nullable=False),
    Column("daily_sharpe", Double),
    Column("metrics", JSONB, nullable=False),
    comment="The whole grid of every sweep: each point is a trial on its data.",
)

backtest_ledgers = Table(
    "backtest_ledgers",
    metadata,
    Column(
        "experiment_id",
        BigInteger,
        ForeignKey("experiments.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("bets", LargeBinary, nullable=False),
    comment="Every bet of a completed backtest, as one Parquet file; of a sweep those of its best "
    "point.",
)
