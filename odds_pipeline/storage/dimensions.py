"""Keeps text once: turns keys and names into the small numbers that facts carry.

Belongs here: find-or-create for every dimension, with a cache per process. A key never seen
before makes its own row, marked new. Does not belong here: facts.

Callers hold the normaliser's lock, so no two processes create rows at once; after a rollback the
cache must be thrown away (``remembered``). What exists is looked up before anything is inserted:
an insert that meets its conflict still draws a number, and small numbers would run out within
months.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import psycopg

from odds_pipeline.catalog.bookmakers import BOOKMAKERS
from odds_pipeline.catalog.markets import MARKETS
from odds_pipeline.catalog.natural_key import sha_key
from odds_pipeline.catalog.observations import EventStated, Scope
from odds_pipeline.catalog.sports import SPORTS, live_hours
from odds_pipeline.storage.scoping import covers, except_bookmakers, scope_key

Connection = psycopg.Connection[Any]
# (bookmaker_id, market_id, outcome_id, description_id, line)
SelectionKey = tuple[int, int, int, int | None, float | None]


_SPORTS = "SELECT sport_key, sport_id, title FROM sports WHERE sport_key = ANY(%s)"
_BOOKMAKERS = (
    "SELECT bookmaker_key, bookmaker_id, title FROM bookmakers WHERE bookmaker_key = ANY(%s)"
)
_RETITLE_SPORTS = """UPDATE sports SET title = a.title
FROM unnest(%s::text[], %s::text[]) AS a(key, title) WHERE sport_key = a.key"""
_RETITLE_BOOKMAKERS = """UPDATE bookmakers SET title = a.title
FROM unnest(%s::text[], %s::text[]) AS a(key, title) WHERE bookmaker_key = a.key"""
_MARKETS = "SELECT market_key, market_id FROM markets WHERE market_key = ANY(%s)"
_NAMES = "SELECT name, name_id FROM names WHERE name = ANY(%s)"
_EVENTS = "SELECT event_id, event_no FROM event_ids WHERE event_id = ANY(%s)"
_MATCHUPS = """SELECT home_team, away_team, matchup_id FROM matchups
WHERE (home_team, away_team) IN (SELECT * FROM unnest(%s::text[], %s::text[]))"""


@dataclass(slots=True)
class Stated:
    """Every key and name that a batch of documents states, with titles and sports of events."""

    sports: dict[str, str | None] = field(default_factory=dict)
    bookmakers: dict[str, str | None] = field(default_factory=dict)
    markets: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    matchups: set[tuple[str | None, str | None]] = field(default_factory=set)
    events: dict[str, EventStated] = field(default_factory=dict)


class Dimensions:
    """Find-or-create over one connection's transaction, remembered between calls."""

    def __init__(self) -> None:
        self.months: set[tuple[int, int]] = set()
        self.sport_ids: dict[str, int] = {}
        self.bookmaker_ids: dict[str, int] = {}
        self.market_ids: dict[str, int] = {}
        self.name_ids: dict[str, int] = {}
        self.event_nos: dict[str, int] = {}
        self.event_ids: dict[int, str] = {}
        self.matchup_ids: dict[tuple[str | None, str | None], int] = {}
        self.selection_ids: dict[SelectionKey, int] = {}
        self.layout_ids: dict[tuple[int, ...], int] = {}
        self.scope_ids: dict[str, int] = {}
        self.scopes: dict[int, Scope] = {}
        self.selections: dict[int, SelectionKey] = {}
        self._sport_titles: dict[str, str] = {}
        self._bookmaker_titles: dict[str, str] = {}
        self._bookmaker_keys: dict[int, str] = {}
        self._market_keys: dict[int, str] = {}
        self._covered: dict[tuple[int, int, int], bool] = {}

    def covers(self, scope_id: int, selection_id: int) -> bool:
        """Whether a scope covers a selection; both must have been resolved here before."""
        bookmaker_id, market_id = self.selections[selection_id][:2]
        key = (scope_id, bookmaker_id, market_id)
        known = self._covered.get(key)
        if known is None:
            known = self._covered[key] = covers(
                self.scopes[scope_id],
                self._bookmaker_keys[bookmaker_id],
                self._market_keys[market_id],
            )
        return known

    def resolve(self, conn: Connection, stated: Stated) -> None:
        """Make sure everything stated has its number; what is stored comes in one round trip."""
        self._forget_renamed(stated)
        if self._lacks(stated):
            self._look_up(conn, stated)
        self._resolve_sports(conn, stated.sports)
        self._resolve_bookmakers(conn, stated.bookmakers)
        self._resolve_markets(conn, stated.markets)
        self._resolve_names(conn, stated.names)
        self._resolve_matchups(conn, stated.matchups)
        self._resolve_events(conn, stated.events)

    def _forget_renamed(self, stated: Stated) -> None:
        """Let a sport or bookmaker be looked up anew whose title is another than last time."""
        for ids, known, titles in (
            (self.sport_ids, self._sport_titles, stated.sports),
            (self.bookmaker_ids, self._bookmaker_titles, stated.bookmakers),
        ):
            for key, title in titles.items():
                if title is not None and known.get(key) != title:
                    ids.pop(key, None)
                    known[key] = title

    def _lacks(self, stated: Stated) -> bool:
        return not (
            stated.sports.keys() <= self.sport_ids.keys()
            and stated.bookmakers.keys() <= self.bookmaker_ids.keys()
            and stated.markets <= self.market_ids.keys()
            and stated.names <= self.name_ids.keys()
            and stated.matchups <= self.matchup_ids.keys()
            and stated.events.keys() <= self.event_nos.keys()
        )

    def _look_up(self, conn: Connection, stated: Stated) -> None:
        matchups = [pair for pair in stated.matchups - self.matchup_ids.keys() if None not in pair]
        with conn.pipeline():
            sports = conn.execute(_SPORTS, (list(stated.sports.keys() - self.sport_ids.keys()),))
            books = conn.execute(
                _BOOKMAKERS, (list(stated.bookmakers.keys() - self.bookmaker_ids.keys()),)
            )
            markets = conn.execute(_MARKETS, (list(stated.markets - self.market_ids.keys()),))
            names = conn.execute(_NAMES, (list(stated.names - self.name_ids.keys()),))
            events = conn.execute(_EVENTS, (list(stated.events.keys() - self.event_nos.keys()),))
            pairs = conn.execute(
                _MATCHUPS, ([home for home, _ in matchups], [away for _, away in matchups])
            )
        self.sport_ids.update(_retitled(conn, _RETITLE_SPORTS, sports.fetchall(), stated.sports))
        self._remember_bookmakers(
            _retitled(conn, _RETITLE_BOOKMAKERS, books.fetchall(), stated.bookmakers)
        )
        self._remember_markets(dict(markets.fetchall()))
        self.name_ids.update(dict(names.fetchall()))
        self._remember_events(dict(events.fetchall()))
        self.matchup_ids.update({(home, away): number for home, away, number in pairs})

    def _resolve_sports(self, conn: Connection, titles: dict[str, str | None]) -> None:
        """Make sure every sport key has its number."""
        missing = sorted(titles.keys() - self.sport_ids.keys())
        rows = [(key, titles[key], live_hours(key), key not in SPORTS) for key in missing]
        self.sport_ids.update(
            _create(
                conn,
                """INSERT INTO sports (sport_key, title, live_hours, is_new)
                SELECT * FROM unnest(%s::text[], %s::text[], %s::smallint[], %s::boolean[])
                RETURNING sport_key, sport_id""",
                rows,
            )
        )

    def _resolve_bookmakers(self, conn: Connection, titles: dict[str, str | None]) -> None:
        """Make sure every bookmaker key has its number."""
        missing = sorted(titles.keys() - self.bookmaker_ids.keys())
        rows = [(key, titles[key], key not in BOOKMAKERS) for key in missing]
        found = _create(
            conn,
            """INSERT INTO bookmakers (bookmaker_key, title, is_new)
            SELECT * FROM unnest(%s::text[], %s::text[], %s::boolean[])
            RETURNING bookmaker_key, bookmaker_id""",
            rows,
        )
        self._remember_bookmakers(found)

    def _remember_bookmakers(self, found: dict[str, int]) -> None:
        self.bookmaker_ids.update(found)
        self._bookmaker_keys.update({number: key for key, number in found.items()})

    def _resolve_markets(self, conn: Connection, keys: Iterable[str]) -> None:
        """Make sure every market key has its number."""
        missing = sorted(set(keys) - self.market_ids.keys())
        found = _create(
            conn,
            """INSERT INTO markets (market_key, is_new)
            SELECT * FROM unnest(%s::text[], %s::boolean[])
            RETURNING market_key, market_id""",
            [(key, key not in MARKETS) for key in missing],
        )
        self._remember_markets(found)

    def _remember_markets(self, found: dict[str, int]) -> None:
        self.market_ids.update(found)
        self._market_keys.update({number: key for key, number in found.items()})

    def _resolve_names(self, conn: Connection, names: Iterable[str]) -> None:
        """Make sure every outcome name and description has its number."""
        missing = sorted(set(names) - self.name_ids.keys())
        found = _create(
            conn,
            """INSERT INTO names (name) SELECT * FROM unnest(%s::text[])
            RETURNING name, name_id""",
            [(name,) for name in missing],
        )
        self.name_ids.update(found)

    def _resolve_matchups(
        self, conn: Connection, pairs: Iterable[tuple[str | None, str | None]]
    ) -> None:
        """Make sure every (home team, away team) has its number."""
        for pair in sorted(set(pairs) - self.matchup_ids.keys(), key=repr):
            row = (
                conn.execute(
                    """SELECT matchup_id FROM matchups
                    WHERE home_team IS NOT DISTINCT FROM %s
                      AND away_team IS NOT DISTINCT FROM %s""",
                    pair,
                ).fetchone()
                or conn.execute(
                    """INSERT INTO matchups (home_team, away_team) VALUES (%s, %s)
                    RETURNING matchup_id""",
                    pair,
                ).fetchone()
            )
            assert row is not None
            self.matchup_ids[pair] = row[0]

    def _resolve_events(self, conn: Connection, stated: dict[str, EventStated]) -> None:
        """Make sure every event (as first stated) has its number."""
        missing = [stated[event_id] for event_id in sorted(stated.keys() - self.event_nos.keys())]
        found = _create(
            conn,
            """INSERT INTO event_ids (event_id, sport_id, sha_key)
            SELECT * FROM unnest(%s::text[], %s::smallint[], %s::text[])
            RETURNING event_id, event_no""",
            [(one.event_id, self.sport_ids[one.sport_key], _sha_key(one)) for one in missing],
        )
        self._remember_events(found)

    def find_events(self, conn: Connection, event_ids: Iterable[str]) -> None:
        """Fetch the numbers of those event ids that are stored."""
        missing = sorted(set(event_ids) - self.event_nos.keys())
        self._remember_events(dict(conn.execute(_EVENTS, (missing,)).fetchall()) if missing else {})

    def load_event_ids(self, conn: Connection, event_nos: Iterable[int]) -> None:
        """Fetch the ids of stored events by number."""
        missing = sorted(set(event_nos) - self.event_ids.keys())
        if missing:
            rows = conn.execute(
                "SELECT event_id, event_no FROM event_ids WHERE event_no = ANY(%s)", (missing,)
            )
            self._remember_events(dict(rows.fetchall()))

    def _remember_events(self, found: dict[str, int]) -> None:
        self.event_nos.update(found)
        self.event_ids.update({number: event_id for event_id, number in found.items()})

    def resolve_selections(self, conn: Connection, keys: Iterable[SelectionKey]) -> None:
        """Make sure every selection has its number."""
        keys = set(keys)
        self._find_selections(conn, keys - self.selection_ids.keys())
        missing = sorted(keys - self.selection_ids.keys(), key=repr)
        if not missing:
            return
        columns = [list(column) for column in zip(*missing, strict=True)]
        rows = conn.execute(
            """WITH asked AS (
                SELECT * FROM unnest(
                    %s::smallint[], %s::smallint[], %s::int[], %s::int[], %s::float8[]
                ) AS a(bookmaker_id, market_id, outcome_id, description_id, line)
            ), made AS (
                INSERT INTO selections (bookmaker_id, market_id, outcome_id, description_id, line)
                SELECT * FROM asked ON CONFLICT DO NOTHING
                RETURNING bookmaker_id, market_id, outcome_id, description_id, line, selection_id
            )
            SELECT * FROM made UNION ALL
            SELECT s.bookmaker_id, s.market_id, s.outcome_id, s.description_id, s.line,
                s.selection_id
            FROM asked a JOIN selections s ON s.bookmaker_id = a.bookmaker_id
                AND s.market_id = a.market_id AND s.outcome_id = a.outcome_id
                AND s.description_id IS NOT DISTINCT FROM a.description_id
                AND s.line IS NOT DISTINCT FROM a.line""",
            columns,
        ).fetchall()
        for *key, selection_id in rows:
            self._remember_selection(tuple(key), selection_id)

    def _find_selections(self, conn: Connection, keys: Iterable[SelectionKey]) -> None:
        """Fetch stored selections by the parts of their keys: short lists instead of long ones."""
        if not keys:
            return
        books, markets, outcomes, descriptions, _ = (set(part) for part in zip(*keys, strict=True))
        rows = conn.execute(
            """SELECT bookmaker_id, market_id, outcome_id, description_id, line, selection_id
            FROM selections
            WHERE bookmaker_id = ANY(%s) AND market_id = ANY(%s) AND outcome_id = ANY(%s)
              AND (description_id IS NULL OR description_id = ANY(%s))""",
            (list(books), list(markets), list(outcomes), list(descriptions - {None})),
            binary=True,
        ).fetchall()
        for *key, selection_id in rows:
            self._remember_selection(tuple(key), selection_id)

    def load_selections(self, conn: Connection, selection_ids: Iterable[int]) -> None:
        """Fetch stored selections by number, so that ``covers`` can answer for them."""
        missing = sorted(set(selection_ids) - self.selections.keys())
        if not missing:
            return
        rows = conn.execute(
            """SELECT bookmaker_id, market_id, outcome_id, description_id, line, selection_id,
                bookmaker_key, market_key
            FROM selections JOIN bookmakers USING (bookmaker_id) JOIN markets USING (market_id)
            WHERE selection_id = ANY(%s)""",
            (missing,),
        ).fetchall()
        for *key, selection_id, bookmaker, market in rows:
            self._remember_selection(tuple(key), selection_id)
            self._bookmaker_keys[key[0]] = bookmaker
            self._market_keys[key[1]] = market

    def resolve_scope(self, conn: Connection, scope: Scope) -> int:
        """The number of a scope."""
        key = scope_key(scope)
        known = self.scope_ids.get(key)
        if known is not None:
            return known
        found = dict(
            conn.execute(
                "SELECT scope_key, scope_id FROM scopes WHERE scope_key = %s", (key,)
            ).fetchall()
        ) or _create(
            conn,
            """INSERT INTO scopes (scope_key, sport_key, bookmakers, except_bookmakers, regions,
                markets, lists_all_events, starts_from, starts_to)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            RETURNING scope_key, scope_id""",
            None,
            (
                key,
                scope.sport_key,
                _array(scope.bookmakers),
                _array(except_bookmakers(scope)),
                _array(scope.regions),
                _array(scope.markets),
                scope.lists_all_events,
                scope.starts_from,
                scope.starts_to,
            ),
        )
        self.scope_ids.update(found)
        self.scopes[found[key]] = scope
        return found[key]

    def load_scopes(self, conn: Connection, scope_ids: Iterable[int]) -> None:
        """Fetch stored scopes by number."""
        missing = sorted(set(scope_ids) - self.scopes.keys())
        if not missing:
            return
        rows = conn.execute(
            """SELECT scope_id, sport_key, bookmakers, regions, markets, lists_all_events,
                starts_from, starts_to FROM scopes WHERE scope_id = ANY(%s)""",
            (missing,),
        ).fetchall()
        for scope_id, sport_key, books, regions, markets, listing, since, until in rows:
            self.scopes[scope_id] = Scope(
                sport_key, _tuple(books), _tuple(regions), _tuple(markets), listing, since, until
            )

    def resolve_layout(self, conn: Connection, pairs: tuple[int, ...]) -> int:
        """The number of a vector order."""
        known = self.layout_ids.get(pairs)
        if known is not None:
            return known
        digest = sha256(repr(pairs).encode()).digest()
        row = (
            conn.execute("SELECT layout_id FROM layouts WHERE digest = %s", (digest,)).fetchone()
            or conn.execute(
                "INSERT INTO layouts (digest, pairs) VALUES (%s, %s) RETURNING layout_id",
                (digest, list(pairs)),
            ).fetchone()
        )
        assert row is not None
        layout_id: int = row[0]
        self.layout_ids[pairs] = layout_id
        return layout_id

    def _remember_selection(self, key: tuple[Any, ...], selection_id: int) -> None:
        selection: SelectionKey = key
        self.selection_ids[selection] = selection_id
        self.selections[selection_id] = selection


