"""How PostgreSQL answers the readers' questions on a season: ``EXPLAIN (ANALYZE, BUFFERS)``.

Belongs here: recording the statements our readers send and asking for their plans, and the page
that shows them. Does not belong here: the readers, times to be compared.

A sequential scan of a partition of ``quotes`` or ``snapshots`` is refused: it would read a month
for one answer.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg.abc import Params

from benchmarks.bodies import BOOK_KEYS
from benchmarks.season_databases import BEFORE, REPOSITORY, Databases, decision_times
from benchmarks.season_questions import BY_HAND, by_hand_statement
from odds_pipeline.storage.readers import (
    best_odds,
    compare_bookmakers,
    decision_frame,
    events_between,
    line_movement,
    odds_at,
)

Connection = psycopg.Connection[Any]
Statement = tuple[Any, Params | None]  # a query, its values

PAGE = REPOSITORY / "docs" / "plans.md"
WIDEST = 300  # characters of a line: a season's event ids are more
_COST = re.compile(r"  ?\(cost=[^)]*\)")
_SCAN = re.compile(r"Seq Scan on ((?:quotes|snapshots)_\d{4}_\d\d)")


def write(databases: Databases, page: Path = PAGE) -> None:
    """Write the page.

    Raises:
        AssertionError: a plan scans a whole partition.
    """
    with databases.connections() as (conn, _):
        parts = [_part(conn, name, ask) for name, ask in _questions(conn, databases).items()]
    built, grid = databases.built, databases.spec.grid
    page.write_text(
        "# Plans of the readers' queries\n\n"
        "Written by `make bench-large`. "
        f"{built.quotes:,} observed quotes on a grid of {grid}, {built.captures:,} captures, "
        f"embedded PostgreSQL with its default settings, warm; the times are of one run on a busy "
        f"machine. No plan scans a partition of "
        "`quotes` or `snapshots` sequentially; the benchmark fails if one does.\n\n"
        + "\n".join(parts)
    )


def _questions(conn: Connection, databases: Databases) -> dict[str, Callable[[], object]]:
    moments = decision_times(databases.spec)
    event, at = list(moments.items())[len(moments) // 2]
    some = list(moments)[len(moments) // 2 :][:15]
    book, day = BOOK_KEYS[2], timedelta(days=1)
    values = {
        "event_book_market": (event, book, "spreads"),
        "book_and_time": (book, at, at + timedelta(hours=2)),
        "event_and_capture": (event, at),
    }
    questions: dict[str, Callable[[], object]] = {
        "odds_at, one event": lambda: odds_at(conn, event, at),
        "odds_at, 15 events": lambda: odds_at(conn, some, at),
        "best_odds": lambda: best_odds(conn, event, "h2h"),
        "compare_bookmakers": lambda: compare_bookmakers(conn, event, "spreads", at),
        "line_movement": lambda: line_movement(conn, event, book, "spreads"),
        "events_between, one day": lambda: events_between(conn, at, at + day),
        "decision_frame, the season": lambda: decision_frame(conn, list(moments), [BEFORE]),
    }
    return questions | {
        f"the view odds, {name.replace('_', ' ')}": _view(conn, name, values[name])
        for name in BY_HAND
    }


def _view(conn: Connection, name: str, values: tuple[Any, ...]) -> Callable[[], object]:
    return lambda: conn.execute(by_hand_statement("odds", name), values)


def _part(conn: Connection, name: str, ask: Callable[[], object]) -> str:
    ask()
    with _recorded(conn) as statements:
        ask()
    plans = [_plan(conn, name, *statement) for statement in statements]
    plans = [plan for plan in plans if "Scan" in plan]
    shown = "\n".join(f"```\n{_told(plan)}\n```\n" for plan in plans)
    return f"## {name}\n\n{shown}"


def _told(plan: str) -> str:
    """The plan without estimates and without the branches that were never entered."""
    lines: list[str] = []
    skipped: int | None = None
    for line in plan.splitlines():
        indent = len(line) - len(line.lstrip())
        if skipped is not None and indent > skipped:
            continue
        skipped = indent if "(never executed)" in line else None
        if skipped is None:
            told = _COST.sub("", line)
            lines.append(told if len(told) <= WIDEST else f"{told[:WIDEST]} …")
    return "\n".join(lines)


def _plan(conn: Connection, name: str, query: str | bytes, values: Params | None) -> str:
    text = query if isinstance(query, bytes) else query.encode()
    rows = conn.execute(b"EXPLAIN (ANALYZE, BUFFERS) " + text, values).fetchall()
    plan = "\n".join(row[0] for row in rows)
    scanned = _SCAN.search(plan)
    assert scanned is None, f"{name} reads the whole of {scanned and scanned[1]}"
    return plan


@contextmanager
def _recorded(conn: Connection) -> Iterator[list[Statement]]:
    """The statements sent meanwhile."""
    sent: list[Statement] = []

    class Recording(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **how: Any) -> "Recording":  # noqa: ANN401
            sent.append((query, args[0] if args else None))
            return super().execute(query, *args, **how)

    before = conn.cursor_factory
    conn.cursor_factory = Recording
    try:
        yield sent
    finally:
        conn.cursor_factory = before
