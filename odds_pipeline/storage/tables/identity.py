"""Identity: which events and names are one, and what is asked about them."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from odds_pipeline.storage.tables.conventions import NOW, Time, metadata

# Without foreign keys to the dimensions: making them would lock the writers out for a moment.
merges = Table(
    "merges",
    metadata,
    Column("merge_id", Integer, Identity(always=True), primary_key=True),
    Column("known_time", Time, nullable=False, unique=True, server_default=NOW),
    Column("kind", Text, nullable=False),
    Column("kept_no", Integer),
    Column("member_no", Integer),
    Column("sport_id", SmallInteger),
    Column("spelling", Text),
    Column("name", Text),
    Column("reason", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    CheckConstraint(
        "kind = 'event' AND kept_no <> member_no AND num_nonnulls(sport_id, spelling, name) = 0 "
        "OR kind = 'team' AND spelling <> name AND sport_id IS NOT NULL "
        "AND num_nonnulls(kept_no, member_no) = 0",
        name="kind",
    ),
    CheckConstraint("btrim(reason) <> ''", name="reason"),
    Index("ix_merges_kept_no", "kept_no"),
    Index("ix_merges_member_no", "member_no"),
    Index("ix_merges_sport_id_spelling", "sport_id", "spelling"),
    comment="Two events that are one (kept_no, member_no), or a spelling of a team's name in a "
    "sport. Immutable; undone by a row of merge_undos.",
)

merge_undos = Table(
    "merge_undos",
    metadata,
    Column("merge_id", Integer, ForeignKey("merges.merge_id"), primary_key=True),
    Column("known_time", Time, nullable=False, unique=True, server_default=NOW),
    Column("reason", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    CheckConstraint("btrim(reason) <> ''", name="reason"),
    comment="Merges that no longer hold, from the undo's known time on. Immutable.",
)

review_items = Table(
    "review_items",
    metadata,
    Column("item_id", Integer, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("sport_key", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("candidate", Text),
    Column("sure", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'open'")),
    Column("created_at", Time, nullable=False, server_default=NOW),
    Column("decided_at", Time),
    Column("decided_by", Text),
    Column("decision", Text),
    UniqueConstraint(
        "kind",
        "sport_key",
        "subject",
        "candidate",
        name="uq_review_items_question",
        postgresql_nulls_not_distinct=True,
    ),
    CheckConstraint("kind IN ('event', 'team', 'sport')", name="kind"),
    CheckConstraint("status IN ('open', 'accepted', 'rejected')", name="status"),
    comment="Questions of identity that wait for a person, or that one has answered.",
)
