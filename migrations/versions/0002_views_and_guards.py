"""The views people read, the guards that keep raw immutable, and the known-time stamp.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The lock number is arbitrary but fixed: readers take the same one (storage/known_time.py).
KNOWN_TIME = """
CREATE FUNCTION next_known_time() RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7201);
    RETURN greatest(
        clock_timestamp(),
        (SELECT max(known_time) + interval '1 microsecond' FROM raw_responses),
        (SELECT max(known_time) + interval '1 microsecond' FROM normalisations)
    );
END $$;

CREATE FUNCTION stamp_known_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.known_time := next_known_time();
    RETURN NEW;
END $$;

CREATE TRIGGER raw_responses_known_time BEFORE INSERT ON raw_responses
    FOR EACH ROW EXECUTE FUNCTION stamp_known_time();
"""

GUARDS = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: its rows are immutable', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

-- Partitions inherit the triggers of their rows, but not this one.
CREATE FUNCTION refuse_truncate(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER %I BEFORE TRUNCATE ON %I '
        'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
        name || '_no_truncate', name
    );
END $$;

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END $$;
"""

IMMUTABLE = ("raw_responses", "raw_bodies", "credit_ledger")
APPEND_ONLY = ("quotes", "snapshots", "event_statements", "captures")
TOUCHED = ("sports", "bookmakers", "quarantine", "slots")

PARTITIONS = """
CREATE FUNCTION ensure_month(moment timestamptz, parents text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    first timestamptz := date_trunc('month', moment, 'UTC');
    suffix text := to_char(first AT TIME ZONE 'UTC', '_YYYY_MM');
    parent text;
BEGIN
    FOREACH parent IN ARRAY parents LOOP
        IF to_regclass(parent || suffix) IS NULL THEN
            PERFORM pg_advisory_xact_lock(7203);
            IF to_regclass(parent || suffix) IS NULL THEN
                -- Made aside and attached: PARTITION OF would lock every reader out of the parent.
                EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', parent || suffix, parent);
                EXECUTE format(
                    'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                    parent, parent || suffix, first, first + interval '1 month'
                );
                IF parent = 'raw_bodies' THEN
                    PERFORM refuse_truncate(parent || suffix);
                END IF;
            END IF;
        END IF;
    END LOOP;
END $$;
"""

ODDS_FUNCTIONS = """
CREATE FUNCTION american(price double precision) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    CASE
        WHEN price = 1 THEN NULL
        WHEN price >= 2 THEN floor((price - 1) * 100 + 0.5)::integer
        ELSE -floor(100 / (price - 1) + 0.5)::integer
    END;

CREATE FUNCTION last_update_of(
    capture timestamptz, ages smallint[], far_ages jsonb, place integer
) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    CASE ages[place]
        WHEN -32768 THEN NULL
        WHEN -32767 THEN NULL
        WHEN -32766 THEN date_trunc('second', capture)
            - make_interval(secs => (far_ages ->> (place - 1)::text)::double precision)
        ELSE date_trunc('second', capture) - make_interval(secs => ages[place])
    END;
"""

SCOPE_COVERS = """
CREATE FUNCTION scope_covers(scope scopes, bookmaker text, market text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    (scope.markets IS NULL OR market = ANY (scope.markets))
    AND (scope.bookmakers IS NULL OR bookmaker = ANY (scope.bookmakers))
    AND (scope.except_bookmakers IS NULL OR bookmaker <> ALL (scope.except_bookmakers));
"""

EVENTS = """
CREATE VIEW events AS
SELECT
    e.event_id AS id,
    sp.sport_key,
    sp.title AS sport_title,
    st.commence_time,
    CASE WHEN st.day_only THEN 'day' ELSE 'exact' END AS start_precision,
    m.home_team,
    m.away_team,
    CASE
        WHEN sc.completed THEN 'final'
        WHEN st.starts_by > now() THEN 'scheduled'
        WHEN st.starts_by + make_interval(hours => sp.live_hours) > now() THEN 'live'
        ELSE 'final'
    END AS status,
    sc.completed IS NOT TRUE
        AND st.starts_by + make_interval(hours => sp.live_hours) <= now() AS status_inferred,
    sc.home_score,
    sc.away_score,
    CASE WHEN sc.completed THEN sc.score_time END AS completed_at,
    e.created_at,
    greatest(st.known_time, sc.known_time) AS updated_at
FROM event_ids e
JOIN sports sp USING (sport_id)
CROSS JOIN LATERAL (
    SELECT u.commence_time, u.day_only, u.matchup_id, u.known_time,
        u.commence_time + make_interval(days => u.day_only::integer) AS starts_by
    FROM (
        (SELECT commence_time, day_only, matchup_id, capture_time, known_time FROM snapshots
         WHERE event_no = e.event_no AND NOT unlisted
         ORDER BY capture_time DESC, known_time DESC LIMIT 1)
        UNION ALL
        (SELECT commence_time, day_only, matchup_id, capture_time, known_time
         FROM event_statements
         WHERE event_no = e.event_no
         ORDER BY capture_time DESC, known_time DESC LIMIT 1)
    ) u
    ORDER BY u.capture_time DESC, u.known_time DESC LIMIT 1
) st
LEFT JOIN matchups m USING (matchup_id)
LEFT JOIN LATERAL (
    SELECT completed, home_score, away_score, score_time, known_time FROM event_statements
    WHERE event_no = e.event_no AND completed IS NOT NULL
    ORDER BY capture_time DESC, known_time DESC LIMIT 1
) sc ON true;
"""

