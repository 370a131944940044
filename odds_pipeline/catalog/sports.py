"""The sports the platform knows more about than their key.

A sport is one entry; a key not listed here is collected and kept all the same (configuration is
enough), it only lacks the extra facts.
"""

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

USUAL_MINUTES = 180
AMERICA = "America/New_York"  # the date that American leagues name a game by


@dataclass(frozen=True, slots=True)
class Sport:
    """One sport.

    Args:
        key: the provider's key.
        title: what people call it.
        usual_minutes: minutes from the start to the end of a usual event.
        live_hours: hours after the start by which an event without a result has surely ended.
        h2h_outcomes: outcomes of a complete head-to-head market (3 where a draw is priced).
        zone: where its dates are dates of; archives name games by the local one.
        other_titles: what else people call it.
    """

    key: str
    title: str
    usual_minutes: int = USUAL_MINUTES
    live_hours: int = 6
    h2h_outcomes: int = 2
    zone: str = "UTC"
    other_titles: tuple[str, ...] = ()


_SPORTS = (
    Sport(
        *("basketball_nba", "NBA", 150),
        zone=AMERICA,
        other_titles=("National Basketball Association",),
    ),
    Sport("basketball_nba_preseason", "NBA Preseason", 150, zone=AMERICA),
    Sport("basketball_wnba", "WNBA", 135, zone=AMERICA),
    Sport("basketball_ncaab", "NCAAB", 135, zone=AMERICA),
    Sport(
        *("americanfootball_nfl", "NFL", 200),
        zone=AMERICA,
        other_titles=("National Football League",),
    ),
    Sport("americanfootball_ncaaf", "NCAAF", 210, zone=AMERICA),
    Sport(
        *("baseball_mlb", "MLB", 180),
        zone=AMERICA,
        other_titles=("Major League Baseball",),
    ),
    Sport(
        *("icehockey_nhl", "NHL", 160),
        zone=AMERICA,
        other_titles=("National Hockey League",),
    ),
    Sport(
        *("soccer_epl", "EPL", 120),
        h2h_outcomes=3,
        zone="Europe/London",
        other_titles=("Premier League", "English Premier League"),
    ),
    Sport(
        *("soccer_usa_mls", "MLS", 120),
        h2h_outcomes=3,
        zone=AMERICA,
        other_titles=("Major League Soccer",),
    ),
    Sport(
        *("soccer_germany_bundesliga", "Bundesliga - Germany", 120),
        h2h_outcomes=3,
        zone="Europe/Berlin",
        other_titles=("Bundesliga",),
    ),
    Sport("mma_mixed_martial_arts", "MMA", live_hours=12),
    Sport(
        *("aussierules_afl", "AFL", 160),
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
