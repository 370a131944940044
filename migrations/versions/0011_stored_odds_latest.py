"""The view `stored_odds` lets the planner know how many snapshots an event has.

Revision ID: 0011
Revises: 0010
"""

from alembic import context, op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# How a snapshot is told that was stated again later. Compared with the greatest known time, one in
# 200 was expected to pass, and an event's snapshots were joined with every selection there is;
# nearly all pass, and this way that is expected.
GREATEST = """  AND s.known_time = (
      SELECT max(v.known_time) FROM snapshots v
      WHERE v.event_no = s.event_no AND v.capture_time = s.capture_time
        AND v.scope_id = s.scope_id
  );"""
NOTHING_LATER = """  AND NOT EXISTS (
      SELECT FROM snapshots v
      WHERE v.event_no = s.event_no AND v.capture_time = s.capture_time
        AND v.scope_id = s.scope_id AND v.known_time > s.known_time
  );"""


def _view(latest: str) -> str:
    before: str = context.script.get_revision("0005").module.STORED_ODDS
    assert GREATEST in before
    return before.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1).replace(GREATEST, latest)


def upgrade() -> None:
    op.execute(_view(NOTHING_LATER))


def downgrade() -> None:
    op.execute(_view(GREATEST))
