"""The state of the stored facts, so that a process can tell whether its memory of them holds.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FACTS = ("captures", "snapshots", "quotes", "event_scopes")


def upgrade() -> None:
    op.create_table(
        "fact_state",
        sa.Column("one", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "schema_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False
        ),
        sa.Column("removals", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("one", name=op.f("ck_fact_state_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_fact_state")),
        comment="Which schema this is, and how often facts were removed from it: what a process remembers of facts holds until either changes.",
    )
    op.execute("INSERT INTO fact_state DEFAULT VALUES")
    op.execute("""
CREATE FUNCTION count_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE fact_state SET removals = removals + 1;
    RETURN NULL;
END $$
""")
    for table in FACTS:
        for event in ("DELETE", "TRUNCATE"):
            op.execute(
                f"CREATE TRIGGER {table}_count_{event.lower()} AFTER {event} ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION count_removal()"
            )


def downgrade() -> None:
    for table in FACTS:
        for event in ("DELETE", "TRUNCATE"):
            op.execute(f"DROP TRIGGER {table}_count_{event.lower()} ON {table}")
    op.execute("DROP FUNCTION count_removal()")
    op.drop_table("fact_state")
