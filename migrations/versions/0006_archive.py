"""Which months are archived, in which files, and which events stand in them.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "archives",
        sa.Column("archive_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("rows_hash", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("min_capture", sa.DateTime(timezone=True), nullable=True),
        sa.Column("max_capture", sa.DateTime(timezone=True), nullable=True),
        sa.Column("min_known", sa.DateTime(timezone=True), nullable=False),
        sa.Column("max_known", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind IN ('quotes', 'snapshots', 'raw_bodies')", name=op.f("ck_archives_kind")
        ),
        sa.PrimaryKeyConstraint("archive_id", name=op.f("pk_archives")),
        sa.UniqueConstraint("kind", "month", "version", name="uq_archives_version"),
        comment="Parquet files that hold whole months; a newer version of a month supersedes the older one. rows_hash does not depend on the rows' order.",
    )
    op.create_index(
        "uq_archives_current",
        "archives",
        ["kind", "month"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "archived_events",
        sa.Column("event_no", sa.Integer(), nullable=False),
        sa.Column("archive_id", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("min_commence", sa.DateTime(timezone=True), nullable=True),
        sa.Column("max_commence", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["archive_id"], ["archives.archive_id"], name=op.f("fk_archived_events_archive_id")
        ),
        sa.ForeignKeyConstraint(
            ["event_no"], ["event_ids.event_no"], name=op.f("fk_archived_events_event_no")
        ),
        sa.PrimaryKeyConstraint("event_no", "archive_id", name="pk_archived_events"),
        comment="Which events stand in which current archive, and the starts its snapshots state of them.",
    )
    op.create_index("ix_archived_events_archive_id", "archived_events", ["archive_id"])


def downgrade() -> None:
    # What is archived is in no table any more: without this list nobody would find it.
    op.execute("""
DO $$ BEGIN
    IF EXISTS (SELECT FROM archives) THEN
        RAISE EXCEPTION 'months are archived: this revision cannot be undone without losing them';
    END IF;
END $$""")
    op.drop_index("ix_archived_events_archive_id", table_name="archived_events")
    op.drop_table("archived_events")
    op.drop_index(
        "uq_archives_current",
        table_name="archives",
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.drop_table("archives")
