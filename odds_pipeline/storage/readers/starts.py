"""When events start, as it was stated through time.

Belongs here: the sequence of stated starts, and the moments that follow from it. Does not belong
here: prices.

Of statements of one instant those in a list of events or scores count before those beside odds,
and then the one known last. A start known to the day lies somewhere in the UTC day that begins at
its ``commence_time``.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg

from odds_pipeline.storage.archive import needed
from odds_pipeline.storage.readers.archived.starts import stated

Connection = psycopg.Connection[Any]

Span = tuple[datetime, datetime]  # from the first up to, without, the second

# Only where the start differs from the one stated before. An event of which one start only was
# ever stated (most) needs no walk through its snapshots: its first statement says it all.
_STATED = """
WITH asked AS MATERIALIZED (
    SELECT e.event_id, e.event_no, sp.live_hours, n.starts, x.first, x.last
    FROM event_ids e
    JOIN sports sp USING (sport_id)
    CROSS JOIN LATERAL (
        SELECT count(*) AS starts FROM event_starts WHERE event_no = e.event_no
    ) n
    CROSS JOIN LATERAL (
        SELECT min(first_capture) AS first, least(max(last_capture), %(known_by)s) AS last
        FROM event_scopes WHERE event_no = e.event_no
    ) x
    WHERE e.event_id = ANY(%(events)s)
)
SELECT a.event_id, a.event_no, a.live_hours, u.capture_time, u.commence_time, u.day_only
FROM asked a
LEFT JOIN LATERAL (
    (
        SELECT capture_time, list, known_time, commence_time, day_only
        FROM (
            (SELECT capture_time, false AS list, known_time, commence_time, day_only FROM snapshots
             WHERE event_no = a.event_no AND NOT unlisted
               AND capture_time >= a.first AND capture_time <= a.last
               AND known_time <= %(known_by)s
             ORDER BY capture_time LIMIT 1)
            UNION ALL
            (SELECT capture_time, true, known_time, commence_time, day_only FROM event_statements
             WHERE event_no = a.event_no
               AND capture_time <= %(known_by)s AND known_time <= %(known_by)s
             ORDER BY capture_time LIMIT 1)
        ) first
        WHERE a.starts = 1
        ORDER BY capture_time LIMIT 1
    )
    UNION ALL
    (
        SELECT capture_time, list, known_time, commence_time, day_only
        FROM (
            SELECT *, lag(commence_time) OVER w IS DISTINCT FROM commence_time
                OR lag(day_only) OVER w IS DISTINCT FROM day_only AS changed
            FROM (
                SELECT capture_time, false AS list, known_time, commence_time, day_only
                FROM snapshots
                WHERE event_no = a.event_no AND NOT unlisted
                  AND capture_time >= a.first AND capture_time <= a.last
                  AND known_time <= %(known_by)s
                UNION ALL
                SELECT capture_time, true, known_time, commence_time, day_only
                FROM event_statements
                WHERE event_no = a.event_no
                  AND capture_time <= %(known_by)s AND known_time <= %(known_by)s
            ) every
            WHERE a.starts > 1
            WINDOW w AS (ORDER BY capture_time, list, known_time)
        ) walked
        WHERE changed
    )
) u ON true
ORDER BY a.event_no, u.capture_time, u.list, u.known_time
"""


class Stated(NamedTuple):
    """A start, and since when it was stated."""

    capture_time: datetime
    commence_time: datetime
    day_only: bool

    @property
    def starts_by(self) -> datetime:
        """When the event has surely started."""
        return self.commence_time + timedelta(days=self.day_only)


class Start(NamedTuple):
    """All that was stated of one event's start, in capture order; at least one statement."""

    event: str
    event_no: int
    live: timedelta
    stated: tuple[Stated, ...]

    @property
    def true(self) -> Stated:
        """The start stated last."""
        return self.stated[-1]

    def decision(self, offset: timedelta) -> tuple[datetime, Stated]:
        """The first moment at which the start stated then was at most ``offset`` away.

        The start that counts is the one stated by that moment, never a later one: with starts s
        stated since c, it is max(c, s - offset) of the first for which that lies before the next.
        """
        for this, after in zip(self.stated, self.stated[1:], strict=False):
            moment = max(this.capture_time, this.commence_time - offset)
            if moment < after.capture_time:
                return moment, this
        return max(self.true.capture_time, self.true.commence_time - offset), self.true

    def other_play(self) -> tuple[Span, ...]:
        """When it was in play by a start it did not keep, though its true start lies later.

        Not when it was only delayed, by less than a game's length: then it had not begun. Where
        the true start is known to the day only, a delay cannot be told from a new date.
        """
        spans = []
        for this, after in zip(self.stated, self.stated[1:], strict=False):
            told = this.day_only or not self.true.day_only
            delayed = told and self.true.starts_by - this.starts_by < self.live
            begin = max(this.capture_time, this.starts_by)
            if not delayed and begin < after.capture_time:
                spans.append((begin, after.capture_time))
        return tuple(spans)


def starts(conn: Connection, events: Iterable[str], known_by: datetime) -> Mapping[str, Start]:
    """What was stated of each event's start by then; an event not seen by then is left out.

    Raises:
        StorageError: an archive's file is missing or damaged.
    """
    ids = list(dict.fromkeys(events))
    numbers = needed.among(conn, ids)
    beside = [event for event in ids if event not in numbers]
    rows = conn.execute(_STATED, {"events": beside, "known_by": known_by}, binary=True).fetchall()
    if numbers:
        rows += stated(conn, list(numbers.values()), known_by)
    found: dict[str, list[Sequence[Any]]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return {
        event: Start(
            event,
            found[event][0][1],
            timedelta(hours=found[event][0][2]),
            tuple(Stated(*row[3:]) for row in found[event]),
        )
        for event in ids
        if event in found and found[event][0][3] is not None
    }
