"""Voids and their lifts, and events through time: one rule for the view and the reader.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import context, op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# As in 0002, and voids and lifts share the order of everything known.
NEXT_KNOWN_TIME = """
CREATE OR REPLACE FUNCTION next_known_time() RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7201);
    RETURN greatest(
        clock_timestamp(),
        (SELECT max(known_time) + interval '1 microsecond' FROM raw_responses),
        (SELECT max(known_time) + interval '1 microsecond' FROM normalisations){more}
    );
END $$;
"""
AND_VOIDS = """,
        (SELECT max(known_time) + interval '1 microsecond' FROM voids),
        (SELECT max(known_time) + interval '1 microsecond' FROM void_lifts)"""

# Written so that the planner can take its text into the query that calls it: over an empty table
# it costs next to nothing.
VOIDED_BY = """
CREATE FUNCTION void_covers(
    v voids, event integer, bookmaker smallint, market smallint, outcome integer, about integer
) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    (v.event_no IS NULL OR v.event_no = event)
    AND (v.bookmaker_id IS NULL OR v.bookmaker_id = bookmaker)
    AND (v.market_id IS NULL OR v.market_id = market)
    AND (v.outcome_id IS NULL OR v.outcome_id = outcome)
    AND (v.description_id IS NULL OR v.description_id = about);

CREATE FUNCTION voids_known(known timestamptz) RETURNS SETOF voids
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT v.* FROM voids v
    WHERE v.known_time <= known
      AND NOT EXISTS (
          SELECT FROM void_lifts l WHERE l.void_id = v.void_id AND l.known_time <= known
      )
$$;

CREATE FUNCTION voided_by(
    event integer, bookmaker smallint, market smallint, outcome integer, about integer,
    capture timestamptz, known timestamptz
) RETURNS TABLE (void_reason text) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT v.reason FROM voids_known(known) v
    WHERE void_covers(v, event, bookmaker, market, outcome, about)
      AND capture BETWEEN v.from_capture AND v.to_capture
    ORDER BY v.known_time LIMIT 1
$$;
"""

# Every part that bounds a partition does so by itself, as in the view `odds` of 0004.
STORED_ODDS = """
CREATE VIEW stored_odds AS
SELECT
    s.snapshot_id,
    s.event_no,
    e.event_id,
    x.selection_id,
    sel.bookmaker_id,
    b.bookmaker_key,
    b.title AS bookmaker_title,
    sel.market_id,
    mk.market_key,
    sel.outcome_id,
    o.name AS outcome_name,
    sel.description_id,
    d.name AS description,
    q.price,
    q.point,
    s.capture_time,
    s.known_time,
    last_update_of(s.capture_time, s.ages, s.far_ages, a.place) AS last_update
FROM snapshots s
JOIN event_ids e USING (event_no)
JOIN layouts y USING (layout_id)
JOIN event_selections x USING (event_no)
JOIN selections sel USING (selection_id)
JOIN bookmakers b USING (bookmaker_id)
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = sel.outcome_id
LEFT JOIN names d ON d.name_id = sel.description_id
CROSS JOIN LATERAL (
    SELECT array_position(y.pairs, sel.bookmaker_id::integer * 65536 + sel.market_id) AS place
) a
CROSS JOIN LATERAL (
    SELECT price, point, state FROM quotes
    WHERE event_no = s.event_no
      AND selection_id = x.selection_id
      AND capture_time <= s.capture_time
      AND capture_time >= date_trunc('day', s.capture_time, 'UTC')
    ORDER BY capture_time DESC, known_time DESC LIMIT 1
) q
WHERE q.state = 0
  AND NOT s.unlisted
  AND s.ages[a.place] <> -32768
  AND s.known_time = (
      SELECT max(v.known_time) FROM snapshots v
      WHERE v.event_no = s.event_no AND v.capture_time = s.capture_time
        AND v.scope_id = s.scope_id
  );
COMMENT ON VIEW stored_odds IS
    'One row per outcome per snapshot as it was observed, voided or not; `odds` leaves voids out.';
"""

ODDS = """
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
        SELECT FROM data_quality_logs l
        WHERE l.event_id = q.event_id AND l.snapshot_time = q.capture_time
          AND l.bookmaker_key = q.bookmaker_key AND l.market_key = q.market_key
          AND coalesce(l.outcome_name, q.outcome_name) = q.outcome_name
          AND l.severity <> 'warning' AND l.resolution IS NULL
    ) AS is_valid,
    nullif(concat_ws('; ', 'voided: ' || v.void_reason, (
        SELECT string_agg(l.description, '; ' ORDER BY l.id) FROM data_quality_logs l
        WHERE l.event_id = q.event_id AND l.snapshot_time = q.capture_time
          AND l.bookmaker_key = q.bookmaker_key AND l.market_key = q.market_key
          AND coalesce(l.outcome_name, q.outcome_name) = q.outcome_name
          AND l.resolution IS NULL
    )), '') AS validation_notes,
    CASE WHEN v.void_reason IS NULL THEN q.price END AS decimal_price
