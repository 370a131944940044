"""What is worked out of quotes: fair prices, edges, closes, movements, scorecards, calibration.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


MODELS = "model_probabilities"
# What a user's model said shares the order of everything known.
AND_MODELS = """,
        (SELECT max(known_time) + interval '1 microsecond' FROM model_probabilities)"""


def _next_known_time(more: str) -> str:
    older = context.script.get_revision("0005").module
    flags = context.script.get_revision("0014").module.AND_FLAGS
    merges = context.script.get_revision("0015").module.AND_MERGES
    return str(older.NEXT_KNOWN_TIME.format(more=older.AND_VOIDS + flags + merges + more))


def upgrade() -> None:
    _create_tables()
    op.execute(
        f"CREATE TRIGGER {MODELS}_known_time BEFORE INSERT ON {MODELS} "
        "FOR EACH ROW EXECUTE FUNCTION stamp_known_time()"
    )
    op.execute(
        f"CREATE TRIGGER {MODELS}_immutable BEFORE UPDATE OR DELETE ON {MODELS} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"SELECT refuse_truncate('{MODELS}')")
    op.execute(_next_known_time(AND_MODELS))


def _create_tables() -> None:
    op.create_table(
        "bookmaker_scorecards",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("bookmaker_id", sa.SmallInteger(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("boards", sa.Integer(), nullable=False),
        sa.Column("uptime", sa.Double(), nullable=True),
        sa.Column("mean_overround", sa.Double(), nullable=True),
        sa.Column("median_age_seconds", sa.Double(), nullable=True),
        sa.Column("p95_age_seconds", sa.Double(), nullable=True),
        sa.Column("stale_share", sa.Double(), nullable=True),
        sa.Column("best_share", sa.Double(), nullable=True),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "bookmaker_id", "market_id", name="pk_bookmaker_scorecards"),
        comment="What each book's market was worth to a bettor on a UTC day of captures. Made anew by day.",
    )
    op.create_table(
        "calibrations",
        sa.Column("sport_key", sa.Text(), nullable=False),
        sa.Column("market_key", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("grouping", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("markets", sa.Integer(), nullable=False),
        sa.Column("mean_overround", sa.Double(), nullable=False),
        sa.Column("log_loss", sa.Double(), nullable=False),
        sa.Column("log_loss_low", sa.Double(), nullable=False),
        sa.Column("log_loss_high", sa.Double(), nullable=False),
        sa.Column("brier", sa.Double(), nullable=False),
        sa.Column("difference", sa.Double(), nullable=False),
        sa.Column("t_value", sa.Double(), nullable=True),
        sa.Column("reliability", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "computed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "grouping IN ('bookmaker', 'book_class')", name=op.f("ck_calibrations_grouping")
        ),
        sa.CheckConstraint("phase IN ('opening', 'closing')", name=op.f("ck_calibrations_phase")),
        sa.PrimaryKeyConstraint(
            "sport_key",
            "market_key",
            "phase",
            "grouping",
            "value",
            "method",
            name="pk_calibrations",
        ),
        comment="How well each way of removing the margin foretold results. Made anew as a whole.",
    )
    op.create_table(
        "closing_prices",
        sa.Column("closing_price_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("bookmaker_id", sa.SmallInteger(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("outcome_id", sa.Integer(), nullable=True),
        sa.Column("description_id", sa.Integer(), nullable=True),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("point", sa.Double(), nullable=True),
        sa.Column("line", sa.Double(), nullable=True),
        sa.Column("price", sa.Double(), nullable=True),
        sa.Column("capture_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("known_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gap_seconds", sa.Double(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("missing_reason", sa.Text(), nullable=True),
        sa.Column("overround", sa.Double(), nullable=True),
        sa.Column("fair_probability", sa.Double(), nullable=True),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("flagged", sa.Boolean(), nullable=True),
        sa.Column("commence_time", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('exact', 'last_active', 'none')", name=op.f("ck_closing_prices_kind")
        ),
        sa.CheckConstraint("phase IN ('opening', 'closing')", name=op.f("ck_closing_prices_phase")),
        sa.PrimaryKeyConstraint("closing_price_id", name=op.f("pk_closing_prices")),
        comment="Opening and closing price of each book's outcome, with provenance, margin removed and result, by the UTC day on which the event starts. Made anew by day.",
    )
    op.create_index("ix_closing_prices_day", "closing_prices", ["day"], unique=False)
    op.create_index("ix_closing_prices_event_no", "closing_prices", ["event_no"], unique=False)
    op.create_table(
        "edge_sights",
        sa.Column("sight_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("capture_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opportunity_id", sa.Text(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("bookmaker_id", sa.SmallInteger(), nullable=True),
        sa.Column("outcome_id", sa.Integer(), nullable=True),
        sa.Column("description_id", sa.Integer(), nullable=True),
        sa.Column("point", sa.Double(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("tags", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("commence_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("price", sa.Double(), nullable=True),
        sa.Column("fair_probability", sa.Double(), nullable=True),
        sa.Column("model_probability", sa.Double(), nullable=True),
        sa.Column("implied_probability", sa.Double(), nullable=True),
        sa.Column("model_version", sa.Text(), nullable=True),
        sa.Column("edge_percentage", sa.Double(), nullable=True),
        sa.Column("kelly_fraction", sa.Double(), nullable=True),
        sa.Column("age_seconds", sa.Double(), nullable=True),
        sa.Column("total_stake", sa.Double(), nullable=True),
        sa.Column("worst_case_profit", sa.Double(), nullable=True),
        sa.Column("flagged", sa.Boolean(), nullable=True),
        sa.Column("legs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "(state = 'seen') = (edge_percentage IS NOT NULL AND verdict IS NOT NULL)",
            name=op.f("ck_edge_sights_seen"),
        ),
        sa.CheckConstraint("state IN ('seen', 'closed')", name=op.f("ck_edge_sights_state")),
        sa.PrimaryKeyConstraint("sight_id", name=op.f("pk_edge_sights")),
        comment="Every sight of an opportunity, one a book (one in all where it has several legs), and one row at each capture that showed it gone.",
    )
    op.create_index("ix_edge_sights_capture_time", "edge_sights", ["capture_time"], unique=False)
    op.create_index("ix_edge_sights_event_no", "edge_sights", ["event_no"], unique=False)
    op.create_index(
        "uq_edge_sights_standing",
        "edge_sights",
        ["opportunity_id", "capture_time", "bookmaker_id"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "edge_statistics",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("edges", sa.Integer(), nullable=False),
        sa.Column("executable", sa.Integer(), nullable=False),
        sa.Column("mean_edge_percentage", sa.Double(), nullable=False),
        sa.Column("median_life_seconds", sa.Double(), nullable=True),
        sa.Column("settled", sa.Integer(), nullable=False),
        sa.Column("expected_yield", sa.Double(), nullable=True),
        sa.Column("realised_yield", sa.Double(), nullable=True),
        sa.Column("realised_low", sa.Double(), nullable=True),
        sa.Column("realised_high", sa.Double(), nullable=True),
        sa.Column("with_closing", sa.Integer(), nullable=False),
        sa.Column("mean_clv", sa.Double(), nullable=True),
        sa.Column(
            "computed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "dimension IN ('all', 'bookmaker', 'market', 'tag')",
            name=op.f("ck_edge_statistics_dimension"),
        ),
        sa.PrimaryKeyConstraint("kind", "dimension", "value", name="pk_edge_statistics"),
        comment="What past edges were worth: a unit at each one's first sight. Made anew as a whole.",
    )
    op.create_table(
        "edges",
        sa.Column("opportunity_id", sa.Text(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("outcome_id", sa.Integer(), nullable=True),
        sa.Column("description_id", sa.Integer(), nullable=True),
        sa.Column("point", sa.Double(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("tags", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commence_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("sights", sa.Integer(), nullable=False),
        sa.Column("episodes", sa.Integer(), nullable=False),
        sa.Column("life_seconds", sa.Double(), nullable=False),
        sa.Column("bookmaker_id", sa.SmallInteger(), nullable=True),
        sa.Column("price", sa.Double(), nullable=True),
        sa.Column("fair_probability", sa.Double(), nullable=True),
        sa.Column("model_probability", sa.Double(), nullable=True),
        sa.Column("implied_probability", sa.Double(), nullable=True),
        sa.Column("model_version", sa.Text(), nullable=True),
        sa.Column("edge_percentage", sa.Double(), nullable=False),
        sa.Column("greatest_edge_percentage", sa.Double(), nullable=False),
        sa.Column("kelly_fraction", sa.Double(), nullable=True),
        sa.Column("age_seconds", sa.Double(), nullable=True),
        sa.Column("total_stake", sa.Double(), nullable=True),
        sa.Column("worst_case_profit", sa.Double(), nullable=True),
        sa.Column("legs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind IN ('ev', 'arbitrage', 'middle', 'low_hold')", name=op.f("ck_edges_kind")
        ),
        sa.CheckConstraint("status IN ('open', 'closed', 'voided')", name=op.f("ck_edges_status")),
        sa.CheckConstraint(
            "verdict IN ('executable', 'stale', 'paper')", name=op.f("ck_edges_verdict")
        ),
        sa.PrimaryKeyConstraint("opportunity_id", name=op.f("pk_edges")),
        comment="One row an opportunity: its life, and its newest sight. Closed, never deleted. Worked out of edge_sights.",
    )
    op.create_index("ix_edges_event_no", "edges", ["event_no"], unique=False)
    op.create_index("ix_edges_last_seen", "edges", ["last_seen"], unique=False)
    op.create_index(
        "ix_edges_open",
        "edges",
        ["commence_time"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "fair_prices",
        sa.Column("fair_price_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("capture_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("outcome_id", sa.Integer(), nullable=False),
        sa.Column("description_id", sa.Integer(), nullable=True),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("bookmaker_id", sa.SmallInteger(), nullable=True),
        sa.Column("bookmakers", sa.SmallInteger(), nullable=False),
        sa.Column("stale", sa.SmallInteger(), nullable=False),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("point", sa.Double(), nullable=True),
        sa.Column("fair_probability", sa.Double(), nullable=False),
        sa.Column("multiplicative", sa.Double(), nullable=True),
        sa.Column("additive", sa.Double(), nullable=True),
        sa.Column("power", sa.Double(), nullable=True),
        sa.Column("odds_ratio", sa.Double(), nullable=True),
        sa.Column("shin", sa.Double(), nullable=True),
        sa.CheckConstraint(
            "fair_probability >= 0 AND fair_probability <= 1",
            name=op.f("ck_fair_prices_probability"),
        ),
        sa.PrimaryKeyConstraint("fair_price_id", name=op.f("pk_fair_prices")),
        comment="What outcomes were worth at each capture, by source and margin removal. A row that later knowledge changed stays, superseded from then on.",
    )
    op.create_index("ix_fair_prices_capture_time", "fair_prices", ["capture_time"], unique=False)
    op.create_index(
        "uq_fair_prices_standing",
        "fair_prices",
        [
            "event_no",
            "capture_time",
            "market_id",
            "outcome_id",
            "description_id",
            "point",
            "source",
        ],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "line_movements",
        sa.Column("line_movement_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("bookmaker_id", sa.SmallInteger(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("outcome_id", sa.Integer(), nullable=False),
        sa.Column("description_id", sa.Integer(), nullable=True),
        sa.Column("opening_point", sa.Double(), nullable=True),
        sa.Column("opening_price", sa.Double(), nullable=True),
        sa.Column("opening_probability", sa.Double(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closing_point", sa.Double(), nullable=True),
        sa.Column("closing_price", sa.Double(), nullable=True),
        sa.Column("closing_probability", sa.Double(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("captures", sa.Integer(), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("net_move", sa.Double(), nullable=True),
        sa.Column("largest_move", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("line_movement_id", name=op.f("pk_line_movements")),
        comment="How each book's market moved from its opening to its close, told of one outcome, by the UTC day on which the event starts. Made anew by day.",
    )
    op.create_index("ix_line_movements_day", "line_movements", ["day"], unique=False)
    op.create_index("ix_line_movements_event_no", "line_movements", ["event_no"], unique=False)
    op.create_table(
        "model_probabilities",
        sa.Column(
            "model_probability_id", sa.BigInteger(), sa.Identity(always=True), nullable=False
        ),
        sa.Column(
            "known_time",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("market_id", sa.SmallInteger(), nullable=False),
        sa.Column("outcome_id", sa.Integer(), nullable=False),
        sa.Column("description_id", sa.Integer(), nullable=True),
        sa.Column("point", sa.Double(), nullable=True),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("model_name", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "btrim(model_name) <> '' AND btrim(model_version) <> ''",
            name=op.f("ck_model_probabilities_named"),
        ),
        sa.CheckConstraint(
            "probability > 0 AND probability < 1", name=op.f("ck_model_probabilities_probability")
        ),
        sa.PrimaryKeyConstraint("model_probability_id", name=op.f("pk_model_probabilities")),
        sa.UniqueConstraint(
            "event_no",
            "market_id",
            "outcome_id",
            "description_id",
            "point",
            "model_name",
            "model_version",
            "made_at",
            name="uq_model_probabilities_said",
            postgresql_nulls_not_distinct=True,
        ),
        comment="What users' own models said: the chance of an outcome, given that it is no push. Immutable; the newest made_at of a model counts. known_time is set here.",
    )
    op.create_index(
        "ix_model_probabilities_known_time", "model_probabilities", ["known_time"], unique=False
    )
    op.create_table(
        "pricings",
        sa.Column("capture_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("quotes", sa.Integer(), nullable=False),
        sa.Column("fair_prices", sa.Integer(), nullable=False),
        sa.Column("edges", sa.Integer(), nullable=False),
        sa.Column(
            "priced_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("capture_time", name=op.f("pk_pricings")),
        comment="The mark that a moment of capture was priced, and what was known then.",
    )


def downgrade() -> None:
    # Committed first, and then its lock awaited: whoever is inside the newer text needs the table.
    with op.get_context().autocommit_block():
        op.execute(_next_known_time(""))
    op.execute("SELECT pg_advisory_xact_lock(7201)")
    op.drop_table("pricings")
    op.drop_index("ix_model_probabilities_known_time", table_name="model_probabilities")
    op.drop_table("model_probabilities")
    op.drop_index("ix_line_movements_event_no", table_name="line_movements")
    op.drop_index("ix_line_movements_day", table_name="line_movements")
    op.drop_table("line_movements")
    op.drop_index(
        "uq_fair_prices_standing",
        table_name="fair_prices",
        postgresql_where=sa.text("superseded_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index("ix_fair_prices_capture_time", table_name="fair_prices")
    op.drop_table("fair_prices")
    op.drop_index("ix_edges_open", table_name="edges", postgresql_where=sa.text("status = 'open'"))
    op.drop_index("ix_edges_last_seen", table_name="edges")
    op.drop_index("ix_edges_event_no", table_name="edges")
    op.drop_table("edges")
    op.drop_table("edge_statistics")
    op.drop_index(
        "uq_edge_sights_standing",
        table_name="edge_sights",
        postgresql_where=sa.text("superseded_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index("ix_edge_sights_event_no", table_name="edge_sights")
    op.drop_index("ix_edge_sights_capture_time", table_name="edge_sights")
    op.drop_table("edge_sights")
    op.drop_index("ix_closing_prices_event_no", table_name="closing_prices")
    op.drop_index("ix_closing_prices_day", table_name="closing_prices")
    op.drop_table("closing_prices")
    op.drop_table("calibrations")
    op.drop_table("bookmaker_scorecards")
