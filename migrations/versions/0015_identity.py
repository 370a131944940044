"""What is the same across sources: merges of events and of teams' names, and the review queue.

Revision ID: 0015
Revises: 0014
"""

import unicodedata
from hashlib import sha256

import sqlalchemy as sa
from alembic import context, op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Merges and their undos share the order of everything known.
AND_MERGES = """,
        (SELECT max(known_time) + interval '1 microsecond' FROM merges),
        (SELECT max(known_time) + interval '1 microsecond' FROM merge_undos)"""

# Written so that the planner can take their text into the query that calls them: over an empty
# table they cost next to nothing.
KNOWN = """
CREATE FUNCTION merges_known(known timestamptz) RETURNS SETOF merges
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT m.* FROM merges m
    WHERE m.known_time <= known
      AND NOT EXISTS (
          SELECT FROM merge_undos u WHERE u.merge_id = m.merge_id AND u.known_time <= known
      )
$$;

CREATE FUNCTION members_of(event integer, known timestamptz) RETURNS TABLE (event_no integer)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT event UNION ALL SELECT m.member_no FROM merges_known(known) m WHERE m.kept_no = event
$$;

CREATE FUNCTION team_called(sport smallint, spelled text, known timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE RETURN
    coalesce(
        (SELECT m.name FROM merges_known(known) m
         WHERE m.sport_id = sport AND m.spelling = spelled LIMIT 1),
        spelled
    );

-- By what is merged or ever was: it says where to look, and answers nothing itself.
CREATE VIEW starts_stated AS
SELECT e.event_id, sp.sport_key, sp.live_hours, s.commence_time
FROM event_starts s
JOIN event_ids e USING (event_no)
JOIN sports sp USING (sport_id)
UNION ALL
SELECT k.event_id, sp.sport_key, sp.live_hours, s.commence_time
FROM event_starts s
JOIN merges m ON m.member_no = s.event_no
JOIN event_ids k ON k.event_no = m.kept_no
JOIN sports sp ON sp.sport_id = k.sport_id;
COMMENT ON VIEW starts_stated IS
    'Every start ever stated of an event, and of events ever merged into it. Says where to look.';
"""

# A void of one of several events that are one holds for the one they are.
VOIDS_KNOWN = """
CREATE OR REPLACE FUNCTION voids_known(known timestamptz) RETURNS SETOF voids
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT v.* FROM voids v
    WHERE v.known_time <= known
      AND NOT EXISTS (
          SELECT FROM void_lifts l WHERE l.void_id = v.void_id AND l.known_time <= known
      )
    UNION ALL
    SELECT v.void_id, greatest(v.known_time, m.known_time), m.kept_no, v.bookmaker_id,
        v.market_id, v.outcome_id, v.description_id, v.from_capture, v.to_capture, v.reason,
        v.created_by
    FROM merges_known(known) m JOIN voids v ON v.event_no = m.member_no
    WHERE v.known_time <= known
      AND NOT EXISTS (
          SELECT FROM void_lifts l WHERE l.void_id = v.void_id AND l.known_time <= known
      )
$$;
"""

