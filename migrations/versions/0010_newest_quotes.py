"""Each series' newest row beside its name, and one question for what every reader asks first.

Revision ID: 0010
Revises: 0009
"""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# A row without times says nothing of what is newest, and stays so until `refill_series`: where it
# was emptied, nobody knows whether a row that comes is newer than all that are stored.
NOTE_SERIES = """
CREATE OR REPLACE FUNCTION note_series() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event_selections AS x (event_no, selection_id, pair, capture_time, known_time,
        price, point, state)
    SELECT DISTINCT ON (f.event_no, f.selection_id) f.event_no, f.selection_id,
        sel.bookmaker_id::integer * 65536 + sel.market_id, f.capture_time, f.known_time, f.price,
        f.point, f.state
    FROM fresh f LEFT JOIN selections sel USING (selection_id)
    ORDER BY f.event_no, f.selection_id, f.capture_time DESC, f.known_time DESC
    ON CONFLICT (event_no, selection_id) DO UPDATE SET
        capture_time = excluded.capture_time, known_time = excluded.known_time,
        price = excluded.price, point = excluded.point, state = excluded.state
    WHERE (excluded.capture_time, excluded.known_time) > (x.capture_time, x.known_time);
    RETURN NULL;
END $$;
"""
NOTE_SERIES_BEFORE = """
CREATE OR REPLACE FUNCTION note_series() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event_selections
    SELECT DISTINCT event_no, selection_id FROM fresh ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
"""

# Of an event with archived rows the newest may stand in a file: it stays empty.
REFILL = """
CREATE FUNCTION refill_series(events integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7202);  -- the normaliser's: nobody writes facts meanwhile
    UPDATE event_selections x SET
        pair = sel.bookmaker_id::integer * 65536 + sel.market_id,
        capture_time = q.capture_time, known_time = q.known_time,
        price = q.price, point = q.point, state = q.state
    FROM event_selections o
    JOIN selections sel USING (selection_id)
    LEFT JOIN LATERAL (
        SELECT * FROM public.quotes
        WHERE event_no = o.event_no AND selection_id = o.selection_id
          AND NOT EXISTS (SELECT FROM archived_events a WHERE a.event_no = o.event_no)
        ORDER BY capture_time DESC, known_time DESC LIMIT 1
    ) q ON true
    WHERE x.event_no = o.event_no AND x.selection_id = o.selection_id
      AND o.event_no = ANY(events) AND o.capture_time IS NULL;
END $$;
COMMENT ON FUNCTION refill_series IS
    'Works out the newest row of the series of these events for which it is not known.';
"""

REFILLED = """
SELECT refill_series(ARRAY(SELECT event_no FROM event_ids WHERE event_no BETWEEN {first} AND {last}))
"""

FORGET = """
CREATE FUNCTION forget_newest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE event_selections x SET capture_time = NULL, known_time = NULL
    FROM gone g
    WHERE x.event_no = g.event_no AND x.selection_id = g.selection_id
      AND x.capture_time = g.capture_time AND x.known_time = g.known_time;
    RETURN NULL;
END $$;

CREATE TRIGGER quotes_newest AFTER DELETE ON quotes
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION forget_newest();

CREATE FUNCTION forget_every_newest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE event_selections SET capture_time = NULL, known_time = NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER quotes_no_newest AFTER TRUNCATE ON quotes
    FOR EACH STATEMENT EXECUTE FUNCTION forget_every_newest();
"""

# The lock is taken inside a block that is undone: so it is held for this look alone, whatever ends
# it. Each statement of a volatile function sees what was committed before it.
KNOWN_NOW = """
CREATE FUNCTION known_now(OUT now timestamptz, OUT pending timestamptz) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(7201);
    now := clock_timestamp();
    pending := (SELECT min(known_time) FROM pending_raw);
    RAISE SQLSTATE 'OD001';
EXCEPTION WHEN SQLSTATE 'OD001' THEN
    RETURN;
END $$;
COMMENT ON FUNCTION known_now IS
    'Now, when all that is known is seen, and the known time of the first document that waits.';
"""

# The lock keeps the list and the tables together until the transaction ends.
ANYTHING_ARCHIVED = """
CREATE FUNCTION anything_archived() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE ONLY public.quotes, ONLY public.snapshots IN ACCESS SHARE MODE;
    RETURN EXISTS (SELECT FROM public.archives WHERE kind <> 'raw_bodies');
END $$;
COMMENT ON FUNCTION anything_archived IS
    'Whether facts are archived; until the transaction ends no others are.';
"""

COMMENT = (
    "Derived from quotes: every series an event ever had a row of, and its newest row. "
    "Without times the newest is not known; `refill_series` works it out."
)
COMMENT_BEFORE = (
    "Derived from quotes: every series an event ever had a row of. "
    "Says where to look; answers nothing itself."
)

EVENTS_AT_ONCE = 200  # as many as keep a writer waiting for a fraction of a second

COLUMNS: tuple[sa.Column[Any], ...] = (
    sa.Column("pair", sa.Integer(), nullable=True),
    sa.Column("capture_time", sa.DateTime(timezone=True), nullable=True),
    sa.Column("known_time", sa.DateTime(timezone=True), nullable=True),
    sa.Column("price", sa.Double(), nullable=True),
    sa.Column("point", sa.Double(), nullable=True),
    sa.Column("state", sa.SmallInteger(), nullable=True),
)


def upgrade() -> None:
    for statements in (KNOWN_NOW, ANYTHING_ARCHIVED, REFILL):
        op.execute(statements)
    for column in COLUMNS:
        op.add_column("event_selections", column.copy())
    op.create_table_comment("event_selections", COMMENT, existing_comment=COMMENT_BEFORE)
    # Room for a newer row beside the older one, so that no index is touched.
    op.execute("ALTER TABLE event_selections SET (fillfactor = 60)")
    op.execute(NOTE_SERIES)
    op.execute(FORGET)
    # Committed first: from then on the trigger notes what is written.
    with op.get_context().autocommit_block():
        for first, last in _batches():
            op.execute(REFILLED.format(first=first, last=last))


def _batches() -> list[tuple[int, int]]:
    """First and last event number of each batch; without a database everything at once."""
    if context.is_offline_mode():
        return [(0, 2_147_483_647)]
    newest = op.get_bind().scalar(sa.text("SELECT coalesce(max(event_no), 0) FROM event_ids"))
    return [(first, first + EVENTS_AT_ONCE - 1) for first in range(0, newest + 1, EVENTS_AT_ONCE)]


def downgrade() -> None:
    op.execute("DROP TRIGGER quotes_no_newest ON quotes")
    op.execute("DROP TRIGGER quotes_newest ON quotes")
    op.execute("DROP FUNCTION forget_every_newest()")
    op.execute("DROP FUNCTION forget_newest()")
    op.execute(NOTE_SERIES_BEFORE)
    op.execute("ALTER TABLE event_selections RESET (fillfactor)")
    op.create_table_comment("event_selections", COMMENT_BEFORE, existing_comment=COMMENT)
    for column in reversed(COLUMNS):
        op.drop_column("event_selections", column.name)
    for function in (
        "refill_series(integer[])",
        "anything_archived()",
        "known_now()",
    ):
        op.execute(f"DROP FUNCTION {function}")
