"""The review queue: questions of identity, and what they are asked about.

Belongs here: the queue's rows, and the events and names that questions are about. Does not belong
here: which questions to ask (``catalog.matching``), what an answer does (``merges``).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.catalog.matching import Known
from odds_pipeline.catalog.recognition import UNKNOWN_SPORT
from odds_pipeline.errors import NotFound

Connection = psycopg.Connection[Any]


class Item(NamedTuple):
    """One question.

    Of an event ``subject`` is the merged event's id and ``candidate`` the kept one's; of a team
    they are the spelling and the name it may stand for; of a sport ``subject`` is an event's id, or
    the key that a league nobody knows is kept under.
    """

    item_id: int
    kind: str
    sport_key: str
    subject: str
    candidate: str | None
    sure: bool
    reason: str
    status: str
    created_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    decision: str | None


class Question(NamedTuple):
    """A question to ask, unless it was asked before."""

    kind: str
    sport_key: str
    subject: str
    candidate: str | None
    sure: bool
    reason: str


_ITEMS = """
SELECT item_id, kind, sport_key, subject, candidate, sure, reason, status, created_at, decided_at,
    decided_by, decision
FROM review_items
WHERE (%(status)s::text IS NULL OR status = %(status)s)
  AND (%(kind)s::text IS NULL OR kind = %(kind)s)
  AND (%(sure)s::boolean IS NULL OR sure = %(sure)s)
  AND (%(items)s::int[] IS NULL OR item_id = ANY(%(items)s))
ORDER BY item_id
"""

# As stated last, an exact start before one known to the day.
_KNOWN = """
WITH touched AS MATERIALIZED (
    SELECT s.event_no FROM captures c
    JOIN snapshots s ON s.capture_time = c.capture_time AND s.capture_id = c.capture_id
    WHERE c.raw_id = ANY(%(documents)s)
    UNION
    SELECT t.event_no FROM captures c
    JOIN event_statements t ON t.capture_time = c.capture_time AND t.capture_id = c.capture_id
    WHERE c.raw_id = ANY(%(documents)s)
), spans AS MATERIALIZED (
    SELECT e.sport_id, s.commence_time - interval '2 days' AS since,
        s.commence_time + interval '2 days' AS until
    FROM touched JOIN event_starts s USING (event_no) JOIN event_ids e USING (event_no)
), days AS MATERIALIZED (
    SELECT DISTINCT sport_id, day FROM spans, generate_series(
        date_trunc('day', since, 'UTC'), until, interval '1 day') AS day
), asked AS MATERIALIZED (
    SELECT DISTINCT e.event_no, e.event_id, e.sport_id, e.sha_key
    FROM event_ids e JOIN event_starts s USING (event_no)
    WHERE %(documents)s::bigint[] IS NULL OR EXISTS (
        SELECT FROM days d WHERE d.sport_id = e.sport_id
          AND d.day = date_trunc('day', s.commence_time, 'UTC')
    )
)
SELECT a.event_id, a.event_id !~ '^[0-9a-f]{64}$', c.raw_id, sp.sport_key, m.home_team,
    m.away_team, st.commence_time, st.day_only
FROM asked a
JOIN sports sp USING (sport_id)
-- Between which captures to look, so that no other month is.
CROSS JOIN LATERAL (
    SELECT min(first_capture) AS first, max(last_capture) AS last FROM event_scopes
    WHERE event_no = a.event_no
) x
CROSS JOIN LATERAL (
    SELECT u.* FROM (
        (SELECT commence_time, day_only, matchup_id, capture_id, capture_time FROM snapshots
         WHERE event_no = a.event_no AND NOT unlisted
           AND capture_time >= x.first AND capture_time <= x.last
         ORDER BY capture_time DESC LIMIT 1)
        UNION ALL
        (SELECT commence_time, day_only, matchup_id, capture_id, capture_time
         FROM event_statements
         WHERE event_no = a.event_no ORDER BY capture_time DESC LIMIT 1)
    ) u ORDER BY u.day_only, u.capture_time DESC LIMIT 1
) st
JOIN matchups m USING (matchup_id)
JOIN captures c USING (capture_id)
WHERE m.home_team IS NOT NULL AND m.away_team IS NOT NULL
  AND NOT EXISTS (SELECT FROM merges_known('infinity') x WHERE x.member_no = a.event_no)
