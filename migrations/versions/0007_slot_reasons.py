"""Slots say why they were planned; which events lie ahead is found by an index.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("slots", sa.Column("why", sa.Text(), nullable=True))
    op.create_index("ix_event_starts_commence_time", "event_starts", ["commence_time"])


def downgrade() -> None:
    op.drop_index("ix_event_starts_commence_time", table_name="event_starts")
    op.drop_column("slots", "why")
