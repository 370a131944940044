"""Prices across books that cannot stand beside each other. Decimal odds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.quality.issues import issues_of, selections_of
from odds_pipeline.quality.peers import SAME_LINE, comparable
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

BEST, AVERAGE = "market_best", "market_average"
ROUNDING = 0.005
FURTHEST = 0.2
LEAST_SUM = 0.90
SIDES = ("first_price", "second_price", "draw_price")


@rule(issue_type="best_below_average", severity=Severity.ERROR, needs=Needs.QUOTES)
def best_not_below_average(quotes: pd.DataFrame) -> pd.DataFrame:
    """The best price over many books is at least their average: else one of them is misread."""
    both = _best_and_average(quotes)
    bad = both[both["decimal_price"] < both["average"] - ROUNDING]
    return _issues(bad, "below")


@rule(
    issue_type="best_far_above_average",
    severity=Severity.ERROR,
    needs=Needs.QUOTES,
    limit=FURTHEST,
    unit="probability",
)
def best_near_average(quotes: pd.DataFrame) -> pd.DataFrame:
    """The best price's implied probability lies less than 20 points below the average's.

    17.0 beside an average of 1.56 is a typing error of one book, not an offer.
    """
    both = _best_and_average(quotes)
    bad = both[1 / both["average"] - 1 / both["decimal_price"] > FURTHEST]
    return _issues(bad, "far above")


@rule(
    issue_type="arbitrage_too_good",
    severity=Severity.WARNING,
    needs=Needs.MARKETS,
    limit=LEAST_SUM,
    unit="sum of the best implied probabilities",
)
def arbitrage_too_good(markets: pd.DataFrame) -> pd.DataFrame:
    """The best prices of books at one moment and line sum to at least 0.90.

    A profit of more than 10 % without risk is a data error until shown otherwise. Figures over
    many books, exchanges and lay markets take no part; before the start only.
    """
    rows = comparable(markets)
    beside = rows.groupby([*SAME_LINE, "outcomes"], dropna=False, sort=False)
    best = beside[list(SIDES)].transform("max")
    rows = rows.assign(best_sum=(1 / best).sum(axis=1), books=beside["line"].transform("size"))
    # Whoever holds a best price took part in it.
    holds = (rows[list(SIDES)] == best).any(axis=1)
    bad = rows[(rows["best_sum"] < LEAST_SUM) & holds & (rows["books"] > 1)]
    described = [
        f"{market} is part of best prices that sum to {total:.3f}"
        for market, total in zip(bad["market_key"], bad["best_sum"], strict=True)
    ]
    return issues_of(bad, described, ["best_sum", "books", "line", *SIDES])


def _best_and_average(quotes: pd.DataFrame) -> pd.DataFrame:
    key = ["event_id", "snapshot_time", "market_key", "outcome_name", "point"]
    average = quotes[quotes["bookmaker_key"] == AVERAGE][[*key, "decimal_price"]]
    best = quotes[quotes["bookmaker_key"] == BEST]
    return best.merge(average.rename(columns={"decimal_price": "average"}), on=key)


def _issues(bad: pd.DataFrame, where: str) -> pd.DataFrame:
    described = [
        f"the best price {price:g} of {selection} is {where} the average {average:g}"
        for price, selection, average in zip(
            bad["decimal_price"], selections_of(bad), bad["average"], strict=True
        )
    ]
    return issues_of(bad, described, ["decimal_price", "average", "point", "description"])
