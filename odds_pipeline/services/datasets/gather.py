"""Reads what a dataset holds, as of its two moments.

Belongs here: offers, arrivals, events, closing lines and results, as the files hold them. Does not
belong here: writing (``place``).
"""

from datetime import datetime
from typing import TYPE_CHECKING

from odds_pipeline.errors import UsageError
from odds_pipeline.planning.captures import day_window
from odds_pipeline.services.closes import EVENTS_AT_ONCE
from odds_pipeline.services.datasets.terms import Terms
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.selections import Progress, Selection, arrivals, read
from odds_pipeline.storage import dataset_files, readers
from odds_pipeline.storage.engine import transaction

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def gathered(
    platform: Platform,
    terms: Terms,
    at: datetime,
    known_by: datetime,
    progress: Progress | None,
) -> "dict[str, pa.Table]":
    """What is frozen, by file, as the files hold it.

    Args:
        platform: its database is read.
        terms: what is chosen.
        at: events as they were stated by then.
        known_by: only what was stored by then.
        progress: called with how many events of how many have been read, sport by sport.

    Raises:
        UsageError: no sport.
        NotFound: no event of a sport, or nothing on offer.
    """
    import pandas as pd

    if not terms.sports:
        raise UsageError("a dataset needs at least one sport")
    parts: dict[str, list[pd.DataFrame]] = {}
    for sport in dict.fromkeys(terms.sports):
        selection = terms.selection(sport, at, known_by)
        offered, ended = read(platform, selection, progress)
        events, closing = _events_and_closes(platform, selection)
        for name, frame in (
            ("offers", offered),
            ("results", ended),
            ("events", events),
            ("closing_lines", closing),
        ):
            parts.setdefault(name, []).append(frame)
        if terms.latency:
            late = arrivals(platform, selection, terms.latency)
            parts.setdefault("arrivals", []).append(late)
    whole = {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}
    return dataset_files.tables_of(whole)


def _events_and_closes(
    platform: Platform, selection: Selection
) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """The events, and every book's closing lines in the markets: they judge bets at any of them."""
    import pandas as pd

    start, end = day_window(selection.first).begin, day_window(selection.last).end
    parts = []
    with transaction(platform.engine) as conn:
        events = readers.events_between(
            conn, start, end, selection.sport_key, at=selection.at, known_by=selection.known_by
        )
        for begin in range(0, len(events), EVENTS_AT_ONCE):
            closing = readers.closing_lines(
                conn,
                list(events["id"].iloc[begin : begin + EVENTS_AT_ONCE]),
                known_by=selection.known_by,
                markets=selection.markets or None,
                valid_only=selection.valid_only,
            )
            parts.append(closing)
    return events.rename(columns={"id": "event_id"}), pd.concat(parts, ignore_index=True)
