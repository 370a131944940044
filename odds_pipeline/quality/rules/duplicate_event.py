"""One game under two ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.catalog.sports import SPORTS
from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

APART_HOURS = 2
DOUBLEHEADERS = tuple(key for key, sport in SPORTS.items() if sport.doubleheaders)


@rule(
    issue_type="duplicate_event",
    severity=Severity.ERROR,
    needs=Needs.EVENTS,
    limit=APART_HOURS,
    unit="hours",
)
def duplicate_event(events: pd.DataFrame) -> pd.DataFrame:
    """The same sides start twice within 2 hours, under two ids: one game, counted twice.

    Sides the other way round count as the same. Games whose start is known to the day are not
    judged here.
    """
    import pandas as pd

    pairs = _neighbours(events[events["start_precision"] == "exact"])
    apart = pairs["commence_time"] - pairs["earlier_time"]
    bad = pairs[(apart <= pd.Timedelta(hours=APART_HOURS)) & pairs["on_day"].astype(bool)]
    return _issues(bad, "is also the event")


@rule(issue_type="doubleheader", severity=Severity.WARNING, needs=Needs.EVENTS)
def doubleheader(events: pd.DataFrame) -> pd.DataFrame:
    """The same sides meet twice within a day (2 to 20 hours apart, or on one date).

    In baseball they do (12-34 times a season); a result or a price must then be joined by start
    or game number. In other sports one of the two is a mistake until shown otherwise.
    """
    import pandas as pd

    pairs = _neighbours(events)
    apart = pairs["commence_time"] - pairs["earlier_time"]
    exact = (pairs["start_precision"] == "exact") & (pairs["earlier_precision"] == "exact")
    soon = apart <= pd.Timedelta(hours=20)
    twice = (exact & soon & (apart > pd.Timedelta(hours=APART_HOURS))) | (
        ~exact & (apart < pd.Timedelta(days=1))
    )
    bad = pairs[twice & pairs["on_day"].astype(bool)]
    return _issues(bad, "has the same sides on the same day as")


def _neighbours(events: pd.DataFrame) -> pd.DataFrame:
    """Each game with the one of the same sides that starts just before it."""
    games = events.dropna(subset=["home_team", "away_team"])
    swapped = games["home_team"] > games["away_team"]
    rows = games.assign(
        one=games["home_team"].mask(swapped, games["away_team"]),
        other=games["away_team"].mask(swapped, games["home_team"]),
    ).sort_values(["commence_time", "event_id"])
    before = rows.groupby(["sport_key", "one", "other"], sort=False)
    return rows.assign(
        earlier_id=before["event_id"].shift(),
        earlier_time=before["commence_time"].shift(),
        earlier_precision=before["start_precision"].shift(),
    ).dropna(subset=["earlier_id"])


def _issues(bad: pd.DataFrame, how: str) -> pd.DataFrame:
    described = [
        f"{away} at {home} {how} {earlier}"
        for away, home, earlier in zip(
            bad["away_team"], bad["home_team"], bad["earlier_id"], strict=True
        )
    ]
    evidence = ["sport_key", "commence_time", "earlier_id", "earlier_time"]
    return issues_of(bad, described, evidence)
