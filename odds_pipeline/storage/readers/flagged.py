"""Which quotes of a frame a quality rule found wrong, as it was known then.

Belongs here: holding a reader's rows against the flags. Does not belong here: finding issues
(``quality``), lifting them (``storage.quality_review``). A warning is no flag: it says unusual, not
wrong.

A flag of an event that is merged into another is one of the other's quotes of the same captures,
where ``united`` has laid them; what the other's own captures say is another observation.
"""

from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.frames import fetch_frame

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

Connection = psycopg.Connection[Any]

FLAGGED = "flagged"

_FLAG = """
    (f.log).bookmaker_key AS flag_book, (f.log).market_key AS flag_market,
    (f.log).outcome_name AS flag_outcome, (f.log).about AS flag_about, (f.log).point AS flag_point
"""

_OWN = f"""
SELECT a.event_id, {_FLAG}, (f.log).snapshot_time AS flag_since,
    coalesce(f.until_time, (f.log).snapshot_time) AS flag_until
FROM unnest(%(events)s::text[]) AS a(event_id)
CROSS JOIN LATERAL flags_known(a.event_id, %(known_by)s) f
WHERE (f.log).severity <> 'warning' AND (f.log).snapshot_time IS NOT NULL
"""  # noqa: S608

# At the moments at which the merged event's captures are told of the one that is kept.
_OF_MERGED = f"""
UNION ALL
SELECT k.event_id, {_FLAG}, m.told_at, m.told_at
FROM pg_temp.merged_events x
JOIN event_ids k ON k.event_no = x.kept_no
JOIN event_ids e ON e.event_no = x.event_no
CROSS JOIN LATERAL flags_known(e.event_id, %(known_by)s) f
JOIN pg_temp.merged_marks m ON m.event_no = x.event_no AND m.capture_time
    BETWEEN (f.log).snapshot_time AND coalesce(f.until_time, (f.log).snapshot_time)
WHERE x.event_no <> x.kept_no AND k.event_id = ANY(%(events)s)
  AND (f.log).severity <> 'warning'
"""  # noqa: S608

_SPELLED = """
SELECT e.event_id, m.spelling, m.name
FROM unnest(%(events)s::text[]) AS a(event_id)
JOIN event_ids e USING (event_id)
JOIN merges_known(%(known_by)s) m ON m.kind = 'team' AND m.sport_id = e.sport_id
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
    asked = {"events": events, "known_by": known_by}
    flags = fetch_frame(conn, _OWN + (_OF_MERGED if _laid(conn) else ""), asked)
    found = pd.Series(False, index=frame.index)
    if flags.empty:
        return found
    rows = frame.reset_index(drop=True).reset_index(names="row").merge(flags, on="event_id")
    rows = _called(rows, fetch_frame(conn, _SPELLED, asked))
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


def _laid(conn: Connection) -> bool:
    row = conn.execute("SELECT to_regclass('pg_temp.merged_events') IS NOT NULL").fetchone()
    return row is not None and bool(row[0])


def _called(rows: "pd.DataFrame", spelled: "pd.DataFrame") -> "pd.DataFrame":
    """The rows with every team by its name, in the quotes and in the flags."""
    for column in ("outcome_name", "flag_outcome") if len(spelled) else ():
        told = spelled.rename(columns={"spelling": column})
        names = rows[["event_id", column]].merge(told, on=["event_id", column], how="left")["name"]
        rows[column] = names.fillna(rows[column])
    return rows


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


def without_flagged_lines(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Opening or closing lines, those ``flagged`` without what was offered.

    Args:
        frame: lines with ``flagged``; such a line is ``none`` because it is that.
    """
    wrong = frame["flagged"].astype(bool) & frame["price"].notna()
    offered = ("point", "price", "american_price", "capture_time", "known_time")
    gone = frame.columns.intersection([*offered, "gap_seconds", "at_first_sight"])
    return frame.assign(
        **{name: frame[name].mask(wrong) for name in gone},
        kind=frame["kind"].mask(wrong, "none"),
        missing_reason=frame["missing_reason"].mask(wrong, FLAGGED),
    )
