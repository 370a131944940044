"""Lays the facts of merged events under a reader, so that the same SQL finds one event.

Belongs here: which events are one as known by a moment, laying what was observed of the others
under the one that is kept, and the names that teams go by. Does not belong here: making and
undoing merges (``storage.merges``), the answers.

A fact of a merged event is a fact of the kept one since the merge was known: it is laid with the
later of both known times. What is laid stands in temporary tables until the transaction ends, and
in views in the readers' way (``archive.thaw``); the facts themselves are untouched. Where nothing
is merged this costs one look at an empty table.

- **Prices.** Of a book's market that several of the events' captures cover, every such capture
  states every outcome: as if all had been captured under one id. An outcome that a capture leaves
  out is withdrawn in it.
- **Starts.** A start known to the day gives way to the exact one that another of the events had
  stated by then. An archive's capture that only stands for a phase lies before that start.
- **One capture, two of the events.** What it says of the kept one counts, unless it no longer
  lists that.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from odds_pipeline.storage.archive.thaw import lay, thaw

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]
NAMED = ("outcome_name", "home_team", "away_team")

_ANY = """
SELECT EXISTS (SELECT FROM merges WHERE known_time <= %s),
    to_regclass('pg_temp.merged_events') IS NOT NULL
"""

_KEPT = """
SELECT a.event_id, coalesce(k.event_id, a.event_id), coalesce(k.event_no, e.event_no),
    sp.sport_key,
    ARRAY(SELECT event_no FROM members_of(coalesce(k.event_no, e.event_no), %(known_by)s))
FROM unnest(%(events)s::text[]) AS a(event_id)
LEFT JOIN event_ids e USING (event_id)
LEFT JOIN sports sp USING (sport_id)
LEFT JOIN merges_known(%(known_by)s) m ON m.member_no = e.event_no
LEFT JOIN event_ids k ON k.event_no = m.kept_no
"""

_NAMES = """
SELECT sp.sport_key, m.spelling, m.name
FROM merges_known(%(known_by)s) m JOIN sports sp USING (sport_id)
WHERE m.kind = 'team' AND sp.sport_key = ANY(%(sports)s)
"""

_TABLES = """
CREATE TEMP TABLE merged_events (
    kept_no integer, event_no integer PRIMARY KEY, merged_at timestamptz
) ON COMMIT DROP;
CREATE TEMP TABLE merged_series (
    kept_no integer, event_no integer, selection_id integer, kept_selection integer, pair integer,
    PRIMARY KEY (event_no, selection_id)
) ON COMMIT DROP;
CREATE TEMP TABLE merged_marks (
    kept_no integer, event_no integer, capture_time timestamptz, told_at timestamptz,
    known_time timestamptz, commence_time timestamptz, day_only boolean, unlisted boolean,
    snapshot_id bigint, capture_id integer, scope_id integer, own boolean
) ON COMMIT DROP;
CREATE TEMP TABLE merged_pairs (kept_no integer, pair integer, PRIMARY KEY (kept_no, pair))
    ON COMMIT DROP;
CREATE TEMP TABLE merged_scopes (LIKE public.event_scopes INCLUDING INDEXES) ON COMMIT DROP;
CREATE TEMP TABLE merged_selections (LIKE public.event_selections INCLUDING INDEXES)
    ON COMMIT DROP;
CREATE TEMP TABLE merged_starts (LIKE public.event_starts INCLUDING INDEXES) ON COMMIT DROP;
CREATE TEMP TABLE merged_statements (LIKE public.event_statements INCLUDING INDEXES)
    ON COMMIT DROP;
CREATE TEMP VIEW event_scopes AS
    SELECT * FROM public.event_scopes s WHERE NOT EXISTS (
        SELECT FROM pg_temp.merged_scopes m
        WHERE m.event_no = s.event_no AND m.scope_id = s.scope_id
    ) UNION ALL SELECT * FROM pg_temp.merged_scopes;
