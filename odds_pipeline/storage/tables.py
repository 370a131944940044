"""The tables, as SQLAlchemy Core metadata: what Alembic compares the database with.

Belongs here: columns, keys, checks and the comment of every table. Does not belong here: views,
triggers and functions (``migrations``), queries (the writers and readers beside this file).

Units: prices are decimal odds; times are ``timestamptz`` in UTC; credits are the provider's.
"Append-only" tables are never updated; those marked immutable also refuse it by trigger.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB, UUID

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Time = DateTime(timezone=True)
NOW = text("clock_timestamp()")

# --- dimensions: text stands once, facts carry small numbers ---

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
    Index("ix_event_ids_sport_id", "sport_id"),
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

# --- raw: the exact bytes ---

raw_responses = Table(
    "raw_responses",
    metadata,
    Column("raw_id", BigInteger, Identity(always=True), primary_key=True),
    Column("call_id", UUID(as_uuid=True), nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("request", JSONB, nullable=False),
    Column("status", SmallInteger),
    Column("headers", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("sha256", LargeBinary, nullable=False),
    Column("body_size", Integer, nullable=False),
    Column("received_at", Time, nullable=False),
    Column("received_basis", Text, nullable=False),
    Column("clock_at", Time),
    Column("provider_date", Time),
    Column("captured_at", Time),
    Column("odds_format", Text),
    Column("elapsed_ms", Integer),
    Column("credits", Numeric(12, 2)),
    Column("known_time", Time, nullable=False, unique=True, server_default=NOW),
    CheckConstraint("octet_length(sha256) = 32", name="sha256"),
    Index(
        "uq_raw_responses_file",
        "sha256",
        "endpoint",
        "captured_at",
        "odds_format",
        unique=True,
        postgresql_where=text("source = 'file'"),
        postgresql_nulls_not_distinct=True,
    ),
    comment="One row a provider response or imported file. Immutable. known_time is set here.",
)

raw_bodies = Table(
    "raw_bodies",
    metadata,
    Column("raw_id", BigInteger, nullable=False),
    Column("known_time", Time, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("raw_id", "known_time", name="pk_raw_bodies"),
    postgresql_partition_by="RANGE (known_time)",
    comment="The exact bytes, zstd-compressed whole. Immutable. Monthly partitions.",
)

hot_documents = Table(
    "hot_documents",
    metadata,
    Column("raw_id", BigInteger, ForeignKey("raw_responses.raw_id"), primary_key=True),
    Column("document", JSON, nullable=False),
    Column("created_at", Time, nullable=False, server_default=NOW),
    Index("ix_hot_documents_created_at", "created_at"),
    comment="Recent bodies once more, as JSON that plain SQL can read. A cache: rows expire.",
)

pending_raw = Table(
    "pending_raw",
    metadata,
    Column("raw_id", BigInteger, ForeignKey("raw_responses.raw_id"), primary_key=True),
    Column("known_time", Time, nullable=False, unique=True),
    comment="Raw documents not normalised yet; empty when the platform is at rest.",
)

normalisations = Table(
    "normalisations",
    metadata,
    Column("raw_id", BigInteger, ForeignKey("raw_responses.raw_id"), nullable=False),
    Column("parser_version", SmallInteger, nullable=False),
    Column("known_time", Time, nullable=False, unique=True),
    Column("status", Text, nullable=False),
    Column("error", Text),
    Column("snapshots", Integer, nullable=False, server_default=text("0")),
    Column("quotes", Integer, nullable=False, server_default=text("0")),
    Column("created_at", Time, nullable=False, server_default=NOW),
    Column("agrees", Boolean),
    PrimaryKeyConstraint("raw_id", "parser_version", name="pk_normalisations"),
    CheckConstraint("status IN ('ok', 'failed')", name="status"),
    comment="The mark that a raw document was normalised by a parser version, and its known time. "
    "agrees: null for the first parse; of a later one, whether it said the same.",
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("raw_id", BigInteger, ForeignKey("raw_responses.raw_id"), nullable=False),
    Column("capture_time", Time),
    Column("event_id", Text),
    Column("bookmaker_key", Text),
    Column("market_key", Text),
    Column("location", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'open'")),
    Column("created_at", Time, nullable=False, server_default=NOW),
    Column("updated_at", Time, nullable=False, server_default=NOW),
    Column("known_time", Time),
    UniqueConstraint("raw_id", "location", "reason", name="uq_quarantine_place"),
    CheckConstraint("status IN ('open', 'released', 'dismissed')", name="status"),
    Index("ix_quarantine_capture_time", "capture_time"),
    comment="Parts of raw documents that cannot be used, with where and why. "
    "known_time: of the later parse that found it; null: the first one did.",
)

# --- facts: what was observed ---

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

# --- corrections ---

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

# --- archive: months in Parquet files ---

archives = Table(
    "archives",
    metadata,
    Column("archive_id", Integer, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("month", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("path", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("rows_hash", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("min_capture", Time),
    Column("max_capture", Time),
    Column("min_known", Time, nullable=False),
    Column("max_known", Time, nullable=False),
    Column("superseded_at", Time),
    Column("created_at", Time, nullable=False, server_default=NOW),
    CheckConstraint("kind IN ('quotes', 'snapshots', 'raw_bodies')", name="kind"),
    UniqueConstraint("kind", "month", "version", name="uq_archives_version"),
    Index(
        "uq_archives_current",
        "kind",
        "month",
        unique=True,
        postgresql_where=text("superseded_at IS NULL"),
    ),
    comment="Parquet files that hold whole months; a newer version of a month supersedes the "
    "older one. rows_hash does not depend on the rows' order.",
)

archived_events = Table(
    "archived_events",
    metadata,
    Column("event_no", ForeignKey("event_ids.event_no"), nullable=False),
    Column("archive_id", ForeignKey("archives.archive_id"), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("min_commence", Time),
    Column("max_commence", Time),
    PrimaryKeyConstraint("event_no", "archive_id", name="pk_archived_events"),
    Index("ix_archived_events_archive_id", "archive_id"),
    comment="Which events stand in which current archive, and the starts its snapshots state of "
    "them.",
)

# --- collection: slots, credits, calls ---

slots = Table(
    "slots",
    metadata,
    Column("slot_id", BigInteger, Identity(always=True), primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("sport_key", Text, nullable=False),
    Column("slot_time", Time, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'planned'")),
    Column("reason", Text),
    Column("call_id", UUID(as_uuid=True)),
    Column("claim_expires", Time),
    Column("created_at", Time, nullable=False, server_default=NOW),
    Column("updated_at", Time, nullable=False, server_default=NOW),
    Column("why", Text),
    UniqueConstraint("purpose", "sport_key", "slot_time", name="uq_slots_plan"),
    CheckConstraint(
        "status IN ('planned', 'claimed', 'fetched', 'ok', 'gap', 'healed')", name="status"
    ),
    CheckConstraint("(status = 'gap') = (reason IS NOT NULL)", name="gap_reason"),
    Index("ix_slots_slot_time", "slot_time"),
    Index("ix_slots_open", "call_id", postgresql_where=text("status IN ('claimed', 'fetched')")),
    Index(
        "ix_slots_unmade",
        "purpose",
        "slot_time",
        postgresql_where=text("status IN ('planned', 'gap')"),
    ),
    comment="Every planned capture and how it ended; never absent.",
)

credit_ledger = Table(
    "credit_ledger",
    metadata,
    Column("entry_id", BigInteger, Identity(always=True), primary_key=True),
    Column("call_id", UUID(as_uuid=True), nullable=False),
    Column("entry", Text, nullable=False),
    Column("credits", Numeric(12, 2), nullable=False),
    Column("key_fingerprint", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("sport_key", Text),
    Column("slot_id", BigInteger),
    Column("provider_used", Numeric(14, 2)),
    Column("provider_remaining", Numeric(14, 2)),
    Column("entered_at", Time, nullable=False, server_default=NOW),
    UniqueConstraint("call_id", "entry", name="uq_credit_ledger_call"),
    CheckConstraint(
        "entry IN ('reserved', 'settled', 'unknown', 'opening', 'correction')", name="entry"
    ),
    Index("ix_credit_ledger_key_fingerprint_entered_at", "key_fingerprint", "entered_at"),
    comment="Credits reserved before and settled after each paid call. Immutable.",
)

fetch_logs = Table(
    "fetch_logs",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("fetch_time", Time, nullable=False, server_default=NOW),
    Column("sport_key", Text),
    Column("endpoint", Text, nullable=False),
    Column("events_count", Integer),
    Column("bookmakers_count", Integer),
    Column("success", Boolean, nullable=False),
    Column("error_code", Text),
    Column("error_message", Text),
    Column("api_quota_remaining", Numeric(14, 2)),
    Column("response_time_ms", Integer),
    Column("credits", Numeric(12, 2)),
    Column("slot_id", BigInteger),
    Column("call_id", UUID(as_uuid=True), nullable=False, unique=True),
    Column("raw_id", BigInteger, ForeignKey("raw_responses.raw_id")),
    Index("ix_fetch_logs_fetch_time", "fetch_time"),
    Index("ix_fetch_logs_raw_id", "raw_id"),
    comment="Every call to the provider and how it went.",
)

# --- quality and the deployment itself ---

data_quality_logs = Table(
    "data_quality_logs",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("partition", Date, nullable=False),
    Column("rule", Text, nullable=False),
    Column("issue_type", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("event_id", Text),
    Column("bookmaker_key", Text),
    Column("market_key", Text),
    Column("outcome_name", Text),
    Column("snapshot_time", Time),
    Column("description", Text, nullable=False),
    Column("raw_data", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("resolution", Text),
    Column("created_at", Time, nullable=False, server_default=NOW),
    Column("until_time", Time),
    Column("about", Text),
    Column("point", Double),
    Column("void_ids", ARRAY(Integer), nullable=False, server_default=text("'{}'::integer[]")),
    UniqueConstraint(
        "partition",
        "rule",
        "event_id",
        "bookmaker_key",
        "market_key",
        "outcome_name",
        "snapshot_time",
        "description",
        name="uq_data_quality_logs_issue",
        postgresql_nulls_not_distinct=True,
    ),
    CheckConstraint("severity IN ('warning', 'error', 'critical')", name="severity"),
    Index("ix_data_quality_logs_event_id", "event_id"),
    comment="Issues the rules found, once each; resolution is set when a later run clears one.",
)

# Without foreign keys, as with voids: the log's rows never go.
quality_flags = Table(
    "quality_flags",
    metadata,
    Column("flag_id", BigInteger, Identity(always=True), primary_key=True),
    Column("log_id", BigInteger, nullable=False),
    Column("known_time", Time, nullable=False),
    Column("standing", Boolean, nullable=False),
    Column("until_time", Time),
    Index("ix_quality_flags_log_id", "log_id", "known_time"),
    Index("ix_quality_flags_known_time", "known_time"),
    comment="What was known of each logged issue of an event, and since when: whether it stands, "
    "and until which capture. Append-only, written by the log itself.",
)

quality_decisions = Table(
    "quality_decisions",
    metadata,
    Column("decision_id", BigInteger, Identity(always=True), primary_key=True),
    Column("known_time", Time, nullable=False, unique=True, server_default=func.clock_timestamp()),
    Column("log_id", BigInteger),
    Column("quarantine_id", BigInteger),
    Column("action", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    CheckConstraint("(log_id IS NULL) <> (quarantine_id IS NULL)", name="item"),
    CheckConstraint("action IN ('release', 'void', 'keep')", name="action"),
    CheckConstraint("btrim(reason) <> ''", name="reason"),
    Index("ix_quality_decisions_log_id", "log_id"),
    Index("ix_quality_decisions_quarantine_id", "quarantine_id"),
    comment="What people decided about logged issues and quarantined parts, who and why. "
    "Immutable.",
)

quality_runs = Table(
    "quality_runs",
    metadata,
    Column("partition", Date, nullable=False),
    Column("rule", Text, nullable=False),
    Column("checked", Integer, nullable=False),
    Column("issues", Integer, nullable=False),
    Column("run_at", Time, nullable=False, server_default=NOW),
    PrimaryKeyConstraint("partition", "rule", name="pk_quality_runs"),
    comment="The latest result of every rule on every day.",
)

# --- research ---

experiments = Table(
    "experiments",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("strategy", Text, nullable=False),
    Column("config", JSONB, nullable=False),
    Column("dataset_hash", Text),
    Column("code_version", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("risk_mode", Text, nullable=False),
    Column("bankroll", Double, nullable=False),
    Column("league", Text),
    Column("status", Text, nullable=False, server_default=text("'running'")),
    Column("metrics", JSONB),
    Column("error", Text),
    Column("started_at", Time, nullable=False, server_default=NOW),
    Column("completed_at", Time),
    CheckConstraint("status IN ('draft', 'running', 'completed', 'failed')", name="status"),
    CheckConstraint("(status = 'completed') = (metrics IS NOT NULL)", name="metrics"),
    Index("ix_experiments_dataset_hash", "dataset_hash"),
    Index("ix_experiments_roi", text("((metrics ->> 'roi')::double precision)")),
    comment="Every backtest ever begun, failed ones too: how many were tried decides what the "
    "best one is worth.",
)

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
