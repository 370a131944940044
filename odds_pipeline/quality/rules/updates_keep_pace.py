"""Books whose prices were not read again while others' were. Seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

STALE = 600
TIMES_HABIT = 10
FEWEST = 3


@rule(
    issue_type="stale_quote",
    severity=Severity.WARNING,
    needs=Needs.BOARDS,
    limit=STALE,
    unit="s",
)
def updates_keep_pace(boards: pd.DataFrame) -> pd.DataFrame:
    """A market's last update is not 10 minutes older than its peers' and 10 times the book's own.

    Half of all quotes are younger than half a minute, 1 in 100 older than 134 s, none was seen
    older than 15 minutes. What is slow at every book (a game far off) or always slow at this one
    is no fault of this quote. Judged beside at least two other books.
    """
    beside = boards.groupby(["event_id", "snapshot_time", "market_key"], observed=True)["age"]
    own = boards.groupby(["bookmaker_key", "market_key"], observed=True)["age"]
    rows = boards.assign(peers=beside.transform("median"), count=beside.transform("count"))
    late = (rows["age"] - rows["peers"] > STALE) & (rows["count"] >= FEWEST)
    if not late.any():
        return issues_of(rows[late], [], ["age", "peers"])
    rows = rows.assign(habit=own.transform("median"))
    bad = rows[late & (rows["age"] > TIMES_HABIT * rows["habit"])]
    described = [
        f"{market} was updated {age:.0f} s before, its peers {peers:.0f} s, usually {habit:.0f} s"
        for market, age, peers, habit in zip(
            *(bad[name] for name in ("market_key", "age", "peers", "habit")), strict=True
        )
    ]
    return issues_of(bad, described, ["age", "peers", "habit"])


@rule(
    issue_type="time_runs_backwards",
    severity=Severity.WARNING,
    needs=Needs.BOARDS,
    limit=STALE,
    unit="s",
)
def updates_in_order(boards: pd.DataFrame) -> pd.DataFrame:
    """A market's last update does not lie 10 minutes before the one a capture before had shown.

    The provider answers from several places that are seconds apart; more is an older document
    stored under a newer time.
    """
    import pandas as pd

    rows = boards.sort_values("snapshot_time", kind="stable")
    series = rows.groupby(["event_id", "bookmaker_key", "market_key"], observed=True, sort=False)
    passed = (rows["snapshot_time"] - series["snapshot_time"].shift()).dt.total_seconds()
    grown = rows["age"] - series["age"].shift() - passed
    bad = rows.assign(backwards=grown)[grown > STALE]
    described = [
        f"{market} was updated {back:.0f} s earlier than the capture before showed"
        for market, back in zip(bad["market_key"], bad["backwards"], strict=True)
    ]
    bad = bad.assign(last_update=bad["snapshot_time"] - pd.to_timedelta(bad["age"], unit="s"))
    return issues_of(bad, described, ["backwards", "last_update", "age"])
