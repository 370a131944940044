"""The deployment itself."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Table,
    Text,
    func,
    text,
)

from odds_pipeline.storage.tables.conventions import Time, metadata

deployment = Table(
    "deployment",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    Column("kind", Text, nullable=False),
    Column("spending_confirmed_at", Time),
    Column("created_at", Time, nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("one", name="one"),
    CheckConstraint("kind IN ('demo', 'real')", name="kind"),
    comment="Whether this database is DEMO or real: decided once, for ever.",
)
