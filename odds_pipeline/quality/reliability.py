"""What is known to be wrong with a source, a bookmaker or a market, with the evidence.

Belongs here: such knowledge as data; rules ask it what not to judge. Does not belong here: faults
of single quotes (``rules`` find those), corrections (``odds void``).

To add one, add an entry: it appears in the rule `known_faults`, in the log and in the docs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from odds_pipeline.catalog.bookmakers import BOOKMAKERS, BookClass

if TYPE_CHECKING:
    import pandas as pd

# What a rule does, so that a fault can say which kinds of judgement it spoils.
OVERROUND, PEERS, MOVEMENT = "overround", "peers", "movement"


@dataclass(frozen=True, slots=True)
class KnownFault:
    """One thing that is known to be wrong.

    Args:
        what: the fault in a sentence.
        evidence: where it was seen and how often.
        source: endpoint or archive layout; ``None`` = every one.
        bookmakers: keys; empty = every one.
        markets: keys; empty = every one.
        not_judged: kinds of judgement that say nothing about these quotes.
        told: whether a day that holds such quotes says so in the log; False for what everybody
            knows of the market.
    """

    what: str
    evidence: str
    source: str | None = None
    bookmakers: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    not_judged: tuple[str, ...] = ()
    told: bool = True


_EXCHANGES = tuple(k for k, book in BOOKMAKERS.items() if book.book_class is BookClass.EXCHANGE)

KNOWN_FAULTS = (
    KnownFault(
        "A lay price is what others pay: never a price to back at.",
        "AFL 2026: 1,468 rows of h2h_lay, up to 1000 where nobody offers; docs of The Odds API.",
        markets=("h2h_lay", "outrights_lay"),
        not_judged=(OVERROUND, PEERS, MOVEMENT),
        told=False,
    ),
    KnownFault(
        "An exchange's back side may be thin: its price says little about the probability.",
        "NBA 2026, 91 captures: of the exchange's overrounds above 10 % half are above 50 %.",
        bookmakers=_EXCHANGES,
        not_judged=(PEERS, MOVEMENT),
        told=False,
    ),
    KnownFault(
        "The best of many books' prices, not all of one minute: arbitrage in it is no offer.",
        "England 2005-15: the best prices of 3,175 of 25,705 games sum below 1, by up to 118 %.",
        bookmakers=("market_best",),
        not_judged=(OVERROUND, PEERS, MOVEMENT),
    ),
    KnownFault(
        "An average over many books: nobody can bet at it.",
        "football-data.co.uk, notes on BbAv and Avg.",
        bookmakers=("market_average",),
        not_judged=(OVERROUND, PEERS, MOVEMENT),
    ),
    KnownFault(
        "The favourite is named apart from the handicap and is sometimes the wrong side.",
        "NBA 2008-15 and 2020: 56 games where it contradicts the money line, 6 of them clearly.",
        source="sbr-games",
        markets=("spreads",),
    ),
    KnownFault(
        "One price a total, and the file does not say of which side.",
        "MLB 2014-16, columns open_ou_odds and close_ou_odds; the prices are left out.",
        source="mlb-open-close",
        markets=("totals",),
    ),
)


def judgeable(quotes: pd.DataFrame, judgement: str) -> pd.Series[bool]:
    """Which rows of a frame of quotes or markets a kind of judgement says anything about."""
    import pandas as pd

    good = pd.Series(True, index=quotes.index)
    for fault in KNOWN_FAULTS:
        if judgement in fault.not_judged:
            good &= ~concerned(quotes, fault)
    return good


def concerned(quotes: pd.DataFrame, fault: KnownFault) -> pd.Series[bool]:
    """Which rows of a frame of quotes or markets a known fault is about."""
    import pandas as pd

    about = pd.Series(True, index=quotes.index)
    if fault.source is not None:
        about &= quotes["source"].eq(fault.source).astype(bool)
    if fault.bookmakers:
        about &= quotes["bookmaker_key"].isin(fault.bookmakers)
    if fault.markets:
        about &= quotes["market_key"].isin(fault.markets)
    return about
