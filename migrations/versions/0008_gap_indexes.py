"""Slots that are open, and those not made, are found without reading all that were.

How far the provider's snapshots lie apart stands once, in `feed_step`.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


FEED_STEP = """
CREATE FUNCTION feed_step(moment timestamptz) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN moment < '2022-09-18T00:00:00Z' THEN interval '10 minutes'
        ELSE interval '5 minutes' END
$$;
COMMENT ON FUNCTION feed_step IS 'How far the provider''s historical snapshots lay apart then.';
"""


def upgrade() -> None:
    op.execute(FEED_STEP)
    op.execute(
        "CREATE INDEX ix_slots_open ON slots (call_id) WHERE status IN ('claimed', 'fetched')"
    )
    op.execute(
        "CREATE INDEX ix_slots_unmade ON slots (purpose, slot_time) "
        "WHERE status IN ('planned', 'gap')"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_slots_unmade")
    op.execute("DROP INDEX ix_slots_open")
    op.execute("DROP FUNCTION feed_step")
