"""What a strategy sees: the quotes on offer at each decision, as known then.

Belongs here: the columns, and what an offer must be. Does not belong here: reading them
(``storage.readers.decision_frame`` gives this very frame), results (``results``).

One row is one quote at one decision of one event. There is no score, no final start and no price
captured after the decision in it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "event_id",
    "decision_time",
    "commence_time",
    "home_team",
    "away_team",
    "bookmaker_key",
    "market_key",
    "outcome_name",
    "point",
    "price",
    "capture_time",
)
ORDER = ["decision_time", "event_id", "market_key", "bookmaker_key", "outcome_name", "point"]


def offers(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Rows that can be bet on, in the order of their decisions, under a fresh index.

    Prices that are missing or pay nothing are left out, and so are lay prices and what was already
    in play.

    Args:
        frame: with the ``COLUMNS``; ``in_play`` (bool) and ``sport_key`` may be among the others.
            Prices are decimal odds, times UTC.

    Raises:
        ValueError: a column is missing, or a price was captured after its decision.
    """
    missing = [name for name in COLUMNS if name not in frame]
    if missing:
        raise ValueError(f"offers lack {', '.join(missing)}")
    late = frame["capture_time"] > frame["decision_time"]
    if late.any():
        first = frame[late].iloc[0]
        raise ValueError(
            f"event {first['event_id']}: a price captured at {first['capture_time']} cannot be "
            f"seen at {first['decision_time']}"
        )
    usable = (frame["price"] > 1.0) & ~frame["market_key"].str.endswith("_lay")
    if "in_play" in frame:
        usable &= ~frame["in_play"].astype(bool)
    return frame[usable].sort_values(ORDER, kind="stable").reset_index(drop=True)
