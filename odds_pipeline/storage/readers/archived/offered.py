"""The priced states of events of which months are archived: as ``readers.states`` gives them.

Belongs here: the steps, and the columns of the answer. Does not belong here: each step's own work
(the modules beside this one).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.array_text import array_text
from odds_pipeline.storage.readers.archived.columns import times
from odds_pipeline.storage.readers.archived.covered import covered
from odds_pipeline.storage.readers.archived.rows import newest_rows
from odds_pipeline.storage.readers.archived.series import series_of
from odds_pipeline.storage.readers.archived.tops import tops
from odds_pipeline.storage.readers.archived.voided import voided
from odds_pipeline.storage.readers.named import remembered
from odds_pipeline.storage.readers.states import Asked, Filters, Snapshots, States
from odds_pipeline.storage.timeline import PRICED

if TYPE_CHECKING:
    import pyarrow as pa

    from odds_pipeline.storage.columns import Array

Connection = psycopg.Connection[Any]

# Whoever asks may have wanted the kept plan of a statement that is not used here.
_SCHEMA = "SELECT schema_id::text, set_config('plan_cache_mode', 'auto', true) FROM fact_state"

_TEAMS = """
SELECT matchup_id, home_team, away_team FROM matchups
WHERE matchup_id = ANY(%s::int[]) ORDER BY matchup_id
"""


def offered(
    conn: Connection,
    asked: Sequence[Asked],
    numbers: Mapping[str, int],
    known_by: datetime,
    filters: Filters,
) -> States:
    """The states that had a price, by question; captures are never left out here.

    Args:
        conn: a connection inside a transaction.
        asked: the questions.
        numbers: the events' numbers.
        known_by: nothing known later is looked at.
        filters: which series.

    Raises:
        StorageError: a file is missing or damaged.
    """
    import numpy as np

    row = conn.execute(_SCHEMA).fetchone()
    assert row is not None
    shown = tops(conn, asked, numbers, known_by)
    series = series_of(conn, np.unique([numbers[one.event] for one in asked]), filters)
    speaking = covered(conn, shown, series.pair)
    found = newest_rows(conn, speaking, series, known_by)
    found = found.taken(found.state == PRICED)
    names = remembered(conn, row[0])
    selection = series.selection[found.series]
    name = names.places(conn, selection)
    states = (
        speaking.top[found.covered],
        name,
        selection,
        found.price,
        _american(found.price),
        found.point,
        found.state,
        found.known.view("datetime64[us]"),
        speaking.last_update[found.covered].view("datetime64[us]"),
        voided(conn, speaking, series, found, known_by),
    )
    order = np.lexsort((names.ranks(name), speaking.place[found.covered]))
    return States(_snapshots(conn, shown), names, *(column[order] for column in states))


def _american(price: "Array") -> "Array":
    """As the SQL function ``american``; 0 where it gives null."""
    import numpy as np

    above = np.where(price > 1, price - 1, 1.0)
    whole = np.where(above >= 1, np.floor(above * 100 + 0.5), -np.floor(100 / above + 0.5))
    found: Array = np.where(price > 1, whole, 0).astype(np.int64)
    return found


def _snapshots(conn: Connection, tops: "pa.Table") -> Snapshots:
    import numpy as np

    matchup = tops["matchup_id"].fill_null(0).to_numpy()
    rows = conn.execute(_TEAMS, (array_text(np.unique(matchup)),)).fetchall()
    stated = [(0, None, None), *rows]
    chosen = np.searchsorted(np.array([row[0] for row in stated]), matchup)
    home, away = (np.array([row[column] for row in stated], dtype=object) for column in (1, 2))
    return Snapshots(
        question=tops["place"].to_numpy(),
        event_no=tops["event_no"].to_numpy().astype(np.int64),
        capture_time=times(tops, "capture_time").view("datetime64[us]"),
        known_time=times(tops, "known_time").view("datetime64[us]"),
        commence_time=times(tops, "commence_time").view("datetime64[us]"),
        in_play=tops["in_play"].to_numpy(),
        home_team=home[chosen],
        away_team=away[chosen],
    )
