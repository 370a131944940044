"""Operation: alerts, their deliveries, and how the platform's stages ran."""

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
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from odds_pipeline.storage.tables.conventions import NOW, Time, metadata

alerts = Table(
    "alerts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("alert_key", Text, nullable=False, unique=True),
    Column("alert_type", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("triggered_at", Time, nullable=False, server_default=NOW),
    Column("object_kind", Text),
    Column("object_id", Text),
    Column("threshold_value", Double),
    Column("actual_value", Double),
    Column("message", Text, nullable=False),
    Column("sent", Boolean, nullable=False, server_default=text("false")),
    Column("sent_at", Time),
    Column("acknowledged_at", Time),
    Column("told_in", BigInteger, ForeignKey("alerts.id")),
    CheckConstraint("severity IN ('info', 'warning', 'error', 'critical')", name="severity"),
    CheckConstraint("(object_kind IS NULL) = (object_id IS NULL)", name="object"),
    CheckConstraint("sent = (sent_at IS NOT NULL)", name="sent"),
    Index(
        "ix_alerts_unsent",
        text("triggered_at DESC"),
        text("id DESC"),
        postgresql_where=text("NOT sent"),
    ),
    Index("ix_alerts_triggered_at", "triggered_at"),
    Index("ix_alerts_sent_at", "sent_at", postgresql_where=text("told_in IS NULL")),
    Index("ix_alerts_told_in", "told_in", postgresql_where=text("told_in IS NOT NULL")),
    comment="The outbox of alerts: each once by alert_key, written with what raises it. told_in: "
    "the summary that tells of it instead.",
)

alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    Column("alert_id", BigInteger, ForeignKey("alerts.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("delivered_at", Time, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("alert_id", "channel", name="pk_alert_deliveries"),
    comment="Which channel took which message; a channel is named without its secret.",
)

stage_runs = Table(
    "stage_runs",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("stage", Text, nullable=False),
    Column("ended_at", Time, nullable=False, server_default=NOW),
    Column("seconds", Double, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("success", Boolean, nullable=False),
    Column("error_class", Text),
    CheckConstraint("stage IN ('store', 'normalise', 'validate', 'price')", name="stage"),
    CheckConstraint("success = (error_class IS NULL)", name="error_class"),
    Index("ix_stage_runs_stage_ended_at", "stage", "ended_at"),
    comment="How long each stage took, how much it did, and what it failed of. Fetches stand in "
    "fetch_logs.",
)
