"""Frozen datasets, and experiments that are bound to one.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")

REFUSE_LOCKED = """
CREATE FUNCTION refuse_locked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'dataset % is locked', OLD.snapshot_id USING ERRCODE = 'restrict_violation';
END $$
"""

_COUNTS = (
    *("total_bets", "winning_bets", "losing_bets", "pushes", "voids", "pending_bets"),
    *("longest_losing_run", "trials", "bets_needed"),
)
_NUMBERS = (
    *("total_wagered", "total_profit", "roi", "roi_low", "roi_high", "p_value"),
    *("return_on_bankroll", "max_drawdown", "max_drawdown_percent", "sharpe_ratio"),
    *("sortino_ratio", "probabilistic_sharpe", "deflated_sharpe", "win_rate", "average_odds"),
    *("profit_factor", "expected_profit", "final_bankroll"),
)


def _results() -> str:
    columns = [
        *("e.id AS experiment_id", "e.name", "d.snapshot_id", "e.league", "e.week"),
        "e.metrics ->> 'strategy_name' AS strategy_name",
        *(f"(e.metrics ->> '{name}')::bigint AS {name}" for name in _COUNTS),
        *(f"(e.metrics ->> '{name}')::double precision AS {name}" for name in _NUMBERS),
        *("e.started_at", "e.completed_at"),
    ]
    return (
        f"CREATE VIEW backtest_results AS SELECT {', '.join(columns)} FROM experiments e "  # noqa: S608
        "LEFT JOIN dataset_snapshots d ON d.id = e.dataset_id WHERE e.status = 'completed'"
    )


def upgrade() -> None:
    op.create_table(
        "dataset_snapshots",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("snapshot_id", sa.Text(), nullable=False, unique=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("league", sa.Text()),
        sa.Column("week", sa.Text()),
        sa.Column("config", JSONB(), nullable=False),
        sa.Column("model_version", sa.Text()),
        sa.Column("known_by", TIME, nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", sa.Text(), nullable=False),
        sa.Column("is_locked", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("locked_at", TIME),
        sa.Column("tags", ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("description", sa.Text()),
        sa.Column("metadata", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
        sa.UniqueConstraint("name", "version", name="uq_dataset_snapshots_name"),
        sa.CheckConstraint("is_locked = (locked_at IS NOT NULL)", name="locked"),
        comment="Frozen datasets: what was on offer at decisions, and how it ended. The values "
        "stand in files; a row whose is_locked is set cannot change or go.",
    )
    op.execute(REFUSE_LOCKED)
    op.execute(
        "CREATE TRIGGER dataset_snapshots_locked BEFORE UPDATE OR DELETE ON dataset_snapshots "
        "FOR EACH ROW WHEN (OLD.is_locked) EXECUTE FUNCTION refuse_locked()"
    )
    op.add_column("experiments", sa.Column("dataset_id", sa.BigInteger()))
    op.create_foreign_key(
        "fk_experiments_dataset_id_dataset_snapshots",
        "experiments",
        "dataset_snapshots",
        ["dataset_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index("ix_experiments_dataset_id", "experiments", ["dataset_id"])
    op.add_column("experiments", sa.Column("week", sa.Text()))
    op.add_column("experiments", sa.Column("partition_key", sa.Text()))
    op.create_unique_constraint("uq_experiments_partition_key", "experiments", ["partition_key"])
    # A draft has not begun.
    op.add_column("experiments", sa.Column("created_at", TIME, nullable=False, server_default=NOW))
    op.execute("UPDATE experiments SET created_at = started_at")
    op.alter_column("experiments", "started_at", nullable=True, server_default=None)
    op.alter_column("experiments", "status", server_default=sa.text("'draft'"))
    op.create_check_constraint(
        "started", "experiments", "(status = 'draft') = (started_at IS NULL)"
    )
    op.execute(_results())


def downgrade() -> None:
    op.execute("DROP VIEW backtest_results")
    op.execute("DELETE FROM experiments WHERE status = 'draft'")
    op.drop_constraint("started", "experiments", type_="check")
    op.alter_column("experiments", "status", server_default=sa.text("'running'"))
    op.alter_column("experiments", "started_at", nullable=False, server_default=NOW)
    op.drop_column("experiments", "created_at")
    op.drop_constraint("uq_experiments_partition_key", "experiments", type_="unique")
    op.drop_column("experiments", "partition_key")
    op.drop_column("experiments", "week")
    op.drop_index("ix_experiments_dataset_id", "experiments")
    op.drop_constraint(
        "fk_experiments_dataset_id_dataset_snapshots", "experiments", type_="foreignkey"
    )
    op.drop_column("experiments", "dataset_id")
    op.drop_table("dataset_snapshots")
    op.execute("DROP FUNCTION refuse_locked()")
