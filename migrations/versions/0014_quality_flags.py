"""Flags with a known time of their own, what they cover, and what people decided about them.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import context, op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

AND_FLAGS = """,
        (SELECT max(known_time) + interval '1 microsecond' FROM quality_flags),
        (SELECT max(known_time) + interval '1 microsecond' FROM quality_decisions)"""

# Whatever changes a logged issue leaves a row here, so that an answer for an earlier `known_by`
# stays as it was. Only issues of an event can be about quotes.
KEEP_FLAGS = """
CREATE FUNCTION keep_new_flags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows WHERE event_id IS NOT NULL) THEN
        INSERT INTO quality_flags (log_id, known_time, standing, until_time)
        SELECT n.id, k.known, n.resolution IS NULL, n.until_time
        FROM (SELECT next_known_time() AS known) k, new_rows n
        WHERE n.event_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION keep_changed_flags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM new_rows n JOIN old_rows o USING (id)
        WHERE n.event_id IS NOT NULL
          AND (n.resolution IS NULL, n.until_time) IS DISTINCT FROM
              (o.resolution IS NULL, o.until_time)
    ) THEN
        INSERT INTO quality_flags (log_id, known_time, standing, until_time)
        SELECT n.id, k.known, n.resolution IS NULL, n.until_time
        FROM (SELECT next_known_time() AS known) k, new_rows n JOIN old_rows o USING (id)
        WHERE n.event_id IS NOT NULL
          AND (n.resolution IS NULL, n.until_time) IS DISTINCT FROM
              (o.resolution IS NULL, o.until_time);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER data_quality_logs_new_flags AFTER INSERT ON data_quality_logs
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION keep_new_flags();
CREATE TRIGGER data_quality_logs_changed_flags AFTER UPDATE ON data_quality_logs
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION keep_changed_flags();
CREATE TRIGGER quality_decisions_known_time BEFORE INSERT ON quality_decisions
    FOR EACH ROW EXECUTE FUNCTION stamp_known_time();
"""

# A missing key means every one. A whole market's point is its line: either side's, up to the sign.
FLAG_COVERS = """
CREATE FUNCTION flag_covers(
    l data_quality_logs, until timestamptz, bookmaker text, market text, outcome text, whom text,
    line double precision, capture timestamptz
) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    capture BETWEEN l.snapshot_time AND coalesce(until, l.snapshot_time)
    AND (l.bookmaker_key IS NULL OR l.bookmaker_key = bookmaker)
    AND (l.market_key IS NULL OR l.market_key = market)
    AND (l.outcome_name IS NULL OR l.outcome_name = outcome)
    AND (l.about IS NULL OR l.about IS NOT DISTINCT FROM whom)
    AND (l.point IS NULL OR line IS NULL OR l.point = line
         OR (l.outcome_name IS NULL AND l.point = -line));

