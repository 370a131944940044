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
    platform: Platform, ended: "pd.DataFrame", markets: Sequence[str], known_by: datetime | None
) -> "pd.DataFrame":
    """Every book's closing prices of the events that ended, flagged ones left out.

    Args:
        platform: its database is read.
        ended: how events ended; see ``backtesting.results``.
        markets: their keys.
        known_by: only what was stored by then; all without.
    """
    import pandas as pd

    parts = []
    for begin in range(0, len(ended), EVENTS_AT_ONCE):
        some = ended.iloc[begin : begin + EVENTS_AT_ONCE]
        with transaction(platform.engine) as conn:
            lines = readers.closing_lines(
                conn, list(some["event_id"]), known_by, markets=markets, valid_only=True
            )
        lines = lines[lines["price"].notna()]
        parts.append(lines.merge(some[["event_id", "home_team", "away_team"]], on="event_id"))
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]
