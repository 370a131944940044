"""Each series' newest row beside its name, and one question for what every reader asks first.

Revision ID: 0010
Revises: 0009
"""

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
CREATE OR REPLACE FUNCTION refill_series(events integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7202);  -- the normaliser's: nobody writes facts meanwhile
    UPDATE event_selections x SET
        pair = sel.bookmaker_id::integer * 65536 + sel.market_id,
        capture_time = q.capture_time, known_time = q.known_time,
        price = q.price, point = q.point, state = q.state
    FROM event_selections o
    LEFT JOIN selections sel USING (selection_id)
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
SELECT refill_series(ARRAY(
    SELECT DISTINCT event_no FROM event_selections WHERE event_no BETWEEN {first} AND {last}
))
"""

FORGET = """
CREATE OR REPLACE FUNCTION forget_newest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE event_selections x SET capture_time = NULL, known_time = NULL
    FROM gone g
    WHERE x.event_no = g.event_no AND x.selection_id = g.selection_id
      AND x.capture_time = g.capture_time AND x.known_time = g.known_time;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER quotes_newest AFTER DELETE ON quotes
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION forget_newest();

CREATE OR REPLACE FUNCTION forget_every_newest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE event_selections SET capture_time = NULL, known_time = NULL;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER quotes_no_newest AFTER TRUNCATE ON quotes
    FOR EACH STATEMENT EXECUTE FUNCTION forget_every_newest();
"""

# As it was, but told as what it is: the seconds of a time depend on its zone for all PostgreSQL
# knows. What is called immutable and is not is never taken into the query that calls it.
LAST_UPDATE_OF = """
CREATE OR REPLACE FUNCTION last_update_of(
    capture timestamptz, ages smallint[], far_ages jsonb, place integer
) RETURNS timestamptz LANGUAGE sql {volatility} PARALLEL SAFE RETURN
    CASE ages[place]
        WHEN -32768 THEN NULL
        WHEN -32767 THEN NULL
        WHEN -32766 THEN date_trunc('second', capture)
            - make_interval(secs => (far_ages ->> (place - 1)::text)::double precision)
        ELSE date_trunc('second', capture) - make_interval(secs => ages[place])
    END;
"""

# The lock is taken inside a block that is undone: so it is held for this look alone, whatever ends
# it. Each statement of a volatile function sees what was committed before it.
KNOWN_NOW = """
CREATE OR REPLACE FUNCTION known_now(OUT now timestamptz, OUT pending timestamptz) LANGUAGE plpgsql AS $$
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
CREATE OR REPLACE FUNCTION anything_archived() RETURNS boolean LANGUAGE plpgsql AS $$
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

SHOW_PATIENCE = sa.text("SHOW lock_timeout")
NEWEST_EVENT = sa.text("SELECT coalesce(max(event_no), 0) FROM event_selections")
EVENTS_AT_ONCE = 200  # as many as keep a writer waiting for a fraction of a second

# Room beside each row for its next version, so that no index is touched.
COLUMNS = """
ALTER TABLE event_selections
    ADD COLUMN IF NOT EXISTS pair integer,
    ADD COLUMN IF NOT EXISTS capture_time timestamptz,
    ADD COLUMN IF NOT EXISTS known_time timestamptz,
    ADD COLUMN IF NOT EXISTS price double precision,
    ADD COLUMN IF NOT EXISTS point double precision,
    ADD COLUMN IF NOT EXISTS state smallint,
    SET (fillfactor = 60)
"""
COLUMNS_BEFORE = """
ALTER TABLE event_selections
    DROP COLUMN state, DROP COLUMN point, DROP COLUMN price, DROP COLUMN known_time,
    DROP COLUMN capture_time, DROP COLUMN pair,
    RESET (fillfactor)
"""


def upgrade() -> None:
    """Done again from its beginning if it was ended midway: what it makes may be there."""
    for statements in (KNOWN_NOW, ANYTHING_ARCHIVED, REFILL, COLUMNS, NOTE_SERIES, FORGET):
        op.execute(statements)
    op.execute(LAST_UPDATE_OF.format(volatility="STABLE"))
    op.create_table_comment("event_selections", COMMENT, existing_comment=COMMENT_BEFORE)
    patience = "0" if context.is_offline_mode() else op.get_bind().scalar(SHOW_PATIENCE)
    # Committed first: from then on the trigger notes what is written. Waiting here is in nobody's
    # way.
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        for first, last in _batches():
            op.execute(REFILLED.format(first=first, last=last))
        op.create_index(
            "ix_event_selections_event_no_pair",
            "event_selections",
            ["event_no", "pair"],
            if_not_exists=True,
            postgresql_concurrently=not context.is_offline_mode(),
        )
        op.execute(f"SET lock_timeout = '{patience}'")


def _batches() -> list[tuple[int, int]]:
    """First and last event number of each batch; without a database everything at once."""
    if context.is_offline_mode():
        return [(0, 2_147_483_647)]
    newest = op.get_bind().scalar(NEWEST_EVENT)
    return [(first, first + EVENTS_AT_ONCE - 1) for first in range(0, newest + 1, EVENTS_AT_ONCE)]


def downgrade() -> None:
    op.execute("DROP TRIGGER quotes_no_newest ON quotes")
    op.execute("DROP TRIGGER quotes_newest ON quotes")
    op.execute("DROP FUNCTION forget_every_newest()")
    op.execute("DROP FUNCTION forget_newest()")
    op.execute(LAST_UPDATE_OF.format(volatility="IMMUTABLE"))
    op.execute(NOTE_SERIES_BEFORE)
    op.drop_index("ix_event_selections_event_no_pair", table_name="event_selections")
    op.create_table_comment("event_selections", COMMENT_BEFORE, existing_comment=COMMENT)
    op.execute(COLUMNS_BEFORE)
    for function in ("refill_series(integer[])", "anything_archived()", "known_now()"):
        op.execute(f"DROP FUNCTION {function}")
