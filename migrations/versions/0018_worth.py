"""What each past edge was worth, who moves first, and why a stored price has no result.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

COLUMNS = {
    "line_movements": ("steam_moves", "first_moves"),
    "bookmaker_scorecards": ("steam_moves", "first_moves"),
    "edge_statistics": ("without_closing", "line_moved"),
}


def upgrade() -> None:
    op.create_table(
        "edge_values",
        sa.Column("opportunity_id", sa.Text(), nullable=False),
        sa.Column("realised", sa.Double(), nullable=True),
        sa.Column("unsettled_reason", sa.Text(), nullable=True),
        sa.Column("clv", sa.Double(), nullable=True),
        sa.Column("price_ratio", sa.Double(), nullable=True),
        sa.Column("points_gained", sa.Double(), nullable=True),
        sa.Column("line_moved", sa.Boolean(), nullable=True),
        sa.Column("clv_reason", sa.Text(), nullable=True),
        sa.Column(
            "computed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(realised IS NULL) = (unsettled_reason IS NOT NULL)",
            name=op.f("ck_edge_values_realised"),
        ),
        sa.CheckConstraint(
            "(clv IS NULL) = (clv_reason IS NOT NULL)", name=op.f("ck_edge_values_clv")
        ),
        sa.PrimaryKeyConstraint("opportunity_id", name=op.f("pk_edge_values")),
        comment="What each past opportunity was worth, a unit at its first sight: its result and its closing line value, or why there is none. Made anew as a whole.",
    )
    # Both are made anew as a whole or by day; until then nothing is known of it.
    op.execute("DELETE FROM edge_statistics")
    for table, names in COLUMNS.items():
        for name in names:
            needed = table == "edge_statistics"
            op.add_column(table, sa.Column(name, sa.Integer(), nullable=not needed))
    op.add_column("bookmaker_scorecards", sa.Column("median_lag_seconds", sa.Double()))
    op.add_column("closing_prices", sa.Column("unsettled_reason", sa.Text()))


def downgrade() -> None:
    op.drop_column("closing_prices", "unsettled_reason")
    op.drop_column("bookmaker_scorecards", "median_lag_seconds")
    for table, names in COLUMNS.items():
        for name in names:
            op.drop_column(table, name)
    op.drop_table("edge_values")