CREATE FUNCTION flags_known(event text, known timestamptz)
RETURNS TABLE (log data_quality_logs, until_time timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10 AS $$
    SELECT l, f.until_time
    FROM data_quality_logs l
    CROSS JOIN LATERAL (
        SELECT standing, until_time FROM quality_flags
        WHERE log_id = l.id AND known_time <= known
        ORDER BY known_time DESC, flag_id DESC LIMIT 1
    ) f
    WHERE l.event_id = event AND f.standing
$$;
"""

_OF_THE_QUOTE = """l.event_id = q.event_id AND l.resolution IS NULL AND flag_covers(
            l, l.until_time, q.bookmaker_key, q.market_key, q.outcome_name, q.description,
            q.point, q.capture_time
        )"""

ODDS = f"""
CREATE OR REPLACE VIEW odds AS
SELECT
    hashtextextended(concat_ws('|', q.snapshot_id, q.selection_id), 0) AS id,
    q.event_id,
    q.bookmaker_key,
    q.bookmaker_title,
    q.market_key,
    q.outcome_name,
    q.description,
    CASE WHEN v.void_reason IS NULL THEN american(q.price) END AS price,
    CASE WHEN v.void_reason IS NULL THEN q.point END AS point,
    q.capture_time AS odds_timestamp,
    q.last_update,
    q.known_time AS created_at,
    v.void_reason IS NULL AND NOT EXISTS (
        SELECT FROM data_quality_logs l WHERE l.severity <> 'warning' AND {_OF_THE_QUOTE}
    ) AS is_valid,
    nullif(concat_ws('; ', 'voided: ' || v.void_reason, (
        SELECT string_agg(l.description, '; ' ORDER BY l.id) FROM data_quality_logs l
        WHERE {_OF_THE_QUOTE}
    )), '') AS validation_notes,
    CASE WHEN v.void_reason IS NULL THEN q.price END AS decimal_price
FROM stored_odds q
LEFT JOIN LATERAL voided_by(
    q.event_no, q.bookmaker_id, q.market_id, q.outcome_id, q.description_id, q.capture_time,
    'infinity'
) v ON true;
"""  # noqa: S608


def _next_known_time(more: str) -> str:
    older = context.script.get_revision("0005").module
    return str(older.NEXT_KNOWN_TIME.format(more=older.AND_VOIDS + more))


def upgrade() -> None:
    op.add_column("data_quality_logs", sa.Column("until_time", sa.DateTime(timezone=True)))
    op.add_column("data_quality_logs", sa.Column("about", sa.Text()))
    op.add_column("data_quality_logs", sa.Column("point", sa.Double()))
    op.add_column(
        "data_quality_logs",
        sa.Column(
            "void_ids",
            sa.dialects.postgresql.ARRAY(sa.Integer()),
            server_default=sa.text("'{}'::integer[]"),
            nullable=False,
        ),
    )
    op.create_table(
        "quality_flags",
        sa.Column("flag_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("log_id", sa.BigInteger(), nullable=False),
        sa.Column("known_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("until_time", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("flag_id", name=op.f("pk_quality_flags")),
        comment="What was known of each logged issue of an event, and since when: whether it stands, and until which capture. Append-only, written by the log itself.",
    )
    op.create_index("ix_quality_flags_log_id", "quality_flags", ["log_id", "known_time"])
    op.create_index("ix_quality_flags_known_time", "quality_flags", ["known_time"])
    op.create_table(
        "quality_decisions",
        sa.Column("decision_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "known_time",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("log_id", sa.BigInteger(), nullable=True),
        sa.Column("quarantine_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(log_id IS NULL) <> (quarantine_id IS NULL)", name=op.f("ck_quality_decisions_item")
        ),
        sa.CheckConstraint(
            "action IN ('release', 'void', 'keep')", name=op.f("ck_quality_decisions_action")
        ),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("ck_quality_decisions_reason")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_quality_decisions")),
        sa.UniqueConstraint("known_time", name=op.f("uq_quality_decisions_known_time")),
        comment="What people decided about logged issues and quarantined parts, who and why. Immutable.",
    )
    op.create_index("ix_quality_decisions_log_id", "quality_decisions", ["log_id"])
    op.create_index("ix_quality_decisions_quarantine_id", "quality_decisions", ["quarantine_id"])
    op.execute(_next_known_time(AND_FLAGS))
    # What is logged already has been known since it was written.
    op.execute(
        "INSERT INTO quality_flags (log_id, known_time, standing) "
        "SELECT id, created_at, resolution IS NULL FROM data_quality_logs WHERE event_id IS NOT NULL"
    )
    op.execute(KEEP_FLAGS)
    for table in ("quality_flags", "quality_decisions"):
        op.execute(
            f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"SELECT refuse_truncate('{table}')")
    op.execute(FLAG_COVERS)
    op.execute(ODDS)


def downgrade() -> None:
    # Committed first, and then its lock awaited: whoever is inside the newer text needs the tables.
    with op.get_context().autocommit_block():
        op.execute(_next_known_time(""))
    op.execute("SELECT pg_advisory_xact_lock(7201)")
    op.execute(context.script.get_revision("0005").module.ODDS)
    op.execute("DROP FUNCTION flags_known(text, timestamptz)")
    op.execute(
        "DROP FUNCTION flag_covers(data_quality_logs, timestamptz, text, text, text, text, "
        "double precision, timestamptz)"
    )
    op.execute("DROP TRIGGER data_quality_logs_new_flags ON data_quality_logs")
    op.execute("DROP TRIGGER data_quality_logs_changed_flags ON data_quality_logs")
    op.execute("DROP FUNCTION keep_new_flags()")
    op.execute("DROP FUNCTION keep_changed_flags()")
    op.drop_table("quality_decisions")
    op.drop_table("quality_flags")
    for column in ("void_ids", "point", "about", "until_time"):
        op.drop_column("data_quality_logs", column)
