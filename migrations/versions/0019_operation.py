"""Alerts, their deliveries, and how the platform's stages ran.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    _alerts()
    op.create_table(
        "alert_deliveries",
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_alert_deliveries_alert_id_alerts")
        ),
        sa.PrimaryKeyConstraint("alert_id", "channel", name="pk_alert_deliveries"),
        comment="Which channel took which message; a channel is named without its secret.",
    )
    op.create_table(
        "stage_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("error_class", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "stage IN ('store', 'normalise', 'validate', 'price')", name=op.f("ck_stage_runs_stage")
        ),
        sa.CheckConstraint(
            "success = (error_class IS NULL)", name=op.f("ck_stage_runs_error_class")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_runs")),
        comment="How long each stage took, how much it did, and what it failed of. Fetches stand in fetch_logs.",
    )
    op.create_index("ix_stage_runs_stage_ended_at", "stage_runs", ["stage", "ended_at"])


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("alert_key", sa.Text(), nullable=False),
        sa.Column("alert_type", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("triggered_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=True),
        sa.Column("object_id", sa.Text(), nullable=True),
        sa.Column("threshold_value", sa.Double(), nullable=True),
        sa.Column("actual_value", sa.Double(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("sent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_in", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "severity IN ('info', 'warning', 'error', 'critical')",
            name=op.f("ck_alerts_severity"),
        ),
        sa.CheckConstraint(
            "(object_kind IS NULL) = (object_id IS NULL)", name=op.f("ck_alerts_object")
        ),
        sa.CheckConstraint("sent = (sent_at IS NOT NULL)", name=op.f("ck_alerts_sent")),
        sa.ForeignKeyConstraint(["told_in"], ["alerts.id"], name=op.f("fk_alerts_told_in_alerts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("alert_key", name=op.f("uq_alerts_alert_key")),
        comment="The outbox of alerts: each once by alert_key, written with what raises it. told_in: the summary that tells of it instead.",
    )
    op.create_index(
        "ix_alerts_unsent",
        "alerts",
        [sa.text("triggered_at DESC"), sa.text("id DESC")],
        postgresql_where=sa.text("NOT sent"),
    )
    op.create_index("ix_alerts_triggered_at", "alerts", ["triggered_at"])
    op.create_index(
        "ix_alerts_sent_at", "alerts", ["sent_at"], postgresql_where=sa.text("told_in IS NULL")
    )
    op.create_index(
        "ix_alerts_told_in", "alerts", ["told_in"], postgresql_where=sa.text("told_in IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_table("stage_runs")
    op.drop_table("alert_deliveries")
    op.drop_table("alerts")
