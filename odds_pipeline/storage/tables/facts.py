"""Facts: what was observed, and what is derived from it to say where to look."""

from sqlalchemy import (
    ARRAY,
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
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from odds_pipeline.storage.tables.conventions import Time, metadata

captures = Table(
    "captures",
    metadata,
    Column("capture_id", Integer, Identity(always=True), primary_key=True),
    Column("raw_id", BigInteger, ForeignKey("raw_responses.raw_id"), nullable=False),
    Column("known_time", Time, nullable=False),
    Column("capture_time", Time, nullable=False),
    Column("basis", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sport_id", SmallInteger, ForeignKey("sports.sport_id")),
    Column("scope_id", Integer, ForeignKey("scopes.scope_id")),
    Column("listing", Boolean, nullable=False, server_default=text("false")),
    Column("asked_events", ARRAY(Text)),
    Column("event_count", Integer, nullable=False),
    CheckConstraint("kind IN ('odds', 'events')", name="kind"),
    Index("ix_captures_raw_id", "raw_id"),
    Index("ix_captures_capture_time", "capture_time"),
    Index(
        "ix_captures_listing",
        "sport_id",
        "capture_time",
        postgresql_where=text("listing OR asked_events IS NOT NULL"),
    ),
    comment="One row for each time at which one document says something; listing = it lists every "
    "event of its scope (asked_events: those asked for), so that an absent event left the feed.",
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("capture_time", Time, nullable=False),
    Column("known_time", Time, nullable=False),
    Column("commence_time", Time, nullable=False),
    Column("snapshot_id", BigInteger, nullable=False),
    Column("event_no", Integer, nullable=False),
    Column("capture_id", Integer, ForeignKey("captures.capture_id"), nullable=False),
    Column("scope_id", Integer, nullable=False),
    Column("layout_id", Integer, nullable=False),
    Column("matchup_id", Integer),
    Column("bookmaker_count", SmallInteger, nullable=False),
    Column("in_play", Boolean, nullable=False),
    Column("day_only", Boolean, nullable=False, server_default=text("false")),
    Column("unlisted", Boolean, nullable=False),
    Column("ages", ARRAY(SmallInteger), nullable=False),
    Column("far_ages", JSONB),
    PrimaryKeyConstraint("event_no", "capture_time", "known_time", "scope_id", name="pk_snapshots"),
    Index("ix_snapshots_capture_time", "capture_time"),
    Index("ix_snapshots_snapshot_id", "snapshot_id"),
    postgresql_partition_by="RANGE (capture_time)",
    comment="One row an event a capture. Append-only, monthly partitions. day_only: the start is "
    "known to the UTC day. ages: seconds from each "
    "book-market's last_update to the capture, in the layout's order.",
)

quotes = Table(
    "quotes",
    metadata,
    Column("capture_time", Time, nullable=False),
    Column("known_time", Time, nullable=False),
    Column("price", Double),
    Column("point", Double),
    Column("event_no", Integer, nullable=False),
    Column("selection_id", Integer, nullable=False),
    Column("state", SmallInteger, nullable=False),
    PrimaryKeyConstraint(
        "event_no", "selection_id", "capture_time", "known_time", name="pk_quotes"
    ),
    # The upper bound refuses NaN and infinity too: PostgreSQL sorts both above every number.
    CheckConstraint("price >= 1 AND price < 1e6", name="price"),
    CheckConstraint("state IN (0, 1, 2) AND (state = 0) = (price IS NOT NULL)", name="state"),
    postgresql_partition_by="RANGE (capture_time)",
    comment="Quote states on change, one full set a UTC day (keyframe). Append-only, monthly "
    "partitions. state: 0 priced, 1 removed, 2 unusable.",
)

event_statements = Table(
    "event_statements",
    metadata,
    Column("event_no", Integer, ForeignKey("event_ids.event_no"), nullable=False),
    Column("capture_time", Time, nullable=False),
    Column("known_time", Time, nullable=False),
    Column("capture_id", Integer, ForeignKey("captures.capture_id"), nullable=False),
    Column("matchup_id", Integer, ForeignKey("matchups.matchup_id"), nullable=False),
    Column("commence_time", Time, nullable=False),
    Column("day_only", Boolean, nullable=False, server_default=text("false")),
    Column("completed", Boolean),
    Column("home_score", Integer),
    Column("away_score", Integer),
    Column("score_time", Time),
    Column("home_margin", Integer),
    PrimaryKeyConstraint("event_no", "capture_time", "known_time", name="pk_event_statements"),
    Index("ix_event_statements_capture_time", "capture_time"),
    comment="What events and scores documents stated of an event. Append-only.",
)

event_scopes = Table(
    "event_scopes",
    metadata,
    Column("event_no", Integer, ForeignKey("event_ids.event_no"), nullable=False),
    Column("scope_id", Integer, ForeignKey("scopes.scope_id"), nullable=False),
    Column("sport_id", SmallInteger, nullable=False),
    Column("first_capture", Time, nullable=False),
    Column("last_capture", Time, nullable=False),
    Column("last_listed", Boolean, nullable=False),
    Column("last_commence", Time, nullable=False),
    Column("max_commence", Time, nullable=False),
    PrimaryKeyConstraint("event_no", "scope_id", name="pk_event_scopes"),
    Index("ix_event_scopes_sport_id_max_commence", "sport_id", "max_commence"),
    comment="Derived from snapshots: the span in which an event was seen under a scope, and "
    "whether its newest snapshot listed it. Says where to look; answers nothing itself.",
)

fact_state = Table(
    "fact_state",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    Column("schema_id", UUID, nullable=False, server_default=func.gen_random_uuid()),
    Column("removals", BigInteger, nullable=False, server_default=text("0")),
    CheckConstraint("one", name="one"),
    comment="Which schema this is, and how often facts were removed from it: what a process "
    "remembers of facts holds until either changes.",
)

event_selections = Table(
    "event_selections",
    metadata,
    Column("event_no", Integer, nullable=False),
    Column("selection_id", Integer, nullable=False),
    Column("pair", Integer),
    Column("capture_time", Time),
    Column("known_time", Time),
    Column("price", Double),
    Column("point", Double),
    Column("state", SmallInteger),
    PrimaryKeyConstraint("event_no", "selection_id", name="pk_event_selections"),
    Index("ix_event_selections_event_no_pair", "event_no", "pair"),
    comment="Derived from quotes: every series an event ever had a row of, and its newest row. "
    "Without times the newest is not known; `refill_series` works it out.",
)

event_starts = Table(
    "event_starts",
    metadata,
    Column("event_no", Integer, nullable=False),
    Column("commence_time", Time, nullable=False),
    Column("day_only", Boolean, nullable=False),
    PrimaryKeyConstraint("event_no", "commence_time", "day_only", name="pk_event_starts"),
    Index("ix_event_starts_commence_time", "commence_time"),
    comment="Derived from snapshots and event_statements: every start ever stated of an event. "
    "Says where to look; answers nothing itself.",
)
