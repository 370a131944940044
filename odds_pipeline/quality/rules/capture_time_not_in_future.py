"""Times that lie ahead of when they were learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of, selections_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE_SECONDS = 2


@rule(
    issue_type="time_in_future",
    severity=Severity.ERROR,
    needs=Needs.QUOTES,
    limit=TOLERANCE_SECONDS,
    unit="s",
)
def capture_time_not_in_future(quotes: pd.DataFrame) -> pd.DataFrame:
    """Nothing is captured after it is known, nor updated after it is captured (2 s tolerance).

    The tolerance is for clocks: real feeds were seen 1 s ahead of a collector's.
    """
    import pandas as pd

    tolerance = pd.Timedelta(seconds=TOLERANCE_SECONDS)
    captured_late = quotes["snapshot_time"] > quotes["known_time"] + tolerance
    updated_late = quotes["last_update"] > quotes["snapshot_time"] + tolerance
    bad = quotes[captured_late | updated_late]
    described = [
        f"{selection}: " + ("captured after it was known" if late else "updated after its capture")
        for selection, late in zip(selections_of(bad), captured_late[bad.index], strict=True)
    ]
    return issues_of(bad, described, ["snapshot_time", "known_time", "last_update", "point"])
