"""The picture of how one market moved: every book's fair probability, with marks at captures.

Belongs here: what the picture shows. Does not belong here: drawing it (``services.pictures``).
"""

from datetime import datetime

from odds_pipeline.errors import NotFound
from odds_pipeline.services import pictures
from odds_pipeline.services.market.boards import boards
from odds_pipeline.services.market.movements import states
from odds_pipeline.services.market.terms import terms_of
from odds_pipeline.services.pictures import Moves
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import line_movements, readers
from odds_pipeline.storage.engine import transaction


def movement_picture(
    platform: Platform,
    event: str,
    market: str,
    bookmaker: str | None = None,
    at: datetime | None = None,
    form: str = "png",
) -> bytes:
    """Draw a market's movement before the start.

    The fair probability where the line stays the same through all of it; else the line itself.

    Args:
        platform: its database and settings are used.
        event: event id.
        market: market key.
        bookmaker: only this book; default all.
        at: nothing after it is drawn; default now.
        form: one of ``pictures.FORMATS``.

    Raises:
        NotFound: the event is not stored, or the market was never priced in full.
        UsageError: an unknown format.
    """
    import pandas as pd

    terms = terms_of(platform.settings)
    with transaction(platform.engine) as conn:
        readers.require_event(conn, event)
        asked = [
            (name, moment)
            for name, moment in line_movements.prematch_captures(conn, [event])
            if at is None or moment <= at
        ]
        books = None if bookmaker is None else [bookmaker]
        quotes = readers.odds_at_each(
            conn, asked, max_age=terms.reach, markets=[market], bookmakers=books
        )
    found = [states(one, terms) for one in boards(quotes)]
    if not found:
        raise NotFound(f"no book priced all of market {market} of event {event} before its start")
    rows = pd.concat(found, ignore_index=True).sort_values("capture_time", kind="stable")
    first = quotes.iloc[-1]
    by_line = rows["point"].nunique(dropna=True) > 1
    shown, axis = ("point", "line") if by_line else ("probability", "fair probability")
    lines = [
        Moves(str(book), series["capture_time"].tolist(), series[shown].tolist())
        for book, series in rows.groupby("bookmaker_key", sort=True)
    ]
    title = (
        f"{first['away_team']} at {first['home_team']}: {market}, {rows['outcome_name'].iloc[0]}"
    )
    captures = sorted({moment for _, moment in asked})
    start = first["commence_time"].to_pydatetime()
    return pictures.line_movement(lines, captures, start, title, axis, form)