SNAPSHOTS = """
CREATE VIEW odds_snapshots AS
SELECT
    s.snapshot_id AS id,
    e.event_id,
    s.capture_time AS snapshot_time,
    s.known_time,
    s.commence_time,
    CASE WHEN s.day_only THEN 'day' ELSE 'exact' END AS start_precision,
    s.in_play,
    s.unlisted,
    s.bookmaker_count,
    r.call_id::text AS api_request_id,
    (
        SELECT coalesce(
            jsonb_path_query_first(
                d.document::jsonb, '$[*] ? (@.id == $id)', jsonb_build_object('id', e.event_id)
            ),
            jsonb_path_query_first(
                d.document::jsonb, '$.data[*] ? (@.id == $id)', jsonb_build_object('id', e.event_id)
            )
        )
        FROM hot_documents d WHERE d.raw_id = c.raw_id
    ) AS raw_data,
    s.known_time AS created_at
FROM snapshots s
JOIN event_ids e USING (event_no)
JOIN captures c USING (capture_id)
JOIN raw_responses r USING (raw_id);
"""

ODDS = """
CREATE VIEW odds AS
SELECT
    hashtextextended(concat_ws('|', s.snapshot_id, q.selection_id), 0) AS id,
    e.event_id,
    b.bookmaker_key,
    b.title AS bookmaker_title,
    mk.market_key,
    o.name AS outcome_name,
    d.name AS description,
    american(q.price) AS price,
    q.point,
    s.capture_time AS odds_timestamp,
    last_update_of(s.capture_time, s.ages, s.far_ages, a.place) AS last_update,
    s.known_time AS created_at,
    NOT EXISTS (
        SELECT FROM data_quality_logs l
        WHERE l.event_id = e.event_id AND l.snapshot_time = s.capture_time
          AND l.bookmaker_key = b.bookmaker_key AND l.market_key = mk.market_key
          AND coalesce(l.outcome_name, o.name) = o.name
          AND l.severity <> 'warning' AND l.resolution IS NULL
    ) AS is_valid,
    (
        SELECT string_agg(l.description, '; ' ORDER BY l.id) FROM data_quality_logs l
        WHERE l.event_id = e.event_id AND l.snapshot_time = s.capture_time
          AND l.bookmaker_key = b.bookmaker_key AND l.market_key = mk.market_key
          AND coalesce(l.outcome_name, o.name) = o.name AND l.resolution IS NULL
    ) AS validation_notes,
    q.price AS decimal_price
FROM snapshots s
JOIN event_ids e USING (event_no)
JOIN layouts y USING (layout_id)
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (x.selection_id) x.selection_id, x.price, x.point, x.state
    FROM quotes x
    WHERE x.event_no = s.event_no
      AND x.capture_time <= s.capture_time
      AND x.capture_time >= date_trunc('day', s.capture_time, 'UTC')
    ORDER BY x.selection_id, x.capture_time DESC, x.known_time DESC
) q
JOIN selections sel USING (selection_id)
JOIN bookmakers b USING (bookmaker_id)
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = sel.outcome_id
LEFT JOIN names d ON d.name_id = sel.description_id
CROSS JOIN LATERAL (
    SELECT array_position(y.pairs, sel.bookmaker_id::integer * 65536 + sel.market_id) AS place
) a
WHERE q.state = 0
  AND NOT s.unlisted
  AND s.ages[a.place] <> -32768
  AND NOT EXISTS (
      SELECT FROM snapshots v
      WHERE v.event_no = s.event_no AND v.capture_time = s.capture_time
        AND v.scope_id = s.scope_id AND v.known_time > s.known_time
  );
"""


def upgrade() -> None:
    for statements in (
        KNOWN_TIME,
        GUARDS,
        PARTITIONS,
        ODDS_FUNCTIONS,
        SCOPE_COVERS,
        EVENTS,
        SNAPSHOTS,
        ODDS,
    ):
        op.execute(statements)
    for table in IMMUTABLE:
        op.execute(
            f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"SELECT refuse_truncate('{table}')")
    op.execute(
        "SELECT refuse_truncate(relname::text) FROM pg_inherits JOIN pg_class ON oid = inhrelid "
        "WHERE inhparent = 'raw_bodies'::regclass"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    for table in TOUCHED:
        op.execute(
            f"CREATE TRIGGER {table}_touch BEFORE UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION touch_updated_at()"
        )


def downgrade() -> None:
    for view in ("odds", "odds_snapshots", "events"):
        op.execute(f"DROP VIEW {view}")
    for table in TOUCHED:
        op.execute(f"DROP TRIGGER {table}_touch ON {table}")
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    for table in IMMUTABLE:
        op.execute(f"DROP TRIGGER {table}_immutable ON {table}")
    op.execute("DROP TRIGGER raw_responses_known_time ON raw_responses")
    for function in (
        "scope_covers(scopes, text, text)",
        "last_update_of(timestamptz, smallint[], jsonb, integer)",
        "american(double precision)",
        "ensure_month(timestamptz, text[])",
        "touch_updated_at()",
        "refuse_truncate(text)",
        "refuse_change() CASCADE",  # with the triggers that refuse_truncate made
        "stamp_known_time()",
        "next_known_time()",
    ):
        op.execute(f"DROP FUNCTION {function}")
