"""Corrections: voids and their lifts."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
)

from odds_pipeline.storage.tables.conventions import NOW, Time, metadata

# Without foreign keys to the dimensions: making them would lock the writers out for a moment.
voids = Table(
    "voids",
    metadata,
    Column("void_id", Integer, Identity(always=True), primary_key=True),
    Column("known_time", Time, nullable=False, unique=True, server_default=NOW),
    Column("event_no", Integer),
    Column("bookmaker_id", SmallInteger),
    Column("market_id", SmallInteger),
    Column("outcome_id", Integer),
    Column("description_id", Integer),
    Column("from_capture", Time, nullable=False),
    Column("to_capture", Time, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Index("ix_voids_event_no", "event_no"),
    CheckConstraint("event_no IS NOT NULL OR bookmaker_id IS NOT NULL", name="key"),
    CheckConstraint("from_capture <= to_capture", name="interval"),
    CheckConstraint("btrim(reason) <> ''", name="reason"),
    comment="Quotes that must not be used: a key (null = every one) and an interval of capture "
    "times, both ends in it. Immutable; undone by a row of void_lifts.",
)

void_lifts = Table(
    "void_lifts",
    metadata,
    Column("void_id", Integer, ForeignKey("voids.void_id"), primary_key=True),
    Column("known_time", Time, nullable=False, unique=True, server_default=NOW),
    Column("reason", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    CheckConstraint("btrim(reason) <> ''", name="reason"),
    comment="Voids that no longer hold, from the lift's known time on. Immutable.",
)