"""


def known_events(conn: Connection, documents: Sequence[int] | None) -> list[Known]:
    """Events as stated last, those that are merged into another left out.

    Args:
        conn: a connection inside a transaction.
        documents: only events of the sports and days that these documents tell of.
    """
    asked = {"documents": None if documents is None else list(documents)}
    return [Known(*row) for row in conn.execute(_KNOWN, asked)]


def ask(conn: Connection, questions: Iterable[Question]) -> int:
    """Put questions in the queue; one that is there, whatever its status, stays as it is."""
    rows = list(questions)
    if not rows:
        return 0
    return conn.execute(
        """INSERT INTO review_items (kind, sport_key, subject, candidate, sure, reason)
        SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::boolean[],
            %s::text[])
        ON CONFLICT DO NOTHING""",
        [list(column) for column in zip(*rows, strict=True)],
    ).rowcount


def items(
    conn: Connection,
    status: str | None = None,
    kind: str | None = None,
    sure: bool | None = None,
    numbers: Sequence[int] | None = None,
) -> list[Item]:
    """Questions in the order in which they were asked.

    Raises:
        NotFound: one of the numbers is no question's.
    """
    asked = {
        "status": status,
        "kind": kind,
        "sure": sure,
        "items": None if numbers is None else list(numbers),
    }
    found = [Item(*row) for row in conn.execute(_ITEMS, asked)]
    for number in numbers or ():
        if all(item.item_id != number for item in found):
            raise NotFound(f"there is no question {number}; `odds review list` lists them")
    return found


def decide(conn: Connection, item_id: int, status: str, by: str, decision: str) -> None:
    """Note an answer."""
    conn.execute(
        """UPDATE review_items SET status = %s, decided_at = clock_timestamp(), decided_by = %s,
            decision = %s
        WHERE item_id = %s""",
        (status, by, decision, item_id),
    )


def set_sport(conn: Connection, event: str, sport_key: str, live_hours: int) -> None:
    """Note the sport of an event whose documents named none.

    Raises:
        NotFound: no event of that id is stored without a sport.
    """
    _know(conn, sport_key, live_hours)
    changed = conn.execute(
        """UPDATE event_ids e SET sport_id = sp.sport_id FROM sports sp, sports was
        WHERE sp.sport_key = %s AND e.event_id = %s
          AND was.sport_id = e.sport_id AND was.sport_key = %s""",
        (sport_key, event, UNKNOWN_SPORT),
    )
    if not changed.rowcount:
        raise NotFound(f"event {event!r} is not stored here without a sport")


def set_league(conn: Connection, league: str, sport_key: str, live_hours: int) -> int:
    """Note the sport of every event of a league that nobody knew; how many they are."""
    _know(conn, sport_key, live_hours)
    return conn.execute(
        """UPDATE event_ids e SET sport_id = sp.sport_id FROM sports sp, sports was
        WHERE sp.sport_key = %s AND was.sport_id = e.sport_id AND was.sport_key = %s""",
        (sport_key, league),
    ).rowcount


def name_leagues(conn: Connection) -> int:
    """Give events of leagues that somebody has named since their sport; how many they are."""
    return conn.execute(
        """UPDATE event_ids e SET sport_id = sp.sport_id
        FROM review_items i JOIN sports was ON was.sport_key = i.subject
        JOIN sports sp ON sp.sport_key = i.decision
        WHERE i.kind = 'sport' AND i.status = 'accepted' AND i.subject = i.sport_key
          AND e.sport_id = was.sport_id"""
    ).rowcount


def _know(conn: Connection, sport_key: str, live_hours: int) -> None:
    conn.execute(
        """INSERT INTO sports (sport_key, live_hours) SELECT %(sport)s, %(hours)s
        WHERE NOT EXISTS (SELECT FROM sports WHERE sport_key = %(sport)s)""",
        {"sport": sport_key, "hours": live_hours},
    )