FROM stored_odds q
LEFT JOIN LATERAL voided_by(
    q.event_no, q.bookmaker_id, q.market_id, q.outcome_id, q.description_id, q.capture_time,
    'infinity'
) v ON true;
"""

# A start is "late" when the event has come within its sport's live hours of it.
EVENTS_AS_OF = """
CREATE FUNCTION sightings(event integer, moment timestamptz, known timestamptz)
RETURNS TABLE (
    commence_time timestamptz, day_only boolean, matchup_id integer, seen_at timestamptz,
    known_time timestamptz
) LANGUAGE sql STABLE PARALLEL SAFE ROWS 100 AS $$
    SELECT s.commence_time, s.day_only, s.matchup_id, s.capture_time, s.known_time
    FROM snapshots s
    WHERE s.event_no = event AND NOT s.unlisted
      AND s.capture_time <= moment AND s.known_time <= known
    UNION ALL
    SELECT t.commence_time, t.day_only, t.matchup_id, t.capture_time, t.known_time
    FROM event_statements t
    WHERE t.event_no = event AND t.capture_time <= moment AND t.known_time <= known
$$;

CREATE FUNCTION left_feed(
    event integer, sport text, after timestamptz, before timestamptz, known timestamptz
) RETURNS TABLE (gone boolean) LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT EXISTS (
        SELECT FROM snapshots s
        WHERE s.event_no = event AND s.unlisted
          AND s.capture_time > after AND s.capture_time < before AND s.known_time <= known
    ) OR EXISTS (
        SELECT FROM captures c JOIN raw_responses r USING (raw_id)
        WHERE c.kind = 'events' AND c.capture_time > after AND c.capture_time < before
          AND c.known_time <= known
          AND r.source <> 'file' AND r.endpoint IN ('events', 'historical_events')
          AND r.request ->> 'sport' = sport
          AND NOT r.request ?| ARRAY['eventIds', 'commenceTimeFrom', 'commenceTimeTo']
          AND NOT EXISTS (SELECT FROM quarantine q WHERE q.raw_id = c.raw_id)
    )
$$;

CREATE FUNCTION events_as_of(moment timestamptz, known timestamptz) RETURNS TABLE (
    id text, sport_key text, sport_title text, commence_time timestamptz, start_precision text,
    home_team text, away_team text, status text, status_inferred boolean,
    home_score integer, away_score integer, completed_at timestamptz,
    created_at timestamptz, updated_at timestamptz
) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        e.event_id,
        sp.sport_key,
        sp.title,
        st.commence_time,
        CASE WHEN st.day_only THEN 'day' ELSE 'exact' END,
        m.home_team,
        m.away_team,
        life.status,
        sc.completed IS NOT TRUE AND life.status IN ('final', 'cancelled', 'postponed'),
        sc.home_score,
        sc.away_score,
        CASE WHEN sc.completed THEN sc.score_time END,
        e.created_at,
        greatest(st.known_time, sc.known_time)
    FROM event_ids e
    JOIN sports sp USING (sport_id)
    CROSS JOIN LATERAL (
        SELECT u.*, u.commence_time + make_interval(days => u.day_only::integer) AS starts_by,
            make_interval(hours => sp.live_hours) AS lasts
        FROM (
            (SELECT s.commence_time, s.day_only, s.matchup_id, s.capture_time, s.known_time
             FROM snapshots s
             WHERE s.event_no = e.event_no AND NOT s.unlisted
               AND s.capture_time <= moment AND s.known_time <= known
             ORDER BY s.capture_time DESC, s.known_time DESC LIMIT 1)
            UNION ALL
            (SELECT t.commence_time, t.day_only, t.matchup_id, t.capture_time, t.known_time
             FROM event_statements t
             WHERE t.event_no = e.event_no
               AND t.capture_time <= moment AND t.known_time <= known
             ORDER BY t.capture_time DESC, t.known_time DESC LIMIT 1)
        ) u
        ORDER BY u.capture_time DESC, u.known_time DESC LIMIT 1
    ) st
    LEFT JOIN matchups m USING (matchup_id)
    LEFT JOIN LATERAL (
        SELECT t.completed, t.home_score, t.away_score, t.score_time, t.known_time
        FROM event_statements t
        WHERE t.event_no = e.event_no AND t.completed IS NOT NULL
          AND t.capture_time <= moment AND t.known_time <= known
        ORDER BY t.capture_time DESC, t.known_time DESC LIMIT 1
    ) sc ON true
    -- OFFSET 0 keeps the rule in one place of the plan: it is worked out once an event.
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN sc.completed THEN 'final'
            WHEN st.starts_by > moment THEN CASE
                WHEN EXISTS (
                    -- Whether to look at all: hardly any event was ever stated that much earlier.
                    SELECT FROM event_starts x
                    WHERE x.event_no = e.event_no
                      AND x.commence_time < st.commence_time - st.lasts
                ) AND EXISTS (
                    SELECT FROM sightings(e.event_no, moment, known) p
                    WHERE p.commence_time < st.commence_time - st.lasts
                      AND NOT EXISTS (
                          SELECT FROM sightings(e.event_no, moment, known) n
                          WHERE (n.seen_at, n.known_time) > (p.seen_at, p.known_time)
                            AND n.seen_at <= p.commence_time - st.lasts
                      )
                ) THEN 'postponed'
                ELSE 'scheduled'
            END
            WHEN sc.home_score IS NULL AND sc.away_score IS NULL AND (
                SELECT gone
                FROM left_feed(e.event_no, sp.sport_key, st.capture_time, st.starts_by, known)
            ) THEN 'cancelled'
            WHEN st.starts_by + st.lasts > moment THEN 'live'
            ELSE 'final'
        END AS status
        OFFSET 0
    ) life
