"""Re-parses: whether a later parse said the same, and since when a rejection is known.

Of one instant, what a list of events or scores states counts before what stands beside odds, and
what was stated and corrected for the same instant was never believed.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import context, op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SIGHTINGS = """
DROP FUNCTION sightings(integer, timestamptz, timestamptz);

CREATE FUNCTION sightings(event integer, moment timestamptz, known timestamptz)
RETURNS TABLE (
    commence_time timestamptz, day_only boolean, matchup_id integer, seen_at timestamptz,
    known_time timestamptz, list boolean
) LANGUAGE sql STABLE PARALLEL SAFE ROWS 100 AS $$
    SELECT s.commence_time, s.day_only, s.matchup_id, s.capture_time, s.known_time, false
    FROM snapshots s
    WHERE s.event_no = event AND NOT s.unlisted
      AND s.capture_time <= moment AND s.known_time <= known
    UNION ALL
    SELECT t.commence_time, t.day_only, t.matchup_id, t.capture_time, t.known_time, true
    FROM event_statements t
    WHERE t.event_no = event AND t.capture_time <= moment AND t.known_time <= known
$$;
"""

# A listing speaks for itself: what a later parse of it rejects does not change what was known.
LEFT_FEED = """
CREATE OR REPLACE FUNCTION left_feed(
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
          AND NOT EXISTS (
              SELECT FROM quarantine q
              WHERE q.raw_id = c.raw_id AND coalesce(q.known_time, c.known_time) <= c.known_time
          )
    )
$$;
"""

EVENTS_AS_OF = """
CREATE OR REPLACE FUNCTION events_as_of(moment timestamptz, known timestamptz) RETURNS TABLE (
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
            (SELECT s.commence_time, s.day_only, s.matchup_id, s.capture_time, s.known_time,
                false AS list
             FROM snapshots s
             WHERE s.event_no = e.event_no AND NOT s.unlisted
               AND s.capture_time <= moment AND s.known_time <= known
             ORDER BY s.capture_time DESC, s.known_time DESC LIMIT 1)
            UNION ALL
            (SELECT t.commence_time, t.day_only, t.matchup_id, t.capture_time, t.known_time,
                true
             FROM event_statements t
             WHERE t.event_no = e.event_no
               AND t.capture_time <= moment AND t.known_time <= known
             ORDER BY t.capture_time DESC, t.known_time DESC LIMIT 1)
        ) u
        ORDER BY u.capture_time DESC, u.list DESC, u.known_time DESC LIMIT 1
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
                          WHERE (n.seen_at, n.list, n.known_time) > (p.seen_at, p.list, p.known_time)
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
$$;
"""

NORMALISATIONS = (
    "The mark that a raw document was normalised by a parser version, and its known time."
)
AGREES = " agrees: null for the first parse; of a later one, whether it said the same."
QUARANTINE = "Parts of raw documents that cannot be used, with where and why."
FOUND = " known_time: of the later parse that found it; null: the first one did."


def _comment(table: str, text: str, before: str) -> None:
    op.create_table_comment(table, text, existing_comment=before)


def upgrade() -> None:
    op.add_column("normalisations", sa.Column("agrees", sa.Boolean(), nullable=True))
    _comment("normalisations", NORMALISATIONS + AGREES, NORMALISATIONS)
    _comment("quarantine", QUARANTINE + FOUND, QUARANTINE)
    op.add_column("quarantine", sa.Column("known_time", sa.DateTime(timezone=True), nullable=True))
    for statements in (SIGHTINGS, LEFT_FEED, EVENTS_AS_OF):
        op.execute(statements)


def downgrade() -> None:
    before = context.script.get_revision("0005").module.EVENTS_AS_OF
    before = before.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    # Committed first: whoever plans a query by the newer text must still find the column.
    with op.get_context().autocommit_block():
        op.execute(f"DROP FUNCTION sightings(integer, timestamptz, timestamptz); {before}")
    _comment("quarantine", QUARANTINE, QUARANTINE + FOUND)
    _comment("normalisations", NORMALISATIONS, NORMALISATIONS + AGREES)
    op.drop_column("quarantine", "known_time")
    op.drop_column("normalisations", "agrees")
