"""Merges: events that are one, and spellings of a team's name, and how they are undone.

Belongs here: writing and listing them. Does not belong here: what a reader makes of a merge
(``readers.united``, the database's `events_as_of`), which merges are suggested (``review``).

Both tables are immutable: a merge is undone by an undo, and both have a known time of their own,
set by the database, so that an answer as known before stays as it was.
"""

from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.errors import NotFound

Connection = psycopg.Connection[Any]


class Merge(NamedTuple):
    """A merge as it is shown; ``undone_at`` is the known time of its undo.

    Of events ``kept`` is the id that the united event goes by and ``merged`` the other one; of
    names ``kept`` is the name and ``merged`` the spelling.
    """

    merge_id: int
    known_time: datetime
    kind: str
    sport_key: str
    kept: str
    merged: str
    reason: str
    created_by: str
    undone_at: datetime | None
    undo_reason: str | None
    undone_by: str | None


class EventSides(NamedTuple):
    """What of an event matters to a merge; ``kept_by`` is the event it is merged into."""

    event_no: int
    event_id: str
    sport_id: int
    sport_key: str
    sha_key: str | None
    home_team: str | None
    away_team: str | None
    commence_time: datetime
    day_only: bool
    kept_by: str | None
    members: int


_MERGES = """
SELECT m.merge_id, m.known_time, m.kind, sp.sport_key, coalesce(k.event_id, m.name),
    coalesce(e.event_id, m.spelling), m.reason, m.created_by, u.known_time, u.reason, u.created_by
FROM merges m
LEFT JOIN merge_undos u USING (merge_id)
LEFT JOIN event_ids k ON k.event_no = m.kept_no
LEFT JOIN event_ids e ON e.event_no = m.member_no
JOIN sports sp ON sp.sport_id = coalesce(m.sport_id, k.sport_id)
WHERE %(merge_id)s::int IS NULL OR m.merge_id = %(merge_id)s
ORDER BY m.merge_id
"""

# As stated last, an exact start before one known to the day.
_SIDES = """
SELECT e.event_no, e.event_id, e.sport_id, sp.sport_key, e.sha_key, m.home_team, m.away_team,
    st.commence_time, st.day_only, k.event_id,
    (SELECT count(*) FROM merges_known('infinity') x WHERE x.kept_no = e.event_no)
FROM event_ids e
JOIN sports sp USING (sport_id)
LEFT JOIN merges_known('infinity') x ON x.member_no = e.event_no
LEFT JOIN event_ids k ON k.event_no = x.kept_no
-- Between which captures to look, so that no other month is.
CROSS JOIN LATERAL (
    SELECT min(first_capture) AS first, max(last_capture) AS last FROM event_scopes
    WHERE event_no = e.event_no
) o
CROSS JOIN LATERAL (
    SELECT u.* FROM (
        (SELECT commence_time, day_only, matchup_id, capture_time FROM snapshots
         WHERE event_no = e.event_no AND NOT unlisted
           AND capture_time >= o.first AND capture_time <= o.last
         ORDER BY capture_time DESC LIMIT 1)
        UNION ALL
        (SELECT commence_time, day_only, matchup_id, capture_time FROM event_statements
         WHERE event_no = e.event_no ORDER BY capture_time DESC LIMIT 1)
    ) u ORDER BY u.day_only, u.capture_time DESC LIMIT 1
) st
LEFT JOIN matchups m USING (matchup_id)
WHERE e.event_id = %(event)s
"""


def sides(conn: Connection, event: str) -> EventSides:
    """An event's sides and start, as stated last.

    Raises:
        NotFound: no event of that id is stored.
    """
    row = conn.execute(_SIDES, {"event": event}).fetchone()
    if row is None:
        raise NotFound(f"event {event!r} is not stored here; `odds events` lists those that are")
    return EventSides(*row)


def sport_id(conn: Connection, sport_key: str) -> int:
    """The number of a sport.

    Raises:
        NotFound: nothing of that sport is stored.
    """
    row = conn.execute("SELECT sport_id FROM sports WHERE sport_key = %s", (sport_key,)).fetchone()
    if row is None:
        raise NotFound(f"sport {sport_key!r} is not stored here; `odds events` lists events")
    return int(row[0])


def spellings(conn: Connection, sport_key: str) -> dict[str, str]:
    """Every spelling merged into a team's name of the sport, as of now."""
    rows = conn.execute(
        """SELECT m.spelling, m.name FROM merges_known('infinity') m JOIN sports USING (sport_id)
        WHERE m.kind = 'team' AND sport_key = %s""",
        (sport_key,),
    )
    return dict(rows.fetchall())


def write_event(conn: Connection, kept_no: int, member_no: int, reason: str, by: str) -> int:
    """Let one event be the same as another from now on; the merge's number."""
    return _number(
        conn.execute(
            """INSERT INTO merges (kind, kept_no, member_no, reason, created_by)
            VALUES ('event', %s, %s, %s, %s) RETURNING merge_id""",
            (kept_no, member_no, reason, by),
        ).fetchone()
    )


def write_team(
    conn: Connection, sport_number: int, spelling: str, name: str, reason: str, by: str
) -> int:
    """Let a spelling stand for a team's name from now on; the merge's number."""
    return _number(
        conn.execute(
            """INSERT INTO merges (kind, sport_id, spelling, name, reason, created_by)
            VALUES ('team', %s, %s, %s, %s, %s) RETURNING merge_id""",
            (sport_number, spelling, name, reason, by),
        ).fetchone()
    )


def undo(conn: Connection, merge_id: int, reason: str, by: str) -> bool:
    """Let the merge hold no longer, from now on; False when it was undone already.

    Raises:
        NotFound: there is no such merge.
    """
    merge(conn, merge_id)
    undone = conn.execute(
        """INSERT INTO merge_undos (merge_id, reason, created_by) VALUES (%s, %s, %s)
        ON CONFLICT (merge_id) DO NOTHING""",
        (merge_id, reason, by),
    )
    return undone.rowcount == 1


def merge(conn: Connection, merge_id: int) -> Merge:
    """One merge.

    Raises:
        NotFound: there is no such merge.
    """
    row = conn.execute(_MERGES, {"merge_id": merge_id}).fetchone()
    if row is None:
        raise NotFound(f"there is no merge {merge_id}; `odds merge list` lists them")
    return Merge(*row)


def merges(conn: Connection) -> list[Merge]:
    """Every merge, undone ones too, in the order in which they were made."""
    return [Merge(*row) for row in conn.execute(_MERGES, {"merge_id": None})]


def _number(row: tuple[Any, ...] | None) -> int:
    assert row is not None
    return int(row[0])