# As in 0009, over every event that is the same one. Of their starts an exact one says more than
# one known to the day, whichever was stated last.
EVENTS_AS_OF = """
CREATE FUNCTION events_as_of(moment timestamptz, known timestamptz) RETURNS TABLE (
    id text, sha_key text, sport_key text, sport_title text, commence_time timestamptz,
    start_precision text, home_team text, away_team text, status text, status_inferred boolean,
    home_score integer, away_score integer, home_margin integer, completed_at timestamptz,
    created_at timestamptz, updated_at timestamptz
) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        e.event_id,
        e.sha_key,
        sp.sport_key,
        sp.title,
        st.commence_time,
        CASE WHEN st.day_only THEN 'day' ELSE 'exact' END,
        team_called(e.sport_id, m.home_team, known),
        team_called(e.sport_id, m.away_team, known),
        life.status,
        sc.completed IS NOT TRUE AND life.status IN ('final', 'cancelled', 'postponed'),
        sc.home_score,
        sc.away_score,
        coalesce(sc.home_score - sc.away_score, sc.home_margin),
        CASE WHEN sc.completed THEN sc.score_time END,
        e.created_at,
        greatest(st.known_time, sc.known_time)
    FROM event_ids e
    JOIN sports sp USING (sport_id)
    CROSS JOIN LATERAL (
        SELECT u.*, u.commence_time + make_interval(days => u.day_only::integer) AS starts_by,
            make_interval(hours => sp.live_hours) AS lasts
        FROM members_of(e.event_no, known) o
        CROSS JOIN LATERAL (
            (SELECT s.commence_time, s.day_only, s.matchup_id, s.capture_time, s.known_time,
                false AS list
             FROM snapshots s
             WHERE s.event_no = o.event_no AND NOT s.unlisted
               AND s.capture_time <= moment AND s.known_time <= known
             ORDER BY s.capture_time DESC, s.known_time DESC LIMIT 1)
            UNION ALL
            (SELECT t.commence_time, t.day_only, t.matchup_id, t.capture_time, t.known_time, true
             FROM event_statements t
             WHERE t.event_no = o.event_no
               AND t.capture_time <= moment AND t.known_time <= known
             ORDER BY t.capture_time DESC, t.known_time DESC LIMIT 1)
        ) u
        ORDER BY u.day_only, u.capture_time DESC, u.list DESC, u.known_time DESC LIMIT 1
    ) st
    LEFT JOIN matchups m USING (matchup_id)
    LEFT JOIN LATERAL (
        SELECT t.*
        FROM members_of(e.event_no, known) o
        CROSS JOIN LATERAL (
            SELECT completed, home_score, away_score, home_margin, score_time, capture_time,
                known_time
            FROM event_statements
            WHERE event_no = o.event_no AND completed IS NOT NULL
              AND capture_time <= moment AND known_time <= known
            ORDER BY capture_time DESC, known_time DESC LIMIT 1
        ) t
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
                          WHERE (n.seen_at, n.list, n.known_time)
                              > (p.seen_at, p.list, p.known_time)
                            AND n.seen_at <= greatest(p.seen_at, p.commence_time - st.lasts)
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
    WHERE NOT EXISTS (SELECT FROM merges_known(known) x WHERE x.member_no = e.event_no)
$$;
"""

EVENTS = "CREATE VIEW events AS SELECT * FROM events_as_of(now(), 'infinity')"

# The first statement of each event, of all that are stored.
FIRST_STATED = """
SELECT e.event_no, sp.sport_key, m.home_team, m.away_team, st.commence_time, st.day_only
FROM event_ids e
JOIN sports sp USING (sport_id)
CROSS JOIN LATERAL (
    SELECT u.* FROM (
        (SELECT commence_time, day_only, matchup_id, known_time FROM snapshots
         WHERE event_no = e.event_no AND NOT unlisted ORDER BY known_time LIMIT 1)
        UNION ALL
        (SELECT commence_time, day_only, matchup_id, known_time FROM event_statements
         WHERE event_no = e.event_no ORDER BY known_time LIMIT 1)
    ) u ORDER BY u.known_time LIMIT 1
) st
JOIN matchups m USING (matchup_id)
WHERE m.home_team IS NOT NULL AND m.away_team IS NOT NULL
"""

TABLES = ("merges", "merge_undos")


def _next_known_time(more: str) -> str:
    older = context.script.get_revision("0005").module
    flags = context.script.get_revision("0014").module.AND_FLAGS
    return str(older.NEXT_KNOWN_TIME.format(more=older.AND_VOIDS + flags + more))


def upgrade() -> None:
    _create_tables()
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_known_time BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION stamp_known_time()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"SELECT refuse_truncate('{table}')")
    op.add_column("event_ids", sa.Column("sha_key", sa.Text(), nullable=True))
    op.add_column("event_statements", sa.Column("home_margin", sa.Integer(), nullable=True))
    op.execute(_next_known_time(AND_MERGES))
    op.execute(KNOWN)
    op.execute(VOIDS_KNOWN)
    op.execute("DROP VIEW events")
    op.execute("DROP FUNCTION events_as_of(timestamptz, timestamptz)")
    op.execute(EVENTS_AS_OF)
    op.execute(EVENTS)
    _hash_events()
    op.create_index("ix_event_ids_sha_key", "event_ids", ["sha_key"], unique=False)


def _hash_events() -> None:
    if context.is_offline_mode():
        return
    conn = op.get_bind()
    rows = conn.exec_driver_sql(FIRST_STATED).fetchall()
    if rows:
        conn.exec_driver_sql(
            "UPDATE event_ids e SET sha_key = a.sha_key "
            "FROM unnest(%s::int[], %s::text[]) AS a(event_no, sha_key) "
            "WHERE e.event_no = a.event_no",
            ([row[0] for row in rows], [_sha_key(*row[1:]) for row in rows]),
        )


