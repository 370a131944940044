"""Which edges a capture showed gone, and who closed them.

Belongs here: comparing a moment with the one before. Does not belong here: finding edges
(``find``), an edge's whole life (``storage.edges``).

``closed_by`` is the bookmaker whose price left, or ``fair price`` (every price still stood, what
they are judged by moved), ``start`` (the event began) or ``feed`` (it left the feed).
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from odds_pipeline.storage.edge_sights import Leg, Sight
from odds_pipeline.storage.pricings import Captured

if TYPE_CHECKING:
    import pandas as pd

FAIR_PRICE, START, FEED = "fair price", "start", "feed"
Prices = Mapping[tuple[Any, ...], float]


@dataclass(frozen=True, slots=True)
class Ended:
    """What ``ended`` compares.

    Args:
        there: edges that were there before the first moment, each as its best sight.
        seen: the sights of all moments.
        captured: the events of each moment.
        asked: event and moment of each place, from 1, that ``quotes`` speaks of.
        quotes: what was on offer.
    """

    there: Sequence[Sight]
    seen: Sequence[Sight]
    captured: Sequence[Captured]
    asked: Sequence[tuple[str, datetime]]
    quotes: "pd.DataFrame"


def ended(of: Ended) -> list[Sight]:
    """One closing sight for each edge at the first moment that captured its event without it."""
    standing: dict[str, dict[str, Sight]] = defaultdict(dict)
    for sight in of.there:
        standing[sight.event_id][sight.opportunity_id] = sight
    seen = _by_event(of.seen)
    offers = _Offers(of.asked, of.quotes)
    found = []
    for one in sorted(of.captured, key=lambda each: each.capture_time):
        now = seen.get((one.event_id, one.capture_time), {})
        before = standing[one.event_id]
        for gone in [sight for name, sight in before.items() if name not in now]:
            del before[gone.opportunity_id]
            found.append(_closing(gone, one, offers))
        before.update(now)
    return found


def _by_event(seen: Sequence[Sight]) -> dict[tuple[str, datetime], dict[str, Sight]]:
    """The best sight of each edge, by event and moment."""
    found: dict[tuple[str, datetime], dict[str, Sight]] = defaultdict(dict)
    for sight in seen:
        edges = found[sight.event_id, sight.capture_time]
        best = edges.get(sight.opportunity_id)
        if best is None or (sight.edge_percentage or 0.0) > (best.edge_percentage or 0.0):
            edges[sight.opportunity_id] = sight
    return found


def _closing(gone: Sight, at: Captured, offers: "_Offers") -> Sight:
    return gone._replace(
        capture_time=at.capture_time,
        known_time=at.known_time,
        state="closed",
        closed_by=_who(gone, at, offers),
        bookmaker_key=None,
        verdict=None,
        reason=None,
        expires_at=None,
        price=None,
        fair_probability=None,
        model_probability=None,
        implied_probability=None,
        model_version=None,
        edge_percentage=None,
        kelly_fraction=None,
        age_seconds=None,
        total_stake=None,
        worst_case_profit=None,
        flagged=None,
    )


def _who(gone: Sight, at: Captured, offers: "_Offers") -> str:
    if at.gone:
        return START if at.capture_time >= gone.commence_time else FEED
    prices = offers.at(at.event_id, at.capture_time)
    for leg in gone.legs:
        price = prices.get(_cell(gone, leg))
        if price is None or price < leg.price:
            return leg.bookmaker_key
    return FAIR_PRICE


def _cell(sight: Sight, leg: Leg) -> tuple[Any, ...]:
    about = sight.description
    return (sight.market_key, about, leg.bookmaker_key, leg.outcome_name, leg.point)


class _Offers:
    """Prices of one event at one moment, looked up only for those that lost an edge."""

    def __init__(self, asked: Sequence[tuple[str, datetime]], quotes: "pd.DataFrame") -> None:
        self._places = {pair: place for place, pair in enumerate(asked, 1)}
        self._quotes = quotes
        self._rows = quotes.groupby("place").indices

    def at(self, event: str, moment: datetime) -> Prices:
        place = self._places.get((event, moment))
        rows = self._rows.get(place) if place is not None else None
        if rows is None:
            return {}
        return dict(self._cells(self._quotes.iloc[rows]))

    @staticmethod
    def _cells(frame: "pd.DataFrame") -> Iterator[tuple[tuple[Any, ...], float]]:
        columns = ["market_key", "description", "bookmaker_key", "outcome_name", "point", "price"]
        for market, about, book, outcome, point, price in frame[columns].itertuples(
            index=False, name=None
        ):
            if not math.isnan(price):
                line = None if math.isnan(point) else point
                named = about if isinstance(about, str) else None
                yield (market, named, book, outcome, line), price
