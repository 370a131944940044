"""Sweeps keep their whole grid, and backtests every bet.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sweep_points",
        _experiment(),
        sa.Column("point", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("parameters", JSONB(), nullable=False),
        sa.Column("daily_sharpe", sa.Double()),
        sa.Column("metrics", JSONB(), nullable=False),
        comment="The whole grid of every sweep: each point is a trial on its data.",
    )
    op.create_table(
        "backtest_ledgers",
        _experiment(),
        sa.Column("bets", sa.LargeBinary(), nullable=False),
        comment="Every bet of a completed backtest, as one Parquet file; of a sweep those of its best point.",
    )


def _experiment() -> sa.Column[int]:
    return sa.Column(
        "experiment_id",
        sa.BigInteger(),
        sa.ForeignKey("experiments.id", ondelete="CASCADE"),
        primary_key=True,
    )


def downgrade() -> None:
    op.drop_table("backtest_ledgers")
    op.drop_table("sweep_points")
