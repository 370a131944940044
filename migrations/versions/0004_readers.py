"""Which series and starts an event has, and the view `odds`, which reads no more than it is asked.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Triggers, for whoever writes facts must not be able to forget them: a series that is missing here
# is never seen again. They fire for statements on the table itself, not on a partition by name.
NOTED = """
CREATE OR REPLACE FUNCTION note_series() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event_selections
    SELECT DISTINCT event_no, selection_id FROM fresh ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER quotes_series AFTER INSERT ON quotes
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION note_series();

CREATE OR REPLACE FUNCTION note_starts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event_starts
    SELECT DISTINCT event_no, commence_time, day_only FROM fresh ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER snapshots_starts AFTER INSERT ON snapshots
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION note_starts();

CREATE OR REPLACE TRIGGER event_statements_starts AFTER INSERT ON event_statements
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION note_starts();
"""

BACKFILL = """
INSERT INTO event_selections
SELECT DISTINCT event_no, selection_id FROM quotes ON CONFLICT DO NOTHING;
INSERT INTO event_starts
SELECT event_no, commence_time, day_only FROM snapshots UNION
SELECT event_no, commence_time, day_only FROM event_statements ON CONFLICT DO NOTHING;
"""

# Every part that bounds a partition does so by itself: a range on one table says nothing about
# another, and a join that is turned into a hash would read every month.
ODDS = """
CREATE OR REPLACE VIEW odds AS
SELECT
    hashtextextended(concat_ws('|', s.snapshot_id, x.selection_id), 0) AS id,
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
  )
"""

ODDS_BEFORE = """
CREATE OR REPLACE VIEW odds AS
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
  )
"""


def upgrade() -> None:
    # All of it may be done twice: what follows the commit in the middle may have to wait.
    op.create_table(
        "event_selections",
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("selection_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("event_no", "selection_id", name="pk_event_selections"),
        comment="Derived from quotes: every series an event ever had a row of. "
        "Says where to look; answers nothing itself.",
        if_not_exists=True,
    )
    op.create_table(
        "event_starts",
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("commence_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day_only", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("event_no", "commence_time", "day_only", name="pk_event_starts"),
        comment="Derived from snapshots and event_statements: every start ever stated of an event. "
        "Says where to look; answers nothing itself.",
        if_not_exists=True,
    )
    op.execute(NOTED)
    # Committed first: from then on the triggers note what is written, and nobody waits while what
    # was written before is read.
    with op.get_context().autocommit_block():
        op.execute(BACKFILL)
    op.execute(ODDS)


def downgrade() -> None:
    op.execute(ODDS_BEFORE)
    op.execute("DROP TRIGGER event_statements_starts ON event_statements")
    op.execute("DROP TRIGGER snapshots_starts ON snapshots")
    op.execute("DROP TRIGGER quotes_series ON quotes")
    op.execute("DROP FUNCTION note_starts()")
    op.execute("DROP FUNCTION note_series()")
    op.drop_table("event_starts")
    op.drop_table("event_selections")
