"""What was on offer of each event at a moment of its own.

Belongs here: many pairs of event and moment in one pass. Does not belong here: the as-of query
(``as_of``), moments that follow from a start (``decisions``).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.readers.as_of import listed, offered
from odds_pipeline.storage.readers.moments import aware, opened
from odds_pipeline.storage.readers.states import LONG_AGO, Asked, Filters

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]


def odds_at_each(
    conn: Connection,
    asked: Iterable[tuple[str, datetime]],
    known_by: datetime | None = None,
    max_age: timedelta | None = None,
    bookmakers: Iterable[str] | None = None,
    markets: Iterable[str] | None = None,
) -> "pd.DataFrame":
    """As ``odds_at``, with a column ``place`` that counts the asked pairs from 1.

    Args:
        conn: a connection inside a transaction.
        asked: event id and market time, aware.
        known_by: what must have been stored by then; default all.
        max_age: greatest age of the newest snapshot covering the quote at its moment.
        bookmakers: only these; default all.
        markets: only these; default all.

    Raises:
        UsageError: a time without zone.
        NotYetNormalised: ``known_by`` reaches documents that still wait.
        StorageError: an archive's file is missing or damaged.
    """
    opening = opened(conn, None, known_by)
    pairs = [
        Asked(event, aware(at, "at"), LONG_AGO if max_age is None else at - max_age)
        for event, at in asked
    ]
    filters = Filters(listed(bookmakers), listed(markets))
    frame, question = offered(
        conn, pairs, opening.known_by, None, filters, archived=opening.archived
    )
    return frame.assign(place=question + 1)
