"""Two who miss the same month's table at once make it once.

Who waited for the other looked again with what the session knew before, and made it twice. A lock
on the parent, which attaching takes anyway, lets the session learn first what others committed.

Revision ID: 0013
Revises: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BODY = """
CREATE OR REPLACE FUNCTION ensure_month(moment timestamptz, parents text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    first timestamptz := date_trunc('month', moment, 'UTC');
    suffix text := to_char(first AT TIME ZONE 'UTC', '_YYYY_MM');
    parent text;
BEGIN
    FOREACH parent IN ARRAY parents LOOP
        IF to_regclass(parent || suffix) IS NULL THEN
            PERFORM pg_advisory_xact_lock(7203);{look_anew}
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
LOOK_ANEW = """
            EXECUTE format('LOCK TABLE ONLY %I IN SHARE UPDATE EXCLUSIVE MODE', parent);"""


def upgrade() -> None:
    op.execute(BODY.format(look_anew=LOOK_ANEW))


def downgrade() -> None:
    op.execute(BODY.format(look_anew=""))