CREATE TEMP VIEW event_selections AS
    SELECT * FROM public.event_selections UNION ALL SELECT * FROM pg_temp.merged_selections;
CREATE TEMP VIEW event_starts AS
    SELECT * FROM public.event_starts UNION ALL SELECT * FROM pg_temp.merged_starts;
CREATE TEMP VIEW event_statements AS
    SELECT * FROM public.event_statements UNION ALL SELECT * FROM pg_temp.merged_statements;
"""

# Deleted, not truncated: that makes new files, which takes longer than the few rows are worth.
_CLEAR = """
DELETE FROM merged_events; DELETE FROM merged_series; DELETE FROM merged_marks;
DELETE FROM merged_pairs; DELETE FROM merged_scopes; DELETE FROM merged_selections;
DELETE FROM merged_starts; DELETE FROM merged_statements; DELETE FROM merged_quotes;
DELETE FROM merged_snapshots
"""

_EVENTS = """
INSERT INTO merged_events
SELECT k.kept_no, k.kept_no, '-infinity' FROM unnest(%(kept)s::int[]) AS k(kept_no)
UNION ALL
SELECT kept_no, member_no, known_time FROM merges_known(%(known_by)s)
WHERE kept_no = ANY(%(kept)s)
"""

# An outcome of the kept event's by each of the events' spellings; one that only a merged event
# has keeps that one's number.
_SERIES = """
INSERT INTO merged_series
SELECT kept_no, event_no, selection_id,
    first_value(selection_id) OVER (
        PARTITION BY kept_no, pair, outcome, description_id, line
        ORDER BY event_no <> kept_no, selection_id
    ),
    pair
FROM (
    SELECT m.kept_no, m.event_no, x.selection_id,
        sel.bookmaker_id::integer * 65536 + sel.market_id AS pair,
        team_called(e.sport_id, o.name, %(known_by)s) AS outcome, sel.description_id, sel.line
    FROM merged_events m
    JOIN event_ids e USING (event_no)
    JOIN public.event_selections x USING (event_no)
    JOIN selections sel USING (selection_id)
    JOIN names o ON o.name_id = sel.outcome_id
) s
"""

# Every capture of the events: when it is told, and the start as it was known then.
_MARKS = """
INSERT INTO merged_marks
SELECT m.kept_no, s.event_no, s.capture_time,
    CASE WHEN c.basis = 'phase' AND s.day_only AND x.commence_time IS NOT NULL
        THEN least(s.capture_time, x.commence_time - make_interval(
            secs => CASE (s.capture_time AT TIME ZONE 'UTC')::time
                WHEN '00:00' THEN 3 WHEN '06:00' THEN 2 ELSE 1 END))
        ELSE s.capture_time
    END,
    greatest(s.known_time, m.merged_at), coalesce(x.commence_time, s.commence_time),
    s.day_only AND x.commence_time IS NULL, s.unlisted, s.snapshot_id, s.capture_id, s.scope_id,
    s.event_no = m.kept_no
FROM merged_events m
JOIN snapshots s USING (event_no)
JOIN captures c USING (capture_id)
LEFT JOIN LATERAL (
    SELECT u.commence_time FROM merged_events o
    CROSS JOIN LATERAL (
        (SELECT n.commence_time, n.capture_time FROM snapshots n
         WHERE n.event_no = o.event_no AND NOT n.day_only AND NOT n.unlisted
           AND n.capture_time <= s.capture_time AND n.known_time <= %(known_by)s
         ORDER BY n.capture_time DESC, n.known_time DESC LIMIT 1)
        UNION ALL
        (SELECT n.commence_time, n.capture_time FROM public.event_statements n
         WHERE n.event_no = o.event_no AND NOT n.day_only
           AND n.capture_time <= s.capture_time AND n.known_time <= %(known_by)s
         ORDER BY n.capture_time DESC, n.known_time DESC LIMIT 1)
    ) u
    WHERE s.day_only AND o.kept_no = m.kept_no
    ORDER BY u.capture_time DESC LIMIT 1
) x ON true
WHERE s.known_time <= %(known_by)s
"""

# Of one moment and scope the kept event's own listing counts, then any listing, then the newest.
_DOUBLED = """
DELETE FROM merged_marks d USING merged_marks k
WHERE NOT d.own AND k.own AND NOT k.unlisted AND k.kept_no = d.kept_no
  AND k.capture_time = d.told_at AND k.scope_id = d.scope_id
