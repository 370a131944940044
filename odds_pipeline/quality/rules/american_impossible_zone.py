"""American prices between -100 and +100, which no book can mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of, selections_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

ZONE = "impossible zone"  # the words of a parser's reason


@rule(
    issue_type="american_impossible_zone",
    severity=Severity.ERROR,
    needs=Needs.QUOTES,
    limit=100,
    unit="American odds",
)
def american_impossible_zone(quotes: pd.DataFrame) -> pd.DataFrame:
    """An American price is at most -100 or at least +100; between them nothing has a meaning.

    One of them usually is a decimal price read as American, so the whole document is suspect.
    """
    bad = quotes[(quotes["american_price"].abs() < 100).fillna(False).astype(bool)]
    described = [
        f"American price {price} of {selection} lies between -100 and +100"
        for price, selection in zip(bad["american_price"], selections_of(bad), strict=True)
    ]
    return issues_of(bad, described, ["american_price", "decimal_price", "point", "description"])


@rule(
    issue_type="american_impossible_zone",
    severity=Severity.ERROR,
    needs=Needs.QUARANTINE,
    limit=100,
    unit="American odds",
)
def american_impossible_zone_refused(quarantine: pd.DataFrame) -> pd.DataFrame:
    """A price between American -100 and +100 that the parser already set aside.

    Stored prices are decimal, so the fault shows in quarantine first; the reason names the zone.
    """
    named = quarantine["reason"].str.contains(ZONE, regex=False, na=False)
    bad = quarantine[named.astype(bool)].rename(columns={"capture_time": "snapshot_time"})
    described = [
        f"{reason} at {location} of raw {raw}"
        for reason, location, raw in zip(bad["reason"], bad["location"], bad["raw_id"], strict=True)
    ]
    return issues_of(bad, described, ["id", "raw_id", "location", "reason", "evidence"])
