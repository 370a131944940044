"""Research: backtests on record."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    Identity,
    Index,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from odds_pipeline.storage.tables.conventions import NOW, Time, metadata

experiments = Table(
    "experiments",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("strategy", Text, nullable=False),
    Column("config", JSONB, nullable=False),
    Column("dataset_hash", Text),
    Column("code_version", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("risk_mode", Text, nullable=False),
    Column("bankroll", Double, nullable=False),
    Column("league", Text),
    Column("status", Text, nullable=False, server_default=text("'running'")),
    Column("metrics", JSONB),
    Column("error", Text),
    Column("started_at", Time, nullable=False, server_default=NOW),
    Column("completed_at", Time),
    CheckConstraint("status IN ('draft', 'running', 'completed', 'failed')", name="status"),
    CheckConstraint("(status = 'completed') = (metrics IS NOT NULL)", name="metrics"),
    Index("ix_experiments_dataset_hash", "dataset_hash"),
    Index("ix_experiments_roi", text("((metrics ->> 'roi')::double precision)")),
    comment="Every backtest ever begun, failed ones too: how many were tried decides what the "
    "best one is worth.",
)
