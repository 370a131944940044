"""The invented players of each team and what they do in an average game.

Belongs here: rosters. Does not belong here: bets on them (``props``). Units: counts a game.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from odds_pipeline.simulator.pricing.names import invented_name
from odds_pipeline.simulator.sports import SIMULATED_SPORTS

Stats = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Player:
    """One player and the means of what is counted of him."""

    name: str
    stats: Stats


_NBA_STATS = ("points", "rebounds", "assists", "threes", "blocks", "steals", "turnovers")
_NBA = tuple(
    dict(zip(_NBA_STATS, means, strict=True))
    for means in (
        (26.0, 6.0, 7.0, 3.0, 0.6, 1.2, 3.0),
        (21.0, 9.0, 3.0, 1.2, 1.2, 0.8, 2.2),
        (17.0, 5.0, 5.0, 2.5, 0.4, 1.1, 2.0),
        (14.0, 10.0, 1.5, 0.3, 1.6, 0.6, 1.5),
        (11.0, 4.0, 2.0, 2.0, 0.3, 1.0, 1.0),
        (9.0, 5.0, 4.0, 1.5, 0.3, 0.9, 1.3),
        (8.0, 3.0, 1.5, 1.0, 0.5, 0.6, 0.9),
        (7.0, 2.0, 1.0, 0.8, 0.2, 0.5, 0.7),
    )
)
_NFL: tuple[dict[str, float], ...] = (
    {
        "pass_yds": 235.0,
        "pass_tds": 1.5,
        "pass_attempts": 33.0,
        "pass_completions": 21.5,
        "pass_interceptions": 0.8,
        "rush_yds": 18.0,
        "rush_attempts": 4.0,
        "touchdowns": 0.15,
    },
    {
        "rush_yds": 68.0,
        "rush_attempts": 15.0,
        "receptions": 2.8,
        "reception_yds": 21.0,
        "touchdowns": 0.6,
    },
    {
        "rush_yds": 31.0,
        "rush_attempts": 7.5,
        "receptions": 1.9,
        "reception_yds": 14.0,
        "touchdowns": 0.3,
    },
    {"receptions": 5.6, "reception_yds": 71.0, "touchdowns": 0.45},
    {"receptions": 4.1, "reception_yds": 52.0, "touchdowns": 0.3},
    {"receptions": 3.8, "reception_yds": 40.0, "touchdowns": 0.3},
    {"field_goals": 1.7, "kicking_points": 7.4},
)
_ROLES: Mapping[str, tuple[Stats, ...]] = MappingProxyType(
    {"basketball_nba": _NBA, "americanfootball_nfl": _NFL}
)
_PLAYERS_APART = 40  # numbers kept free between two teams


@lru_cache(maxsize=128)
def roster(sport_key: str, team: str) -> tuple[Player, ...]:
    """A team's players, the most important first; none where players are not bet on."""
    roles = _ROLES.get(sport_key, ())
    if not roles:
        return ()
    place = SIMULATED_SPORTS[sport_key].teams.index(team)
    league = 20 * list(_ROLES).index(sport_key)
    first = place * _PLAYERS_APART + league
    return tuple(Player(invented_name(first + number), stats) for number, stats in enumerate(roles))
