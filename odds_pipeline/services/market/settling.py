"""Results for stored prices that had none when they were stored.

Belongs here: looking for them. Does not belong here: the rules (``results``).
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from odds_pipeline.services.market.results import results, unsettled_reasons
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import closing_prices, readers
from odds_pipeline.storage.engine import Connection, transaction

if TYPE_CHECKING:
    import pandas as pd

PUT_OFF = timedelta(days=366)  # how far from a stated start an event may be played


def settle_prices(platform: Platform) -> int:
    """Settle stored prices of events that ended since; how many rows changed."""
    with transaction(platform.engine) as conn:
        waiting = closing_prices.unsettled(conn)
        if waiting.empty:
            return 0
        final = events_of(conn, waiting)
        told = waiting.assign(
            result=results(waiting, final), unsettled_reason=unsettled_reasons(waiting, final)
        )
        return closing_prices.settle(conn, told)


def events_of(conn: Connection, rows: "pd.DataFrame") -> "pd.DataFrame":
    """The events of rows as ``events_between`` gives them.

    Args:
        conn: a connection inside a transaction.
        rows: columns ``event_id`` and ``commence_time``, as stated at some time.
    """
    first, last = rows["commence_time"].min(), rows["commence_time"].max()
    found = readers.events_between(
        conn, first.to_pydatetime() - PUT_OFF, last.to_pydatetime() + PUT_OFF
    )
    return found[found["id"].isin(rows["event_id"].unique())]
