"""Final scores that cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.catalog.sports import SPORTS, live_hours
from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

NO_TIES = tuple(key for key, sport in SPORTS.items() if not sport.can_tie)
LATE_DAYS = 3


@rule(issue_type="impossible_score", severity=Severity.ERROR, needs=Needs.SCORES)
def no_tied_final(scores: pd.DataFrame) -> pd.DataFrame:
    """A final is no tie in sports that play on: the source was cut off before overtime.

    A consistent box score proves nothing: the quarters of such a game sum to the tie as well.
    """
    tied = (scores["home_score"] == scores["away_score"]).fillna(False).astype(bool)
    return _issues(
        scores[tied & scores["sport_key"].isin(NO_TIES)], "is tied in a sport that is not"
    )


@rule(issue_type="impossible_score", severity=Severity.WARNING, needs=Needs.SCORES)
def score_in_range(scores: pd.DataFrame) -> pd.DataFrame:
    """Both sides' final scores lie in the range of their sport."""
    ranges = {key: sport.scores for key, sport in SPORTS.items() if sport.scores is not None}
    low = scores["sport_key"].map({key: span[0] for key, span in ranges.items()}).astype(float)
    high = scores["sport_key"].map({key: span[1] for key, span in ranges.items()}).astype(float)
    home, away = scores["home_score"].astype(float), scores["away_score"].astype(float)
    out = (home < low) | (home > high) | (away < low) | (away > high)
    return _issues(scores[out], "lies outside the scores of its sport")


@rule(issue_type="score_changed", severity=Severity.WARNING, needs=Needs.SCORES)
def final_score_changed(scores: pd.DataFrame) -> pd.DataFrame:
    """A final score differs from the one stated before: what was settled by it must be again."""
    changed = (scores["home_score"] != scores["previous_home_score"]) | (
        scores["away_score"] != scores["previous_away_score"]
    )
    known = scores["previous_home_score"].notna()
    return _issues(scores[changed.fillna(False).astype(bool) & known], "was corrected")


@rule(
    issue_type="late_score",
    severity=Severity.WARNING,
    needs=Needs.SCORES,
    limit=LATE_DAYS,
    unit="days",
)
def late_score(scores: pd.DataFrame) -> pd.DataFrame:
    """A final score first came more than 3 days after the game had surely ended.

    The provider gives scores for 3 days only; a later one is of another game, or was typed in.
    """
    import pandas as pd

    hours = scores["sport_key"].map({key: live_hours(key) for key in scores["sport_key"].unique()})
    ended = scores["commence_time"] + pd.to_timedelta(hours.astype(float), unit="h")
    late = scores["snapshot_time"] - ended > pd.Timedelta(days=LATE_DAYS)
    return _issues(scores[late & scores["previous_home_score"].isna()], "came late")


def _issues(bad: pd.DataFrame, what: str) -> pd.DataFrame:
    described = [
        f"the final {home}-{away} {what}"
        for home, away in zip(bad["home_score"], bad["away_score"], strict=True)
    ]
    evidence = ["sport_key", "commence_time", "home_score", "away_score"]
    return issues_of(bad, described, [*evidence, "previous_home_score", "previous_away_score"])
