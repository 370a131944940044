"""Which quotes of a frame a quality rule found wrong, as it was known then.

Belongs here: holding a reader's rows against the flags. Does not belong here: finding issues
(``quality``), lifting them (``storage.review``). A warning is no flag: it says unusual, not wrong.
"""

from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.frames import fetch_frame

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

Connection = psycopg.Connection[Any]

FLAGGED = "flagged"

_FLAGS = """
SELECT a.event_id, (f.log).bookmaker_key AS flag_book, (f.log).market_key AS flag_market,
    (f.log).outcome_name AS flag_outcome, (f.log).about AS flag_about, (f.log).point AS flag_point,
    (f.log).snapshot_time AS flag_since,
    coalesce(f.until_time, (f.log).snapshot_time) AS flag_until
FROM unnest(%(events)s::text[]) AS a(event_id)
CROSS JOIN LATERAL flags_known(a.event_id, %(known_by)s) f
WHERE (f.log).severity <> 'warning' AND (f.log).snapshot_time IS NOT NULL
"""


def flagged(conn: Connection, frame: "pd.DataFrame", known_by: "datetime") -> "pd.Series[bool]":
    """For each row whether a flag was standing, as known by then, on the quote that it shows.

    Args:
        conn: a connection inside a transaction.
        frame: event_id, bookmaker_key, market_key, outcome_name, description, point, capture_time.
        known_by: what must have been logged by then.
    """
    import pandas as pd

    events = [str(event) for event in frame["event_id"].dropna().unique()]
    flags = fetch_frame(conn, _FLAGS, {"events": events, "known_by": known_by})
    found = pd.Series(False, index=frame.index)
    if flags.empty:
        return found
    rows = frame.reset_index(drop=True).reset_index(names="row").merge(flags, on="event_id")
    covers = rows["capture_time"].between(rows["flag_since"], rows["flag_until"])
    for flag, column in (
        ("flag_book", "bookmaker_key"),
        ("flag_market", "market_key"),
        ("flag_outcome", "outcome_name"),
        ("flag_about", "description"),
    ):
        covers &= rows[flag].isna() | (rows[flag] == rows[column])
    # A whole market's point is its line: either side's, up to the sign.
    mirrored = rows["flag_outcome"].isna() & (rows["flag_point"] == -rows["point"])
    covers &= (
        rows["flag_point"].isna()
        | rows["point"].isna()
        | (rows["flag_point"] == rows["point"])
        | mirrored
    )
    found.iloc[rows.loc[covers.astype(bool), "row"].unique()] = True
    return found


def without_flagged(
    conn: Connection, frame: "pd.DataFrame", known_by: "datetime"
) -> "pd.DataFrame":
    """The frame without the prices that a rule found wrong; no earlier price takes their place.

    Such a row keeps its keys; price and point are missing because it is ``flagged``.
    """
    wrong = flagged(conn, frame, known_by) & frame["price"].notna()
    if not wrong.any():
        return frame
    missing = {name: frame[name].mask(wrong) for name in ("price", "american_price", "point")}
    return frame.assign(**missing, missing_reason=frame["missing_reason"].mask(wrong, FLAGGED))