$$;
"""

EVENTS = """
CREATE OR REPLACE VIEW events AS SELECT * FROM events_as_of(now(), 'infinity');
"""

VOID_TABLES = ("voids", "void_lifts")


def upgrade() -> None:
    _create_tables()
    for table in VOID_TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_known_time BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION stamp_known_time()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"SELECT refuse_truncate('{table}')")
    op.execute(NEXT_KNOWN_TIME.format(more=AND_VOIDS))
    for statements in (VOIDED_BY, STORED_ODDS, ODDS, EVENTS_AS_OF, EVENTS):
        op.execute(statements)


def _create_tables() -> None:
    # Without foreign keys to the dimensions: making those would lock the writers out of them.
    op.create_table(
        "voids",
        sa.Column("void_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "known_time",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("event_no", sa.Integer(), nullable=True),
        sa.Column("bookmaker_id", sa.SmallInteger(), nullable=True),
        sa.Column("market_id", sa.SmallInteger(), nullable=True),
        sa.Column("outcome_id", sa.Integer(), nullable=True),
        sa.Column("description_id", sa.Integer(), nullable=True),
        sa.Column("from_capture", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_capture", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "event_no IS NOT NULL OR bookmaker_id IS NOT NULL", name=op.f("ck_voids_key")
        ),
        sa.CheckConstraint("from_capture <= to_capture", name=op.f("ck_voids_interval")),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("ck_voids_reason")),
        sa.PrimaryKeyConstraint("void_id", name=op.f("pk_voids")),
        sa.UniqueConstraint("known_time", name=op.f("uq_voids_known_time")),
        comment="Quotes that must not be used: a key (null = every one) and an interval of capture times, both ends in it. Immutable; undone by a row of void_lifts.",
    )
    op.create_index("ix_voids_event_no", "voids", ["event_no"], unique=False)
    op.create_table(
        "void_lifts",
        sa.Column("void_id", sa.Integer(), nullable=False),
        sa.Column(
            "known_time",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("ck_void_lifts_reason")),
        sa.ForeignKeyConstraint(["void_id"], ["voids.void_id"], name=op.f("fk_void_lifts_void_id")),
        sa.PrimaryKeyConstraint("void_id", name=op.f("pk_void_lifts")),
        sa.UniqueConstraint("known_time", name=op.f("uq_void_lifts_known_time")),
        comment="Voids that no longer hold, from the lift's known time on. Immutable.",
    )


def downgrade() -> None:
    # Committed first, and then its lock awaited: whoever is inside the older text needs the tables.
    with op.get_context().autocommit_block():
        op.execute(NEXT_KNOWN_TIME.format(more=""))
    op.execute("SELECT pg_advisory_xact_lock(7201)")
    op.execute(context.script.get_revision("0004").module.ODDS)
    events = context.script.get_revision("0002").module.EVENTS
    op.execute(events.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1))
    op.execute("DROP VIEW stored_odds")
    for function in (
        "events_as_of(timestamptz, timestamptz)",
        "left_feed(integer, text, timestamptz, timestamptz, timestamptz)",
        "sightings(integer, timestamptz, timestamptz)",
        "voided_by(integer, smallint, smallint, integer, integer, timestamptz, timestamptz)",
        "voids_known(timestamptz)",
        "void_covers(voids, integer, smallint, smallint, integer, integer)",
    ):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("void_lifts")
    op.drop_table("voids")
