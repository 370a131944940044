"""What was on offer, for events of which months are archived: the frame of ``as_of``.

Belongs here: the steps, and the frame's columns out of arrays. Does not belong here: each step's
own work (the modules beside this one).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.array_text import array_text
from odds_pipeline.storage.readers.archived.columns import times
from odds_pipeline.storage.readers.archived.covered import covered
from odds_pipeline.storage.readers.archived.search import SECOND_US, micros
from odds_pipeline.storage.readers.archived.series import named
from odds_pipeline.storage.readers.archived.states import states
from odds_pipeline.storage.readers.archived.tops import tops
from odds_pipeline.storage.readers.archived.voided import voided
from odds_pipeline.storage.timeline import PRICED

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    from odds_pipeline.storage.readers.archived.search import Ints
    from odds_pipeline.storage.readers.as_of import Asked

    Floats = np.ndarray[Any, np.dtype[np.float64]]

Connection = psycopg.Connection[Any]


def offered(
    conn: Connection,
    asked: "Sequence[Asked]",
    numbers: Mapping[str, int],
    known_by: datetime,
    bookmakers: Iterable[str] | None,
    markets: Iterable[str] | None,
    outcome: str | None,
) -> "pd.DataFrame":
    """Every price on offer; ``place`` counts the questions from 1.

    Args:
        conn: a connection inside a transaction.
        asked: the questions; captures are never left out of them here.
        numbers: the events' numbers.
        known_by: nothing known later is looked at.
        bookmakers: only these; ``None`` leaves nothing out.
        markets: the same.
        outcome: the same.

    Raises:
        StorageError: a file is missing or damaged.
    """
    import numpy as np
    import pandas as pd

    events = np.unique([numbers[one.event] for one in asked])
    shown = tops(conn, asked, numbers, known_by)
    series = named(conn, events, bookmakers, markets, outcome)
    speaking = covered(conn, shown, series.pair)
    found = states(conn, speaking, series, known_by)
    found = found.taken(found.state == PRICED)
    void = voided(conn, speaking, series, found, known_by)
    place, top = speaking.place[found.covered], speaking.top[found.covered]
    asked_at = np.array([micros(one.at) for one in asked], dtype=np.int64)[place]
    price = np.where(void, np.nan, found.price)
    home, away = _teams(conn, shown, top)
    return pd.DataFrame(
        {
            "place": pd.array(place + 1, dtype="Int64"),
            "event_id": _text([one.event for one in asked], place),
            "bookmaker_key": _text(series.texts[0], found.rank),
            "market_key": _text(series.texts[1], found.rank),
            "outcome_name": _text(series.texts[2], found.rank),
            "description": _text(series.texts[3], found.rank),
            "point": np.where(void, np.nan, found.point),
            "price": price,
            "american_price": _american(price),
            "capture_time": _time(speaking.capture[found.covered]),
            "known_time": _time(np.maximum(times(shown, "known_time")[top], found.known)),
            "last_update": _time(speaking.last_update[found.covered]),
            "age_seconds": (asked_at - speaking.capture[found.covered]) / SECOND_US,
            "in_play": pd.array(shown["in_play"].to_numpy()[top], dtype="boolean"),
            "commence_time": _time(times(shown, "commence_time")[top]),
            "home_team": home,
            "away_team": away,
            "missing_reason": _text([None, "voided"], void.astype(np.int64)),
        }
    )


def _text(texts: Sequence[str | None], chosen: "Ints") -> "pd.api.extensions.ExtensionArray":
    import pandas as pd

    return pd.array(list(texts), dtype="str").take(chosen)


def _time(values: "Ints") -> "pd.DatetimeIndex":
    import pandas as pd

    return pd.DatetimeIndex(values.view("datetime64[us]")).tz_localize("UTC")


def _american(price: "Floats") -> "pd.api.extensions.ExtensionArray":
    """As the SQL function ``american``."""
    import numpy as np
    import pandas as pd

    has_none = ~(price > 1)
    above = np.where(has_none, 2.0, price) - 1
    whole = np.where(above >= 1, np.floor(above * 100 + 0.5), -np.floor(100 / above + 0.5))
    return pd.arrays.IntegerArray(whole.astype(np.int64), has_none)


def _teams(conn: Connection, tops: "pa.Table", top: "Ints") -> tuple[Any, Any]:
    """Home and away team as stated in each top."""
    import numpy as np

    numbers = tops["matchup_id"].fill_null(0).to_numpy()
    rows = conn.execute(
        "SELECT matchup_id, home_team, away_team FROM matchups WHERE matchup_id = ANY(%s::int[]) "
        "ORDER BY matchup_id",
        (array_text(np.unique(numbers)),),
    ).fetchall()
    known = np.array([0, *(row[0] for row in rows)])
    chosen = np.searchsorted(known, numbers)[top]
    home, away = (_text([None, *(row[column] for row in rows)], chosen) for column in (1, 2))
    return home, away
