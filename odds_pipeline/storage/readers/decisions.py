"""The moments at which a bettor would have decided, and what was on offer then.

Belongs here: a whole season's decision points in one pass. Does not belong here: how an event's
start was stated through time (``starts``), the as-of query (``as_of``).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.readers.as_of import listed, offered
from odds_pipeline.storage.readers.flagged import without_flagged
from odds_pipeline.storage.readers.moments import opened
from odds_pipeline.storage.readers.starts import starts
from odds_pipeline.storage.readers.states import LONG_AGO, Asked, Filters

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]


def decision_frame(
    conn: Connection,
    events: Iterable[str],
    offsets: Iterable[timedelta],
    known_by: datetime | None = None,
    max_age: timedelta | None = None,
    max_quote_age: timedelta | None = None,
    bookmakers: Iterable[str] | None = None,
    markets: Iterable[str] | None = None,
    valid_only: bool = False,
) -> "pd.DataFrame":
    """What was on offer at each event's decision points: one row an offset and quote.

    An offset counts back from the start *as it was stated at that moment*: the decision is taken
    at the first moment at which the start stated then was at most ``offset`` away. With starts s_i
    stated since the captures c_i it is max(c_i, s_i - offset) of the first i for which that lies
    before c_(i+1). The final start is never used, for it is the future: an event that is brought
    forward inside the offset is decided when that is learned, and one that is put off after its
    decision has been decided. A start known to the day counts from the beginning of that day.

    A decision that lies after ``known_by`` has not been taken yet and has no rows. Offsets may be
    negative (after the start). ``commence_time`` is the start as stated at the decision.

    Args:
        conn: a connection inside a transaction.
        events: event ids.
        offsets: how long before the stated start.
        known_by: what must have been stored by then; default all.
        max_age: greatest age of the newest snapshot covering the quote at the decision.
        max_quote_age: greatest age of its last_update; a quote without one is left out.
        bookmakers: only these; default all.
        markets: only these; default all.
        valid_only: leave out the prices that a quality rule found wrong, as known by then.

    Raises:
        NotYetNormalised: ``known_by`` reaches documents that still wait.
        StorageError: an archive's file is missing or damaged.
    """
    import pandas as pd

    opening = opened(conn, None, known_by)
    known = opening.known_by
    ids = sorted(set(events))
    asked, points = [], []
    apart = sorted(set(offsets), reverse=True)
    for start in starts(conn, ids, known).values():
        for offset in apart:
            moment, stated = start.decision(offset)
            if moment <= known:
                oldest = LONG_AGO if max_age is None else moment - max_age
                asked.append(Asked(start.event, moment, oldest))
                precision = "day" if stated.day_only else "exact"
                points.append((offset.total_seconds(), moment, stated.commence_time, precision))
    filters = Filters(listed(bookmakers), listed(markets))
    frame, question = offered(conn, asked, known, max_quote_age, filters, archived=opening.archived)
    names = ["offset_seconds", "decision_time", "commence_time", "start_precision"]
    columns = pd.DataFrame(points, columns=names).astype(
        dict(zip(names, ("float64", *("datetime64[us, UTC]",) * 2, "str"), strict=True))
    )
    chosen = columns.take(question).set_axis(frame.index)
    frame["commence_time"] = chosen.pop("commence_time")
    for position, name in enumerate(chosen.columns, start=1):
        frame.insert(position, name, chosen[name])
    return without_flagged(conn, frame, known) if valid_only else frame
