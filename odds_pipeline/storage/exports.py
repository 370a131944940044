# ruff: noqa: S608  (every text here is a constant; values are bound)
"""Taking rows out of the database: streamed in batches, in a fixed order.

Belongs here: the cursor, and which rows are asked for. Does not belong here: the queries
(``export_queries``), files (``services.export``).

The same question on the same data gives the same bytes. Large ones are asked day by day, which
bounds the server's memory too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg
from psycopg import sql

from odds_pipeline.storage.export_queries.registry import SELECTIONS
from odds_pipeline.storage.export_queries.selection import Selection, within

Connection = psycopg.Connection[Any]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows: times UTC in [start, end), null for all."""

    start: datetime | None = None
    end: datetime | None = None
    event: str | None = None
    sport: str | None = None
    known_by: datetime | None = None

    def values(self) -> dict[str, object]:
        """The values to bind."""
        return {
            "start": self.start,
            "end": self.end,
            "event": self.event,
            "sport": self.sport,
            "known_by": self.known_by,
        }


def stream(
    conn: Connection, what: str, columns: Sequence[str], asked: Asked
) -> Iterator[list[tuple[Any, ...]]]:
    """Batches of rows, never more than the selection's batch in memory.

    Call inside one transaction; ``freeze`` makes it see one state of the database.

    Args:
        conn: our database.
        what: a name of ``SELECTIONS``.
        columns: names of its columns, in the order wanted.
        asked: which rows.
    """
    selection = SELECTIONS[what]
    query = selection.query if asked.known_by is None else selection.as_of or selection.query
    text = sql.SQL("SELECT {} FROM ({}) q ORDER BY {}").format(
        _names(columns),
        sql.SQL(query),  # a constant of this module
        _names(selection.order),
    )
    for values in _parts(conn, selection, asked):
        with conn.cursor(name="export", binary=True) as cursor:
            cursor.itersize = selection.batch
            cursor.execute(text, values)
            while rows := cursor.fetchmany(selection.batch):
                yield rows


def freeze(conn: Connection) -> None:
    """Let the rest of this transaction see one state of the database; call it first of all."""
    conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    # All rows are wanted, so the fastest plan for all is, not the one that starts first.
    conn.execute("SET LOCAL cursor_tuple_fraction = 1")


def _parts(conn: Connection, selection: Selection, asked: Asked) -> Iterator[dict[str, object]]:
    values = asked.values()
    if selection.by_day:
        for day in _days(conn, asked):
            start = datetime.combine(day, time(), UTC)
            within = {
                "start": max(start, asked.start or start),
                "end": min(start + _DAY, asked.end or start + _DAY),
            }
            yield values | within
        return
    if selection.query.find("%(at)s") >= 0:
        # Events are stated as of a time, and within bounds.
        values |= {
            "at": asked.known_by or datetime.now(UTC),
            "known_by": asked.known_by or datetime.now(UTC),
            "start": asked.start or datetime(1, 1, 2, tzinfo=UTC),
            "end": asked.end or datetime(9999, 12, 30, tzinfo=UTC),
        }
    yield values


def _days(conn: Connection, asked: Asked) -> list[date]:
    rows = conn.execute(
        f"""SELECT DISTINCT (capture_time AT TIME ZONE 'UTC')::date FROM captures
        WHERE kind = 'odds' AND {within("capture_time")} ORDER BY 1""",
        asked.values(),
    )
    return [row[0] for row in rows]


def _names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