"""

_SNAPSHOTS = """
INSERT INTO merged_snapshots (capture_time, known_time, commence_time, snapshot_id, event_no,
    capture_id, scope_id, layout_id, matchup_id, bookmaker_count, in_play, day_only, unlisted,
    ages, far_ages)
SELECT DISTINCT ON (k.kept_no, k.told_at, k.scope_id)
    k.told_at, k.known_time, k.commence_time, s.snapshot_id, k.kept_no, s.capture_id, s.scope_id,
    s.layout_id, s.matchup_id, s.bookmaker_count,
    CASE WHEN k.day_only THEN s.in_play ELSE k.told_at >= k.commence_time END, k.day_only,
    s.unlisted, s.ages, s.far_ages
FROM merged_marks k
JOIN snapshots s ON s.event_no = k.event_no AND s.capture_time = k.capture_time
    AND s.snapshot_id = k.snapshot_id
WHERE NOT k.own
ORDER BY k.kept_no, k.told_at, k.scope_id, k.unlisted, k.known_time DESC
"""

# Books' markets that captures of more than one of the events cover, and those of captures moved.
_PAIRS = """
INSERT INTO merged_pairs
SELECT p.kept_no, p.pair
FROM (SELECT DISTINCT kept_no, pair FROM merged_series) p
JOIN bookmakers b ON b.bookmaker_id = p.pair / 65536
JOIN markets mk ON mk.market_id = p.pair %% 65536
JOIN merged_events m USING (kept_no)
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM merged_marks k WHERE k.event_no = m.event_no AND k.told_at <> k.capture_time
    ) AS moved
) o
WHERE EXISTS (
    SELECT FROM public.event_scopes x JOIN scopes c USING (scope_id)
    WHERE x.event_no = m.event_no AND scope_covers(c, b.bookmaker_key, mk.market_key)
)
GROUP BY p.kept_no, p.pair
HAVING count(*) > 1 OR bool_or(o.moved)
"""

_QUOTES = """
INSERT INTO merged_quotes (capture_time, known_time, price, point, event_no, selection_id, state)
SELECT DISTINCT ON (r.kept_no, r.kept_selection, q.capture_time)
    q.capture_time, greatest(q.known_time, m.merged_at), q.price, q.point, r.kept_no,
    r.kept_selection, q.state
FROM merged_series r
JOIN merged_events m USING (event_no)
JOIN quotes q USING (event_no, selection_id)
WHERE r.event_no <> r.kept_no AND q.known_time <= %(known_by)s
  AND NOT EXISTS (SELECT FROM merged_pairs p WHERE p.kept_no = r.kept_no AND p.pair = r.pair)
ORDER BY r.kept_no, r.kept_selection, q.capture_time, q.known_time DESC
"""

# What every capture that covers a shared pair says of each of its outcomes.
_STATES = """
INSERT INTO merged_quotes (capture_time, known_time, price, point, event_no, selection_id, state)
SELECT DISTINCT ON (k.kept_no, t.kept_selection, k.told_at)
    k.told_at, greatest(k.known_time, q.known_time, l.merged_at),
    CASE WHEN NOT k.unlisted THEN q.price END, q.point, k.kept_no, t.kept_selection,
    CASE WHEN k.unlisted THEN 1 ELSE coalesce(q.state, 1) END
