"""How events ended: the engine knows, a strategy never does.

Belongs here: the frame of results and what it must be. Does not belong here: grading bets
(``grading``), where scores come from (``storage``).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("event_id", "home_team", "away_team", "home_score", "away_score", "void", "settled_at")


def results(frame: "pd.DataFrame") -> "pd.DataFrame":
    """One row an event, under its id.

    Args:
        frame: with the ``COLUMNS``; scores NaN while pending; ``void`` for an event that was
            cancelled, whose bets get their stake back; ``settled_at`` when the result was known,
            UTC.

    Raises:
        ValueError: a column is missing, or an event stands twice.
    """
    missing = [name for name in COLUMNS if name not in frame]
    if missing:
        raise ValueError(f"results lack {', '.join(missing)}")
    twice = frame["event_id"][frame["event_id"].duplicated()]
    if len(twice):
        raise ValueError(f"event {twice.iloc[0]} has two results")
    return frame.set_index("event_id")[list(COLUMNS[1:])]
