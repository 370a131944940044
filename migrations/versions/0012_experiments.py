"""Backtests are kept as experiments, each with what it ran on and what came of it.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    op.create_table(
        "experiments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("config", JSONB(), nullable=False),
        sa.Column("dataset_hash", sa.Text()),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("risk_mode", sa.Text(), nullable=False),
        sa.Column("bankroll", sa.Double(), nullable=False),
        sa.Column("league", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False, server_default=sa.text("'running'")),
        sa.Column("metrics", JSONB()),
        sa.Column("error", sa.Text()),
        sa.Column("started_at", TIME, nullable=False, server_default=NOW),
        sa.Column("completed_at", TIME),
        sa.CheckConstraint("status IN ('draft', 'running', 'completed', 'failed')", name="status"),
        sa.CheckConstraint("(status = 'completed') = (metrics IS NOT NULL)", name="metrics"),
        comment="Every backtest ever begun, failed ones too: how many were tried decides what the "
        "best one is worth.",
    )
    op.create_index("ix_experiments_dataset_hash", "experiments", ["dataset_hash"])
    op.create_index(
        "ix_experiments_roi", "experiments", [sa.text("((metrics ->> 'roi')::double precision)")]
    )


def downgrade() -> None:
    op.drop_table("experiments")