FROM merged_marks k
JOIN (SELECT kept_no, max(merged_at) AS merged_at FROM merged_events GROUP BY kept_no) l
    USING (kept_no)
JOIN captures c USING (capture_id)
JOIN merged_pairs p USING (kept_no)
JOIN scopes sc ON sc.scope_id = k.scope_id
JOIN bookmakers b ON b.bookmaker_id = p.pair / 65536
JOIN markets mk ON mk.market_id = p.pair %% 65536
JOIN (SELECT DISTINCT kept_no, pair, kept_selection FROM merged_series) t
    ON t.kept_no = k.kept_no AND t.pair = p.pair
LEFT JOIN LATERAL (
    SELECT q.* FROM merged_series r
    CROSS JOIN LATERAL (
        SELECT price, point, state, known_time, capture_time FROM quotes
        WHERE event_no = k.event_no AND selection_id = r.selection_id
          AND capture_time <= k.capture_time
          AND capture_time >= date_trunc('day', k.capture_time, 'UTC')
          AND known_time <= %(known_by)s
        ORDER BY capture_time DESC, known_time DESC LIMIT 1
    ) q
    WHERE r.event_no = k.event_no AND r.kept_selection = t.kept_selection
    ORDER BY q.state, q.capture_time DESC LIMIT 1
) q ON true
WHERE scope_covers(sc, b.bookmaker_key, mk.market_key)
ORDER BY k.kept_no, t.kept_selection, k.told_at, k.unlisted, c.known_time DESC,
    k.capture_id DESC
"""

_LOOK = """
INSERT INTO merged_scopes
SELECT k.kept_no, k.scope_id, min(x.sport_id), min(k.told_at), max(k.told_at),
    bool_or(NOT k.unlisted), max(k.commence_time), max(k.commence_time)
FROM merged_marks k
JOIN public.event_scopes x ON x.event_no = k.event_no AND x.scope_id = k.scope_id
GROUP BY k.kept_no, k.scope_id;
INSERT INTO merged_selections (event_no, selection_id, pair)
SELECT DISTINCT r.kept_no, r.kept_selection, r.pair FROM merged_series r
WHERE NOT EXISTS (
    SELECT FROM public.event_selections x
    WHERE x.event_no = r.kept_no AND x.selection_id = r.kept_selection
);
INSERT INTO merged_starts
SELECT DISTINCT m.kept_no, s.commence_time, s.day_only
FROM merged_events m JOIN public.event_starts s USING (event_no)
WHERE m.event_no <> m.kept_no AND NOT EXISTS (
    SELECT FROM public.event_starts x WHERE x.event_no = m.kept_no
      AND x.commence_time = s.commence_time AND x.day_only = s.day_only
);
"""

_STATEMENTS = """
INSERT INTO merged_statements (event_no, capture_time, known_time, capture_id, matchup_id,
    commence_time, day_only, completed, home_score, away_score, score_time, home_margin)
SELECT DISTINCT ON (m.kept_no, t.capture_time)
    m.kept_no, t.capture_time, greatest(t.known_time, m.merged_at), t.capture_id, t.matchup_id,
    coalesce(x.commence_time, t.commence_time), t.day_only AND x.commence_time IS NULL,
    t.completed, t.home_score, t.away_score, t.score_time, t.home_margin
FROM merged_events m
JOIN public.event_statements t USING (event_no)
LEFT JOIN LATERAL (
    SELECT k.commence_time FROM merged_marks k
    WHERE t.day_only AND k.kept_no = m.kept_no AND NOT k.day_only AND NOT k.unlisted
      AND k.capture_time <= t.capture_time
    ORDER BY k.capture_time DESC LIMIT 1
) x ON true
WHERE m.event_no <> m.kept_no AND t.known_time <= %(known_by)s
  AND NOT EXISTS (
      SELECT FROM public.event_statements o
      WHERE o.event_no = m.kept_no AND o.capture_time = t.capture_time
        AND o.capture_id = t.capture_id
  )
