"""The markets the platform knows more about than their key.

A market is one entry; an unlisted key is collected and kept all the same.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class OutcomeKind(StrEnum):
    """What the outcomes of a market are."""

    SIDES = "sides"  # team or participant names, Draw where priced
    OVER_UNDER = "over_under"
    MANY = "many"  # one of a field of participants


@dataclass(frozen=True, slots=True)
class Market:
    """One market.

    Args:
        key: the provider's key.
        outcome_kind: what its outcomes are.
        has_point: whether every outcome carries a line.
        mirrored: whether the two sides' points are each other's negative (spreads).
        is_lay: exchange lay prices: never a price to back at.
        featured: served by the sport-wide odds endpoint.
    """

    key: str
    outcome_kind: OutcomeKind
    has_point: bool = False
    mirrored: bool = False
    is_lay: bool = False
    featured: bool = False


_MARKETS = (
    Market("h2h", OutcomeKind.SIDES, featured=True),
    Market("spreads", OutcomeKind.SIDES, has_point=True, mirrored=True, featured=True),
    Market("totals", OutcomeKind.OVER_UNDER, has_point=True, featured=True),
    Market("outrights", OutcomeKind.MANY, featured=True),
    Market("h2h_lay", OutcomeKind.SIDES, is_lay=True, featured=True),
    Market("outrights_lay", OutcomeKind.MANY, is_lay=True, featured=True),
    Market("h2h_3_way", OutcomeKind.SIDES),
    Market("alternate_spreads", OutcomeKind.SIDES, has_point=True),
    Market("alternate_totals", OutcomeKind.OVER_UNDER, has_point=True),
    Market("team_totals", OutcomeKind.OVER_UNDER, has_point=True),
    Market("player_points", OutcomeKind.OVER_UNDER, has_point=True),
    Market("player_rebounds", OutcomeKind.OVER_UNDER, has_point=True),
    Market("player_assists", OutcomeKind.OVER_UNDER, has_point=True),
    Market("player_points_rebounds_assists", OutcomeKind.OVER_UNDER, has_point=True),
)

MARKETS = MappingProxyType({market.key: market for market in _MARKETS})
FEATURED = tuple(m.key for m in _MARKETS if m.featured and not m.is_lay)
