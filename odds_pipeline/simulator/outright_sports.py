"""The outright sports the loopback provider plays, as data.

Belongs here: names, fields and the day a season ends. Does not belong here: prices
(``outrights``). Times of day are minutes after midnight UTC.
"""

from dataclasses import dataclass
from types import MappingProxyType

from odds_pipeline.simulator.pricing.names import invented_name
from odds_pipeline.simulator.sports import SIMULATED_SPORTS

_FIRST_GOLFER, _GOLFERS = 1_400, 60  # beyond the numbers of the teams' players


@dataclass(frozen=True, slots=True)
class OutrightSport:
    """One competition with a field of participants and one winner.

    Args:
        key: the provider's key.
        title: ``sport_title`` of its event.
        group: as listed by ``/v4/sports``.
        description: as listed by ``/v4/sports``.
        field: who may win.
        begins: (month, day, minute) of ``commence_time``, every year.
        days: from then until the winner is known.
    """

    key: str
    title: str
    group: str
    description: str
    field: tuple[str, ...]
    begins: tuple[int, int, int]
    days: int


_GOLF = tuple(invented_name(_FIRST_GOLFER + number) for number in range(_GOLFERS))

_SPORTS = (
    OutrightSport(
        key="basketball_nba_championship_winner",
        title="NBA Championship Winner",
        group="Basketball",
        description="Championship Winner",
        field=SIMULATED_SPORTS["basketball_nba"].teams,
        begins=(6, 18, 30),
        days=1,
    ),
    OutrightSport(
        key="americanfootball_nfl_super_bowl_winner",
        title="NFL Super Bowl Winner",
        group="American Football",
        description="Super Bowl Winner",
        field=SIMULATED_SPORTS["americanfootball_nfl"].teams,
        begins=(2, 8, 1_410),
        days=1,
    ),
    OutrightSport(
        key="golf_masters_tournament_winner",
        title="Masters Tournament Winner",
        group="Golf",
        description="Winner of the Masters Tournament",
        field=_GOLF,
        begins=(4, 9, 705),
        days=4,
    ),
    OutrightSport(
        key="golf_us_open_winner",
        title="US Open Winner",
        group="Golf",
        description="Winner of the US Open",
        field=_GOLF,
        begins=(6, 18, 600),
        days=4,
    ),
)

OUTRIGHT_SPORTS = MappingProxyType({sport.key: sport for sport in _SPORTS})
