"""The terms on which quotes are priced: one value, made from the settings.

Belongs here: choices and limits, and what follows from them book by book. Does not belong here:
reading the environment (``settings``), what is done with them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.catalog.bookmakers import BookClass, book_class, commission

if TYPE_CHECKING:
    from odds_pipeline.settings import Settings

HOUR = 3600.0

# What a book's word weighs in the pool of all; the sharp books are also the anchor.
WEIGHTS: Mapping[BookClass, float] = MappingProxyType(
    {BookClass.SHARP: 4.0, BookClass.EXCHANGE: 2.0, BookClass.RETAIL: 1.0, BookClass.AGGREGATE: 0.0}
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What pricing goes by.

    Args:
        method: margin removal of the fair price that edges are judged by.
        sharp: bookmaker keys whose word is the fair price, the sharpest first.
        least_books: how many books a pool must have to be the fair price.
        least_edge: least expected value of a bet that is an edge, percent of the stake.
        greatest_hold: greatest cost of backing every outcome that is a low hold, percent.
        fraction: share of full Kelly in ``kelly_fraction``.
        total_stake: money that an arbitrage's stakes are worked out for.
        stake_step: what stakes are rounded to.
        far_age: seconds after which a quote is stale while the start is an hour away or more.
        near_age: likewise in the last hour.
        greatest_skew: seconds between the oldest and the newest leg that are still one moment.
        unbelievable: an arbitrage of this much, percent, is an error until shown otherwise.
        unbelievable_value: likewise of one bet's expected value.
        commissions: share of net winnings by bookmaker key, beside those of the catalog.
    """

    method: str = "power"
    sharp: tuple[str, ...] = ("pinnacle", "circasports", "lowvig")
    least_books: int = 3
    least_edge: float = 1.0
    greatest_hold: float = 1.0
    fraction: float = 0.25
    total_stake: float = 1000.0
    stake_step: float = 1.0
    far_age: float = 900.0
    near_age: float = 120.0
    greatest_skew: float = 60.0
    unbelievable: float = 10.0
    unbelievable_value: float = 30.0
    commissions: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def reach(self) -> timedelta:
        """How long before a moment a capture may lie that still speaks for it."""
        return timedelta(seconds=self.far_age)

    def weights(self, books: Sequence[str]) -> Floats:
        """What each book's word weighs; the anchors of the settings weigh as sharp books."""
        return np.array(
            [WEIGHTS[BookClass.SHARP if book in self.sharp else book_class(book)] for book in books]
        )

    def commission(self, books: Sequence[str]) -> Floats:
        """Each book's share of net winnings."""
        return np.array([self.commissions.get(book, commission(book)) for book in books])

    def oldest(self, seconds_to_start: Floats) -> Floats:
        """Greatest age of a quote that is fresh, so long before the start."""
        return np.where(seconds_to_start >= HOUR, self.far_age, self.near_age)


def terms_of(settings: "Settings") -> Terms:
    """The terms that the settings state."""
    return Terms(
        method=settings.fair_method,
        sharp=settings.sharp_bookmakers,
        least_edge=settings.edge_min_percent,
        greatest_hold=settings.low_hold_percent,
        fraction=settings.kelly_fraction,
        total_stake=settings.stake_total,
        stake_step=settings.stake_step,
    )
