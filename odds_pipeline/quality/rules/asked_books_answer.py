"""Books and markets that were asked for and are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odds_pipeline.catalog.bookmakers import BOOKMAKERS, BookClass
from odds_pipeline.catalog.markets import MARKETS
from odds_pipeline.quality.issues import issues_of
from odds_pipeline.quality.registry import Needs, Severity, rule

if TYPE_CHECKING:
    import pandas as pd

FEWEST_EVENTS = 3
FEWEST_CAPTURES = 5
SHARE = 0.5
ABSENT_BOOKS = tuple(key for key, book in BOOKMAKERS.items() if not book.in_feed)
EXCHANGES = tuple(key for key, book in BOOKMAKERS.items() if book.book_class is BookClass.EXCHANGE)
LAY_MARKETS = tuple(key for key, market in MARKETS.items() if market.is_lay)


@rule(issue_type="incomplete", severity=Severity.WARNING, needs=Needs.COVERAGE)
def asked_books_answer(coverage: pd.DataFrame) -> pd.DataFrame:
    """A book that is asked for prices each market of some event, in captures of 3 events or more.

    Books known to be absent from the feed are expected to be missing, and so are lay prices but
    for exchanges: they come unasked beside the back prices. One issue a day for each book's market
    that never came, with the number of captures.
    """
    rows = coverage[coverage["events"] >= FEWEST_EVENTS]
    rows = rows[~rows["bookmaker_key"].isin(ABSENT_BOOKS)]
    lay = rows["market_key"].isin(LAY_MARKETS)
    rows = rows[~lay | rows["bookmaker_key"].isin(EXCHANGES)]
    key = ["sport_key", "bookmaker_key", "market_key"]
    days = rows.groupby(key, sort=False).agg(
        captures=("snapshot_time", "nunique"),
        offered=("offered", "sum"),
        snapshot_time=("snapshot_time", "min"),
        until_time=("snapshot_time", "max"),
    )
    bad = days[days["offered"] == 0].reset_index()
    described = [
        f"{book} was asked for {market} of {sport} and priced no event"
        for sport, book, market in zip(*(bad[name] for name in key), strict=True)
    ]
    return issues_of(bad, described, ["sport_key", "captures"])


@rule(
    issue_type="incomplete",
    severity=Severity.WARNING,
    needs=Needs.COVERAGE,
    limit=SHARE,
    unit="of what the book usually offers",
)
def book_offers_as_usual(coverage: pd.DataFrame) -> pd.DataFrame:
    """A book prices at least half the share of events that it usually prices in that market.

    Usual is the day's median over at least 5 captures of 3 events or more: what a book never
    offers is not missed, and what all of it disappears at once is an outage.
    """
    rows = coverage[coverage["events"] >= FEWEST_EVENTS]
    rows = rows.assign(share=rows["offered"] / rows["events"])
    key = ["sport_key", "bookmaker_key", "market_key"]
    habit = rows.groupby(key, sort=False)["share"]
    rows = rows.assign(usual=habit.transform("median"), captures=habit.transform("size"))
    low = (rows["share"] < SHARE * rows["usual"]) & (rows["captures"] >= FEWEST_CAPTURES)
    bad = rows[low]
    described = [
        f"{book} prices {market} of {offered} of {events} events, usually {usual:.0%}"
        for book, market, offered, events, usual in zip(
            *(bad[n] for n in ("bookmaker_key", "market_key", "offered", "events", "usual")),
            strict=True,
        )
    ]
    return issues_of(bad, described, ["sport_key", "offered", "events", "usual", "captures"])