def _retitled(
    conn: Connection,
    statement: str,
    stored: Iterable[tuple[str, int, str | None]],
    stated: dict[str, str | None],
) -> dict[str, int]:
    """Numbers of stored keys, their titles brought up to those that are stated."""
    found = {}
    renamed: dict[str, str] = {}
    for key, number, title in stored:
        found[key] = number
        new = stated[key]
        if new is not None and new != title:
            renamed[key] = new
    if renamed:
        conn.execute(statement, (list(renamed), list(renamed.values())))
    return found


def _create(
    conn: Connection,
    statement: str,
    rows: list[tuple[Any, ...]] | None,
    values: tuple[Any, ...] | None = None,
) -> dict[str, int]:
    """Run an insert over column arrays (or one row of values); returns key -> number."""
    if rows is not None:
        if not rows:
            return {}
        values = tuple(list(column) for column in zip(*rows, strict=True))
    return dict(conn.execute(statement, values).fetchall())


def _sha_key(event: EventStated) -> str | None:
    """The natural key of an event, where it has sides."""
    if event.home_team is None or event.away_team is None:
        return None
    return sha_key(
        event.sport_key, event.home_team, event.away_team, event.commence_time, event.day_only
    )


def _array(keys: tuple[str, ...] | None) -> list[str] | None:
    return None if keys is None else list(keys)


def _tuple(keys: list[str] | None) -> tuple[str, ...] | None:
    return None if keys is None else tuple(keys)
