"""What the door refused, by the reason it gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

PRICES = ("decimal price", "price is not a number", "American price")
RESULT = "contradicts the score"
TWICE = ("stated more than once", "stated twice", "two different scores")
UNKNOWN = "is not in the list of teams"


@rule(issue_type="price_out_of_range", severity=Severity.ERROR, needs=Needs.QUARANTINE)
def price_refused(quarantine: pd.DataFrame) -> pd.DataFrame:
    """A price that is no price (0.0, text, not finite) was set aside; its outcome has none."""
    return _named(quarantine, PRICES)


@rule(issue_type="result_contradicts_score", severity=Severity.ERROR, needs=Needs.QUARANTINE)
def result_contradicts_score(quarantine: pd.DataFrame) -> pd.DataFrame:
    """An archive's result letter does not fit its own score; the score is kept, the letter not."""
    return _named(quarantine, (RESULT,))


@rule(issue_type="duplicate_outcome", severity=Severity.ERROR, needs=Needs.QUARANTINE)
def stated_twice(quarantine: pd.DataFrame) -> pd.DataFrame:
    """A document says one thing twice and differently; what it said second was set aside."""
    return _named(quarantine, TWICE)


@rule(issue_type="unknown_name", severity=Severity.WARNING, needs=Needs.QUARANTINE)
def unknown_team(quarantine: pd.DataFrame) -> pd.DataFrame:
    """A team's name is not in its league's list: never a new team, until somebody says so."""
    return _named(quarantine, (UNKNOWN,))


def _named(quarantine: pd.DataFrame, words: tuple[str, ...]) -> pd.DataFrame:
    named = quarantine["reason"].map(lambda reason: any(word in str(reason) for word in words))
    bad = quarantine[named.astype(bool)].rename(columns={"capture_time": "snapshot_time"})
    described = [
        f"{reason} at {location} of raw {raw}"
        for reason, location, raw in zip(bad["reason"], bad["location"], bad["raw_id"], strict=True)
    ]
    return issues_of(bad, described, ["id", "raw_id", "location", "reason", "evidence"])