ORDER BY m.kept_no, t.capture_time, t.known_time DESC
"""

_STEPS = (
    *(_EVENTS, _SERIES, _MARKS, _DOUBLED, _SNAPSHOTS, _PAIRS, _QUOTES, _STATES, _LOOK),
    _STATEMENTS,
)


class United(NamedTuple):
    """The events of a question, as known by its moment.

    Args:
        ids: the ids they go by, each once, in order.
        sports: the sport of each id, where any name is merged.
        names: by sport, each spelling's name.
        laid: whether the facts of any are laid under it, archived ones too.
    """

    ids: list[str]
    sports: Mapping[str, str] = {}
    names: Mapping[str, Mapping[str, str]] = {}
    laid: bool = False

    def spellings(self, outcome: str | None) -> list[str] | None:
        """An outcome and every other spelling of it."""
        if outcome is None:
            return None
        return [
            outcome,
            *(s for told in self.names.values() for s, name in told.items() if name == outcome),
        ]

    def name_of(self, event: str, spelled: str) -> str:
        """The name of an outcome of one of the events."""
        told = self.names.get(self.sports.get(event, ""), {})
        return told.get(spelled, spelled)

    def called(
        self, frame: "pd.DataFrame", event: str | None = None, outcome: str | None = None
    ) -> "pd.DataFrame":
        """The frame with every team by its name.

        Args:
            frame: an answer.
            event: the event it is about, where no column says so.
            outcome: only rows of this one.
        """
        for sport, told in self.names.items():
            if event is not None and self.sports.get(event) != sport:
                continue
            rows = True if event is not None else frame["event_id"].map(self.sports) == sport
            for column in frame.columns.intersection(list(NAMED)):
                named = frame[column].map(told)
                frame[column] = frame[column].mask(named.notna() & rows, named)
        if outcome is not None and self.names:
            frame = frame[frame["outcome_name"] == outcome].reset_index(drop=True)
        return frame


def united(
    conn: Connection,
    events: str | Iterable[str],
    known_by: datetime,
    at: datetime | None = None,
    *,
    thawed: bool = True,
) -> United:
    """Make everything observed of some events readable under the ids they go by.

    Args:
        conn: a connection inside a transaction.
        events: event id, or ids; one merged into another stands for the other.
        known_by: merges count as known by then.
        at: market time after which nothing is read; default none.
        thawed: make archived rows readable, too; without it only where facts are laid.
    """
    ids = [events] if isinstance(events, str) else sorted(set(events))
    row = conn.execute(_ANY, (known_by,)).fetchone()
    anything, laid = row or (False, False)
    if laid:
        conn.execute(_CLEAR)
    if not anything:
        if thawed:
            thaw(conn, ids, at=at)
        return United(ids)
    found = conn.execute(_KEPT, {"events": ids, "known_by": known_by}).fetchall()
    members = {no: numbers for *_, no, _, numbers in found if no is not None}
    several = [no for no, numbers in members.items() if len(numbers) > 1]
    if thawed or several:
        thaw(conn, [number for numbers in members.values() for number in numbers], at=at)
    if several:
        _lay(conn, several, known_by, laid=laid)
    sports = {kept: sport for _, kept, _, sport, _ in found}
    names: dict[str, dict[str, str]] = {}
    asked = {"known_by": known_by, "sports": list({*sports.values()} - {None})}
    for sport, spelling, name in conn.execute(_NAMES, asked):
        names.setdefault(sport, {})[spelling] = name
    return United(sorted(sports), sports, names, bool(several))


def _lay(conn: Connection, kept: list[int], known_by: datetime, *, laid: bool) -> None:
    lay(conn)
    if not laid:
        conn.execute(_TABLES)
    values = {"kept": kept, "known_by": known_by}
    for step in _STEPS:
        # Steps of several statements take no values.
        conn.execute(step, values if "%(" in step or "%%" in step else None)
