"""Every table, with its keys, checks and comments.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bookmakers",
        sa.Column("bookmaker_id", sa.SmallInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("bookmaker_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("is_new", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("bookmaker_id", name=op.f("pk_bookmakers")),
        sa.UniqueConstraint("bookmaker_key", name=op.f("uq_bookmakers_bookmaker_key")),
        comment="Bookmakers; is_new marks a key the catalog does not know.",
    )
    op.create_table(
        "credit_ledger",
        sa.Column("entry_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("credits", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("key_fingerprint", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("sport_key", sa.Text(), nullable=True),
        sa.Column("slot_id", sa.BigInteger(), nullable=True),
        sa.Column("provider_used", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("provider_remaining", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column(
            "entered_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "entry IN ('reserved', 'settled', 'unknown', 'opening', 'correction')",
            name=op.f("ck_credit_ledger_entry"),
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_credit_ledger")),
        sa.UniqueConstraint("call_id", "entry", name="uq_credit_ledger_call"),
        comment="Credits reserved before and settled after each paid call. Immutable.",
    )
    op.create_index(
        "ix_credit_ledger_key_fingerprint_entered_at",
        "credit_ledger",
        ["key_fingerprint", "entered_at"],
        unique=False,
    )
    op.create_table(
        "data_quality_logs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("partition", sa.Date(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("issue_type", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("bookmaker_key", sa.Text(), nullable=True),
        sa.Column("market_key", sa.Text(), nullable=True),
        sa.Column("outcome_name", sa.Text(), nullable=True),
        sa.Column("snapshot_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column(
            "raw_data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "severity IN ('warning', 'error', 'critical')",
            name=op.f("ck_data_quality_logs_severity"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_quality_logs")),
        sa.UniqueConstraint(
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
        comment="Issues the rules found, once each; resolution is set when a later run clears one.",
    )
    op.create_index(
        "ix_data_quality_logs_event_id", "data_quality_logs", ["event_id"], unique=False
    )
    op.create_table(
        "deployment",
        sa.Column("one", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("spending_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("kind IN ('demo', 'real')", name=op.f("ck_deployment_kind")),
        sa.CheckConstraint("one", name=op.f("ck_deployment_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_deployment")),
        comment="Whether this database is DEMO or real: decided once, for ever.",
    )
    op.create_table(
        "layouts",
        sa.Column("layout_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("pairs", sa.ARRAY(sa.Integer()), nullable=False),
        sa.PrimaryKeyConstraint("layout_id", name=op.f("pk_layouts")),
        sa.UniqueConstraint("digest", name=op.f("uq_layouts_digest")),
        comment="Order of a snapshot's last_update vector: bookmaker_id * 65536 + market_id.",
    )
    op.create_table(
        "markets",
        sa.Column("market_id", sa.SmallInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("market_key", sa.Text(), nullable=False),
        sa.Column("is_new", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("market_id", name=op.f("pk_markets")),
        sa.UniqueConstraint("market_key", name=op.f("uq_markets_market_key")),
        comment="Markets; is_new marks a key the catalog does not know.",
    )
    op.create_table(
        "matchups",
        sa.Column("matchup_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("home_team", sa.Text(), nullable=True),
        sa.Column("away_team", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("matchup_id", name=op.f("pk_matchups")),
        sa.UniqueConstraint(
            "home_team", "away_team", name="uq_matchups_teams", postgresql_nulls_not_distinct=True
        ),
        comment="Home and away team as stated together; both null for outrights.",
    )
    op.create_table(
        "names",
        sa.Column("name_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name_id", name=op.f("pk_names")),
        sa.UniqueConstraint("name", name=op.f("uq_names_name")),
        comment="Outcome names and descriptions.",
    )
    op.create_table(
        "quality_runs",
        sa.Column("partition", sa.Date(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("checked", sa.Integer(), nullable=False),
        sa.Column("issues", sa.Integer(), nullable=False),
        sa.Column(
            "run_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("partition", "rule", name="pk_quality_runs"),
        comment="The latest result of every rule on every day.",
    )
    op.create_table(
        "quotes",
        sa.Column("capture_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("price", sa.Double(), nullable=True),
        sa.Column("point", sa.Double(), nullable=True),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("selection_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("price >= 1 AND price < 1e6", name=op.f("ck_quotes_price")),
        sa.CheckConstraint(
            "state IN (0, 1, 2) AND (state = 0) = (price IS NOT NULL)", name=op.f("ck_quotes_state")
        ),
        sa.PrimaryKeyConstraint(
            "event_no", "selection_id", "capture_time", "known_time", name="pk_quotes"
        ),
        comment="Quote states on change, one full set a UTC day (keyframe). Append-only, monthly partitions. state: 0 priced, 1 removed, 2 unusable.",
        postgresql_partition_by="RANGE (capture_time)",
    )
    op.create_table(
        "raw_bodies",
        sa.Column("raw_id", sa.BigInteger(), nullable=False),
        sa.Column("known_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("raw_id", "known_time", name="pk_raw_bodies"),
        comment="The exact bytes, zstd-compressed whole. Immutable. Monthly partitions.",
        postgresql_partition_by="RANGE (known_time)",
    )
    op.create_table(
        "raw_responses",
        sa.Column("raw_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column(
            "headers",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("body_size", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_basis", sa.Text(), nullable=False),
        sa.Column("clock_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("odds_format", sa.Text(), nullable=True),
        sa.Column("elapsed_ms", sa.Integer(), nullable=True),
        sa.Column("credits", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column(
            "known_time",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("ck_raw_responses_sha256")),
        sa.PrimaryKeyConstraint("raw_id", name=op.f("pk_raw_responses")),
        sa.UniqueConstraint("call_id", name=op.f("uq_raw_responses_call_id")),
        sa.UniqueConstraint("known_time", name=op.f("uq_raw_responses_known_time")),
        comment="One row a provider response or imported file. Immutable. known_time is set here.",
    )
    op.create_index(
        "uq_raw_responses_file",
        "raw_responses",
        ["sha256", "endpoint", "captured_at", "odds_format"],
        unique=True,
        postgresql_where=sa.text("source = 'file'"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "scopes",
        sa.Column("scope_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("scope_key", sa.Text(), nullable=False),
        sa.Column("sport_key", sa.Text(), nullable=False),
        sa.Column("bookmakers", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("except_bookmakers", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("regions", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("markets", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("lists_all_events", sa.Boolean(), nullable=False),
        sa.Column("starts_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("starts_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("scope_id", name=op.f("pk_scopes")),
        sa.UniqueConstraint("scope_key", name=op.f("uq_scopes_scope_key")),
        comment="What was asked and answered: absence is a removal only inside it. Null = every one.",
    )
    op.create_table(
        "slots",
        sa.Column("slot_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("sport_key", sa.Text(), nullable=False),
        sa.Column("slot_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'planned'"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("call_id", sa.UUID(), nullable=True),
        sa.Column("claim_expires", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(status = 'gap') = (reason IS NOT NULL)", name=op.f("ck_slots_gap_reason")
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'claimed', 'fetched', 'ok', 'gap', 'healed')",
            name=op.f("ck_slots_status"),
        ),
        sa.PrimaryKeyConstraint("slot_id", name=op.f("pk_slots")),
        sa.UniqueConstraint("purpose", "sport_key", "slot_time", name="uq_slots_plan"),
        comment="Every planned capture and how it ended; never absent.",
    )
    op.create_index("ix_slots_slot_time", "slots", ["slot_time"], unique=False)
    op.create_table(
        "sports",
        sa.Column("sport_id", sa.SmallInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sport_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("group_name", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("live_hours", sa.SmallInteger(), server_default=sa.text("6"), nullable=False),
        sa.Column("is_new", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("sport_id", name=op.f("pk_sports")),
        sa.UniqueConstraint("sport_key", name=op.f("uq_sports_sport_key")),
        comment="Sports and leagues; is_new marks a key the catalog does not know.",
    )
    op.create_table(
        "captures",
        sa.Column("capture_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("raw_id", sa.BigInteger(), nullable=False),
        sa.Column("known_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capture_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sport_id", sa.SmallInteger(), nullable=True),
        sa.Column("scope_id", sa.Integer(), nullable=True),
        sa.Column("listing", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("asked_events", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("event_count", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('odds', 'events')", name=op.f("ck_captures_kind")),
        sa.ForeignKeyConstraint(
            ["raw_id"], ["raw_responses.raw_id"], name=op.f("fk_captures_raw_id")
        ),
        sa.ForeignKeyConstraint(
            ["scope_id"], ["scopes.scope_id"], name=op.f("fk_captures_scope_id")
        ),
        sa.ForeignKeyConstraint(
            ["sport_id"], ["sports.sport_id"], name=op.f("fk_captures_sport_id")
        ),
        sa.PrimaryKeyConstraint("capture_id", name=op.f("pk_captures")),
        comment="One row for each time at which one document says something; listing = it lists every event of its scope (asked_events: those asked for), so that an absent event left the feed.",
    )
    op.create_index("ix_captures_capture_time", "captures", ["capture_time"], unique=False)
    op.create_index(
        "ix_captures_listing",
        "captures",
        ["sport_id", "capture_time"],
        unique=False,
        postgresql_where=sa.text("listing OR asked_events IS NOT NULL"),
    )
    op.create_index("ix_captures_raw_id", "captures", ["raw_id"], unique=False)
    op.create_table(
        "event_ids",
        sa.Column("event_no", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("sport_id", sa.SmallInteger(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["sport_id"], ["sports.sport_id"], name=op.f("fk_event_ids_sport_id")
        ),
        sa.PrimaryKeyConstraint("event_no", name=op.f("pk_event_ids")),
        sa.UniqueConstraint("event_id", name=op.f("uq_event_ids_event_id")),
        comment="The provider's event id and the number that stands for it here.",
    )
    op.create_index("ix_event_ids_sport_id", "event_ids", ["sport_id"], unique=False)
    op.create_table(
        "fetch_logs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "fetch_time",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("sport_key", sa.Text(), nullable=True),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("events_count", sa.Integer(), nullable=True),
        sa.Column("bookmakers_count", sa.Integer(), nullable=True),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("api_quota_remaining", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("response_time_ms", sa.Integer(), nullable=True),
        sa.Column("credits", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("slot_id", sa.BigInteger(), nullable=True),
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("raw_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["raw_id"], ["raw_responses.raw_id"], name=op.f("fk_fetch_logs_raw_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetch_logs")),
        sa.UniqueConstraint("call_id", name=op.f("uq_fetch_logs_call_id")),
        comment="Every call to the provider and how it went.",
    )
    op.create_index("ix_fetch_logs_fetch_time", "fetch_logs", ["fetch_time"], unique=False)
    op.create_index("ix_fetch_logs_raw_id", "fetch_logs", ["raw_id"], unique=False)
    op.create_table(
        "hot_documents",
        sa.Column("raw_id", sa.BigInteger(), nullable=False),
        sa.Column("document", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["raw_id"], ["raw_responses.raw_id"], name=op.f("fk_hot_documents_raw_id")
        ),
        sa.PrimaryKeyConstraint("raw_id", name=op.f("pk_hot_documents")),
        comment="Recent bodies once more, as JSON that plain SQL can read. A cache: rows expire.",
    )
    op.create_index("ix_hot_documents_created_at", "hot_documents", ["created_at"], unique=False)
    op.create_table(
        "normalisations",
        sa.Column("raw_id", sa.BigInteger(), nullable=False),
        sa.Column("parser_version", sa.SmallInteger(), nullable=False),
        sa.Column("known_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("snapshots", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("quotes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("status IN ('ok', 'failed')", name=op.f("ck_normalisations_status")),
        sa.ForeignKeyConstraint(
            ["raw_id"], ["raw_responses.raw_id"], name=op.f("fk_normalisations_raw_id")
        ),
        sa.PrimaryKeyConstraint("raw_id", "parser_version", name="pk_normalisations"),
        sa.UniqueConstraint("known_time", name=op.f("uq_normalisations_known_time")),
        comment="The mark that a raw document was normalised by a parser version, and its known time.",
    )
    op.create_table(
        "pending_raw",
        sa.Column("raw_id", sa.BigInteger(), nullable=False),
        sa.Column("known_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["raw_id"], ["raw_responses.raw_id"], name=op.f("fk_pending_raw_raw_id")
        ),
        sa.PrimaryKeyConstraint("raw_id", name=op.f("pk_pending_raw")),
        sa.UniqueConstraint("known_time", name=op.f("uq_pending_raw_known_time")),
        comment="Raw documents not normalised yet; empty when the platform is at rest.",
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("raw_id", sa.BigInteger(), nullable=False),
        sa.Column("capture_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("bookmaker_key", sa.Text(), nullable=True),
        sa.Column("market_key", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status IN ('open', 'released', 'dismissed')", name=op.f("ck_quarantine_status")
        ),
        sa.ForeignKeyConstraint(
            ["raw_id"], ["raw_responses.raw_id"], name=op.f("fk_quarantine_raw_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("raw_id", "location", "reason", name="uq_quarantine_place"),
        comment="Parts of raw documents that cannot be used, with where and why.",
    )
    op.create_index("ix_quarantine_capture_time", "quarantine", ["capture_time"], unique=False)
    op.create_table(
        "selections",
        sa.Column("selection_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("bookmaker_id", sa.SmallInteger(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("outcome_id", sa.Integer(), nullable=False),
        sa.Column("description_id", sa.Integer(), nullable=True),
        sa.Column("line", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bookmaker_id"], ["bookmakers.bookmaker_id"], name=op.f("fk_selections_bookmaker_id")
        ),
        sa.ForeignKeyConstraint(
            ["description_id"], ["names.name_id"], name=op.f("fk_selections_description_id")
        ),
        sa.ForeignKeyConstraint(
            ["market_id"], ["markets.market_id"], name=op.f("fk_selections_market_id")
        ),
        sa.ForeignKeyConstraint(
            ["outcome_id"], ["names.name_id"], name=op.f("fk_selections_outcome_id")
        ),
        sa.PrimaryKeyConstraint("selection_id", name=op.f("pk_selections")),
        sa.UniqueConstraint(
            "bookmaker_id",
            "market_id",
            "outcome_id",
            "description_id",
            "line",
            name="uq_selections_all",
            postgresql_nulls_not_distinct=True,
        ),
        comment="What a quote is about at one book: market, outcome, description; line only where one market prices the same outcome at several points at once (ladders).",
    )
    op.create_table(
        "event_scopes",
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("sport_id", sa.SmallInteger(), nullable=False),
        sa.Column("first_capture", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_capture", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_listed", sa.Boolean(), nullable=False),
        sa.Column("last_commence", sa.DateTime(timezone=True), nullable=False),
        sa.Column("max_commence", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_no"], ["event_ids.event_no"], name=op.f("fk_event_scopes_event_no")
        ),
        sa.ForeignKeyConstraint(
            ["scope_id"], ["scopes.scope_id"], name=op.f("fk_event_scopes_scope_id")
        ),
        sa.PrimaryKeyConstraint("event_no", "scope_id", name="pk_event_scopes"),
        comment="Derived from snapshots: the span in which an event was seen under a scope, and whether its newest snapshot listed it. Says where to look; answers nothing itself.",
    )
    op.create_index(
        "ix_event_scopes_sport_id_max_commence",
        "event_scopes",
        ["sport_id", "max_commence"],
        unique=False,
    )
    op.create_table(
        "event_statements",
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("capture_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capture_id", sa.Integer(), nullable=False),
        sa.Column("matchup_id", sa.Integer(), nullable=False),
        sa.Column("commence_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day_only", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("completed", sa.Boolean(), nullable=True),
        sa.Column("home_score", sa.Integer(), nullable=True),
        sa.Column("away_score", sa.Integer(), nullable=True),
        sa.Column("score_time", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["captures.capture_id"], name=op.f("fk_event_statements_capture_id")
        ),
        sa.ForeignKeyConstraint(
            ["event_no"], ["event_ids.event_no"], name=op.f("fk_event_statements_event_no")
        ),
        sa.ForeignKeyConstraint(
            ["matchup_id"], ["matchups.matchup_id"], name=op.f("fk_event_statements_matchup_id")
        ),
        sa.PrimaryKeyConstraint(
            "event_no", "capture_time", "known_time", name="pk_event_statements"
        ),
        comment="What events and scores documents stated of an event. Append-only.",
    )
    op.create_index(
        "ix_event_statements_capture_time", "event_statements", ["capture_time"], unique=False
    )
    op.create_table(
        "snapshots",
        sa.Column("capture_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commence_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("snapshot_id", sa.BigInteger(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("capture_id", sa.Integer(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("layout_id", sa.Integer(), nullable=False),
        sa.Column("matchup_id", sa.Integer(), nullable=True),
        sa.Column("bookmaker_count", sa.SmallInteger(), nullable=False),
        sa.Column("in_play", sa.Boolean(), nullable=False),
        sa.Column("day_only", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("unlisted", sa.Boolean(), nullable=False),
        sa.Column("ages", sa.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("far_ages", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["captures.capture_id"], name=op.f("fk_snapshots_capture_id")
        ),
        sa.PrimaryKeyConstraint(
            "event_no", "capture_time", "known_time", "scope_id", name="pk_snapshots"
        ),
        comment="One row an event a capture. Append-only, monthly partitions. day_only: the start is known to the UTC day. ages: seconds from each book-market's last_update to the capture, in the layout's order.",
        postgresql_partition_by="RANGE (capture_time)",
    )
    op.create_index("ix_snapshots_capture_time", "snapshots", ["capture_time"], unique=False)
    op.create_index("ix_snapshots_snapshot_id", "snapshots", ["snapshot_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_snapshots_snapshot_id", table_name="snapshots")
    op.drop_index("ix_snapshots_capture_time", table_name="snapshots")
    op.drop_table("snapshots")
    op.drop_index("ix_event_statements_capture_time", table_name="event_statements")
    op.drop_table("event_statements")
    op.drop_index("ix_event_scopes_sport_id_max_commence", table_name="event_scopes")
    op.drop_table("event_scopes")
    op.drop_table("selections")
    op.drop_index("ix_quarantine_capture_time", table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_table("pending_raw")
    op.drop_table("normalisations")
    op.drop_index("ix_hot_documents_created_at", table_name="hot_documents")
    op.drop_table("hot_documents")
    op.drop_index("ix_fetch_logs_raw_id", table_name="fetch_logs")
    op.drop_index("ix_fetch_logs_fetch_time", table_name="fetch_logs")
    op.drop_table("fetch_logs")
    op.drop_index("ix_event_ids_sport_id", table_name="event_ids")
    op.drop_table("event_ids")
    op.drop_index("ix_captures_raw_id", table_name="captures")
    op.drop_index("ix_captures_listing", table_name="captures", postgresql_where=sa.text("listing"))
    op.drop_index("ix_captures_capture_time", table_name="captures")
    op.drop_table("captures")
    op.drop_table("sports")
    op.drop_index("ix_slots_slot_time", table_name="slots")
    op.drop_table("slots")
    op.drop_table("scopes")
    op.drop_index(
        "uq_raw_responses_file",
        table_name="raw_responses",
        postgresql_where=sa.text("source = 'file'"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_table("raw_responses")
    op.drop_table("raw_bodies")
    op.drop_table("quotes")
    op.drop_table("quality_runs")
    op.drop_table("names")
    op.drop_table("matchups")
    op.drop_table("markets")
    op.drop_table("layouts")
    op.drop_table("deployment")
    op.drop_index("ix_data_quality_logs_event_id", table_name="data_quality_logs")
    op.drop_table("data_quality_logs")
    op.drop_index("ix_credit_ledger_key_fingerprint_entered_at", table_name="credit_ledger")
    op.drop_table("credit_ledger")
    op.drop_table("bookmakers")
