"""The sports the platform knows more about than their key.

A sport is one entry; a key not listed here is collected and kept all the same (configuration is
enough), it only lacks the extra facts.
"""

import math
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TypedDict

USUAL_MINUTES = 180
AMERICA = "America/New_York"  # the date that American leagues name a game by

Range = tuple[float, float]


class _Ranges(TypedDict):
    """What every soccer league has in common."""

    spread_below: float
    totals: Range
    scores: Range


@dataclass(frozen=True, slots=True)
class Sport:
    """One sport.

    Args:
        key: the provider's key.
        title: what people call it.
        usual_minutes: minutes from the start to the end of a usual event.
        live_hours: hours after the start by which an event without a result has surely ended.
        h2h_outcomes: outcomes of a complete head-to-head market (3 where a draw is priced).
        can_tie: whether a final may be a tie.
        doubleheaders: whether the same sides may play twice on one day.
        spread_below: size of a full game's handicap that is out of the question.
        totals: full game totals beyond which a line is out of the question, ends included.
        scores: final scores of one side beyond which it is a misreading, ends included.
        zone: where its dates are dates of; archives name games by the local one.
        other_titles: what else people call it.
    """

    key: str
    title: str
    usual_minutes: int = USUAL_MINUTES
    live_hours: int = 6
    h2h_outcomes: int = 2
    can_tie: bool = True
    doubleheaders: bool = False
    spread_below: float | None = None
    totals: Range | None = None
    scores: Range | None = None
    zone: str = "UTC"
    other_titles: tuple[str, ...] = ()


_SOCCER: _Ranges = {"spread_below": 7, "totals": (0.5, 10), "scores": (0, 15)}

# Ranges are wide on purpose: the widest that was ever seen lies well inside. NBA 2008-2015 and
# 2020 (11,413 games): spreads to 23, totals 164-257, a side's points 56-168.
_SPORTS = (
    Sport(
        *("basketball_nba", "NBA", 150),
        can_tie=False,
        spread_below=40,
        totals=(140, 300),
        scores=(45, 200),
        zone=AMERICA,
        other_titles=("National Basketball Association",),
    ),
    Sport(
        *("basketball_nba_preseason", "NBA Preseason", 150),
        can_tie=False,
        spread_below=40,
        zone=AMERICA,
    ),
    Sport(
        *("basketball_wnba", "WNBA", 135),
        can_tie=False,
        spread_below=40,
        totals=(110, 230),
        zone=AMERICA,
    ),
    Sport(
        *("basketball_ncaab", "NCAAB", 135),
        can_tie=False,
        spread_below=70,
        totals=(90, 220),
        zone=AMERICA,
    ),
    Sport(
        *("americanfootball_nfl", "NFL", 200),
        spread_below=35,
        totals=(25, 75),
        scores=(0, 80),
        zone=AMERICA,
        other_titles=("National Football League",),
    ),
    Sport(
        *("americanfootball_ncaaf", "NCAAF", 210),
        can_tie=False,
        spread_below=70,
        totals=(20, 110),
        zone=AMERICA,
    ),
    Sport(
        *("baseball_mlb", "MLB", 180),
        can_tie=False,
        doubleheaders=True,
        spread_below=6,
        totals=(4, 20),
        scores=(0, 35),
        zone=AMERICA,
        other_titles=("Major League Baseball",),
    ),
    Sport(
        *("icehockey_nhl", "NHL", 160),
        can_tie=False,
        spread_below=7,
        totals=(3, 10),
        zone=AMERICA,
        other_titles=("National Hockey League",),
    ),
    Sport(
        *("soccer_epl", "EPL", 120),
        h2h_outcomes=3,
        **_SOCCER,
        zone="Europe/London",
        other_titles=("Premier League", "English Premier League"),
    ),
    Sport(
        *("soccer_usa_mls", "MLS", 120),
        h2h_outcomes=3,
        **_SOCCER,
        zone=AMERICA,
        other_titles=("Major League Soccer",),
    ),
    Sport(
        *("soccer_germany_bundesliga", "Bundesliga - Germany", 120),
        h2h_outcomes=3,
        **_SOCCER,
        zone="Europe/Berlin",
        other_titles=("Bundesliga",),
    ),
    Sport("mma_mixed_martial_arts", "MMA", live_hours=12),
    Sport(
        *("aussierules_afl", "AFL", 160),
        spread_below=130,
        totals=(80, 280),
        scores=(0, 300),
        zone="Australia/Melbourne",
        other_titles=("Australian Football League",),
    ),
)

SPORTS = MappingProxyType({sport.key: sport for sport in _SPORTS})


def h2h_outcomes(sport_key: str) -> int:
    """Outcomes of a complete head-to-head market: 3 for soccer keys, else as listed, else 2."""
    known = SPORTS.get(sport_key)
    if known is not None:
        return known.h2h_outcomes
    return 3 if sport_key.startswith("soccer_") else 2


def overtime_margin(sport_key: str) -> float:
    """The greatest margin by which overtime can end a game.

    0 where there is none (soccer leagues), 1 where the next goal ends it (ice hockey), infinite
    where it may be any.
    """
    if sport_key.startswith("soccer_"):
        return 0.0
    return 1.0 if sport_key.startswith("icehockey_") else math.inf


def live_hours(sport_key: str) -> int:
    """Hours after its start by which an event of this sport has surely ended."""
    known = SPORTS.get(sport_key)
    return known.live_hours if known is not None else 6


def usual_length(sport_key: str) -> timedelta:
    """How long an event of this sport usually takes."""
    known = SPORTS.get(sport_key)
    return timedelta(minutes=USUAL_MINUTES if known is None else known.usual_minutes)


def zone_of(sport_key: str) -> str:
    """The zone whose dates the sport's archives go by; UTC where the catalog does not know."""
    known = SPORTS.get(sport_key)
    return "UTC" if known is None else known.zone