def _sha_key(sport: str, home: str, away: str, start: object, day_only: bool) -> str:
    """As ``catalog.natural_key``, as it was when this revision was made."""
    said = f"{start:%Y-%m-%d}" if day_only else f"{start:%Y-%m-%dT%H:%M:%SZ}"
    names = [" ".join(unicodedata.normalize("NFKC", n).casefold().split()) for n in (home, away)]
    return sha256("\x1f".join([sport, *names, said, "1"]).encode()).hexdigest()


def _create_tables() -> None:
    now = sa.text("clock_timestamp()")
    op.create_table(
        "merges",
        sa.Column("merge_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("known_time", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("kept_no", sa.Integer(), nullable=True),
        sa.Column("member_no", sa.Integer(), nullable=True),
        sa.Column("sport_id", sa.SmallInteger(), nullable=True),
        sa.Column("spelling", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind = 'event' AND kept_no <> member_no AND num_nonnulls(sport_id, spelling, name) "
            "= 0 OR kind = 'team' AND spelling <> name AND sport_id IS NOT NULL AND "
            "num_nonnulls(kept_no, member_no) = 0",
            name=op.f("ck_merges_kind"),
        ),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("ck_merges_reason")),
        sa.PrimaryKeyConstraint("merge_id", name=op.f("pk_merges")),
        sa.UniqueConstraint("known_time", name=op.f("uq_merges_known_time")),
        comment="Two events that are one (kept_no, member_no), or a spelling of a team's name in a "
        "sport. Immutable; undone by a row of merge_undos.",
    )
    op.create_index("ix_merges_kept_no", "merges", ["kept_no"], unique=False)
    op.create_index("ix_merges_member_no", "merges", ["member_no"], unique=False)
    op.create_index("ix_merges_sport_id_spelling", "merges", ["sport_id", "spelling"], unique=False)
    op.create_table(
        "merge_undos",
        sa.Column("merge_id", sa.Integer(), nullable=False),
        sa.Column("known_time", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f("ck_merge_undos_reason")),
        sa.ForeignKeyConstraint(
            ["merge_id"], ["merges.merge_id"], name=op.f("fk_merge_undos_merge_id")
        ),
        sa.PrimaryKeyConstraint("merge_id", name=op.f("pk_merge_undos")),
        sa.UniqueConstraint("known_time", name=op.f("uq_merge_undos_known_time")),
        comment="Merges that no longer hold, from the undo's known time on. Immutable.",
    )
    op.create_table(
        "review_items",
        sa.Column("item_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sport_key", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("candidate", sa.Text(), nullable=True),
        sa.Column("sure", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('event', 'team', 'sport')", name=op.f("ck_review_items_kind")),
        sa.CheckConstraint(
            "status IN ('open', 'accepted', 'rejected')", name=op.f("ck_review_items_status")
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_review_items")),
        sa.UniqueConstraint(
            "kind",
            "sport_key",
            "subject",
            "candidate",
            name="uq_review_items_question",
            postgresql_nulls_not_distinct=True,
        ),
        comment="Questions of identity that wait for a person, or that one has answered.",
    )


def downgrade() -> None:
    # Merged events would come apart, and nobody would know that they were one.
    op.execute("""
DO $$ BEGIN
    IF EXISTS (SELECT FROM merges) THEN
        RAISE EXCEPTION 'events or names are merged: this revision cannot be undone without losing '
            'what was decided';
    END IF;
END $$""")
    before = context.script.get_revision("0005").module
    # Committed first, and then its lock awaited: whoever is inside the newer text needs the tables.
    with op.get_context().autocommit_block():
        op.execute(_next_known_time(""))
    op.execute("SELECT pg_advisory_xact_lock(7201)")
    op.execute("DROP VIEW events")
    op.execute("DROP FUNCTION events_as_of(timestamptz, timestamptz)")
    op.execute("DROP VIEW starts_stated")
    voids_known = before.VOIDED_BY[
        before.VOIDED_BY.index("CREATE FUNCTION voids_known") : before.VOIDED_BY.index(
            "CREATE FUNCTION voided_by"
        )
    ]
    op.execute(voids_known.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))
    for function in (
        "team_called(smallint, text, timestamptz)",
        "members_of(integer, timestamptz)",
        "merges_known(timestamptz)",
    ):
        op.execute(f"DROP FUNCTION {function}")
    op.execute(context.script.get_revision("0009").module.EVENTS_AS_OF)
    op.execute(before.EVENTS.replace("CREATE OR REPLACE VIEW", "CREATE VIEW", 1))
    op.drop_index("ix_event_ids_sha_key", table_name="event_ids")
    op.drop_column("event_statements", "home_margin")
    op.drop_column("event_ids", "sha_key")
    op.drop_table("review_items")
    op.drop_table("merge_undos")
    op.drop_table("merges")
