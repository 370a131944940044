"""Dimensions: text stands once, facts carry small numbers."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from odds_pipeline.storage.tables.conventions import NOW, Time, metadata

sports = Table(
    "sports",
    metadata,
    Column("sport_id", SmallInteger, Identity(always=True), primary_key=True),
    Column("sport_key", Text, nullable=False, unique=True),
    Column("title", Text),
    Column("group_name", Text),
    Column("active", Boolean),
    Column("live_hours", SmallInteger, nullable=False, server_default=text("6")),
    Column("is_new", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", Time, nullable=False, server_default=NOW),
    Column("updated_at", Time, nullable=False, server_default=NOW),
    comment="Sports and leagues; is_new marks a key the catalog does not know.",
)

bookmakers = Table(
    "bookmakers",
    metadata,
    Column("bookmaker_id", SmallInteger, Identity(always=True), primary_key=True),
    Column("bookmaker_key", Text, nullable=False, unique=True),
    Column("title", Text),
    Column("is_new", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", Time, nullable=False, server_default=NOW),
    Column("updated_at", Time, nullable=False, server_default=NOW),
    comment="Bookmakers; is_new marks a key the catalog does not know.",
)

markets = Table(
    "markets",
    metadata,
    Column("market_id", SmallInteger, Identity(always=True), primary_key=True),
    Column("market_key", Text, nullable=False, unique=True),
    Column("is_new", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", Time, nullable=False, server_default=NOW),
    comment="Markets; is_new marks a key the catalog does not know.",
)

names = Table(
    "names",
    metadata,
    Column("name_id", Integer, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    comment="Outcome names and descriptions.",
)

selections = Table(
    "selections",
    metadata,
    Column("selection_id", Integer, Identity(always=True), primary_key=True),
    Column("bookmaker_id", SmallInteger, ForeignKey("bookmakers.bookmaker_id"), nullable=False),
    Column("market_id", SmallInteger, ForeignKey("markets.market_id"), nullable=False),
    Column("outcome_id", Integer, ForeignKey("names.name_id"), nullable=False),
    Column("description_id", Integer, ForeignKey("names.name_id")),
    Column("line", Double),
    UniqueConstraint(
        "bookmaker_id",
        "market_id",
        "outcome_id",
        "description_id",
        "line",
        name="uq_selections_all",
        postgresql_nulls_not_distinct=True,
    ),
    comment="What a quote is about at one book: market, outcome, description; line only where one "
    "market prices the same outcome at several points at once (ladders).",
)

matchups = Table(
    "matchups",
    metadata,
    Column("matchup_id", Integer, Identity(always=True), primary_key=True),
    Column("home_team", Text),
    Column("away_team", Text),
    UniqueConstraint(
        "home_team", "away_team", name="uq_matchups_teams", postgresql_nulls_not_distinct=True
    ),
    comment="Home and away team as stated together; both null for outrights.",
)

event_ids = Table(
    "event_ids",
    metadata,
    Column("event_no", Integer, Identity(always=True), primary_key=True),
    Column("event_id", Text, nullable=False, unique=True),
    Column("sport_id", SmallInteger, ForeignKey("sports.sport_id"), nullable=False),
    Column("created_at", Time, nullable=False, server_default=NOW),
    Column("sha_key", Text),
    Index("ix_event_ids_sport_id", "sport_id"),
    Index("ix_event_ids_sha_key", "sha_key"),
    comment="The provider's event id and the number that stands for it here.",
)

scopes = Table(
    "scopes",
    metadata,
    Column("scope_id", Integer, Identity(always=True), primary_key=True),
    Column("scope_key", Text, nullable=False, unique=True),
    Column("sport_key", Text, nullable=False),
    Column("bookmakers", ARRAY(Text)),
    Column("except_bookmakers", ARRAY(Text)),
    Column("regions", ARRAY(Text)),
    Column("markets", ARRAY(Text)),
    Column("lists_all_events", Boolean, nullable=False),
    Column("starts_from", Time),
    Column("starts_to", Time),
    comment="What was asked and answered: absence is a removal only inside it. Null = every one.",
)

layouts = Table(
    "layouts",
    metadata,
    Column("layout_id", Integer, Identity(always=True), primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("pairs", ARRAY(Integer), nullable=False),
    comment="Order of a snapshot's last_update vector: bookmaker_id * 65536 + market_id.",
)
