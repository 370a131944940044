"""Research: backtests on record."""

from sqlalchemy import (
    BigInteger,
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
