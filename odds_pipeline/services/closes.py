"""The closing prices that backtests are judged by.

Belongs here: reading them for the events of a run. Does not belong here: what closes (the reader),
what it says of a bet (``backtesting.closing``).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from odds_pipeline.backtesting.closing import COLUMNS
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import readers
from odds_pipeline.storage.engine import transaction

if TYPE_CHECKING:
    import pandas as pd

EVENTS_AT_ONCE = 500


def closing_prices(
    platform: Platform,
    ended: "pd.DataFrame",
    markets: Sequence[str],
    known_by: datetime | None,
    valid_only: bool,
    sport_key: str,
) -> "pd.DataFrame":
    """Every book's closing prices of the events that ended, as ``judging`` gives them.

    Args:
        platform: its database is read.
        ended: how events ended; see ``backtesting.results``.
        markets: their keys.
        known_by: only what was stored by then; all without.
        valid_only: leave out prices that a quality rule found wrong.
        sport_key: the sport of the events.
    """
    import pandas as pd

    parts = []
    events = [str(event) for event in ended["event_id"]]
    for begin in range(0, len(events), EVENTS_AT_ONCE):
        some = events[begin : begin + EVENTS_AT_ONCE]
        with transaction(platform.engine) as conn:
            parts.append(
                readers.closing_lines(conn, some, known_by, markets=markets, valid_only=valid_only)
            )
    sports = pd.Series(sport_key, index=events)
    return judging(pd.concat(parts, ignore_index=True), ended, sports)


def judging(lines: "pd.DataFrame", ended: "pd.DataFrame", sports: "pd.Series") -> "pd.DataFrame":
    """Closing lines as ``backtesting.closing`` takes them.

    Args:
        lines: as ``readers.closing_lines`` gives them.
        ended: how the events ended, with their teams.
        sports: sport key by event id: which distribution of scores moves a line.
    """
    teams = ended[["event_id", "home_team", "away_team"]]
    found = lines[lines["price"].notna()].merge(teams, on="event_id")[list(COLUMNS)]
    return found.assign(sport_key=found["event_id"].map(sports))
