"""Times that lie ahead of when they were learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE_SECONDS = 2


@rule(
    issue_type="time_in_future",
    severity=Severity.ERROR,
    needs=Needs.BOARDS,
    limit=TOLERANCE_SECONDS,
    unit="s",
)
def capture_time_not_in_future(boards: pd.DataFrame) -> pd.DataFrame:
    """Nothing is captured after it is known, nor updated after it is captured (2 s tolerance).

    The tolerance is for clocks: real feeds were seen 1 s ahead of a collector's.
    """
    import pandas as pd

    tolerance = pd.Timedelta(seconds=TOLERANCE_SECONDS)
    captured_late = boards["snapshot_time"] > boards["known_time"] + tolerance
    updated_late = boards["age"] < -TOLERANCE_SECONDS
    bad = boards[captured_late | updated_late]
    described = [
        f"{market} was captured after it was known"
        if late
        else f"{market} was updated {-age:.0f} s after its capture"
        for market, age, late in zip(
            bad["market_key"], bad["age"], captured_late[bad.index], strict=True
        )
    ]
    return issues_of(bad, described, ["snapshot_time", "known_time", "age"])
