"""Who takes part in a sport: teams, or the field of an outright.

Belongs here: participants and their ids, in and out of business. Does not belong here: players
of teams, which the provider does not list either.
"""

from odds_pipeline.simulator import noise
from odds_pipeline.simulator.outright_sports import OUTRIGHT_SPORTS
from odds_pipeline.simulator.sports import SIMULATED_SPORTS

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 26  # of an id behind its prefix
# The list is never weeded: teams that were renamed stay in it.
_INACTIVE = {
    "basketball_nba": ("New Jersey Nets", "Seattle SuperSonics"),
    "americanfootball_nfl": ("Oakland Raiders", "Washington Redskins"),
    "soccer_epl": ("Portsmouth",),
}


def participants_of(sport_key: str) -> list[tuple[str, str]]:
    """(id, full name) of each participant, by name."""
    outright = OUTRIGHT_SPORTS.get(sport_key)
    active = outright.field if outright else SIMULATED_SPORTS[sport_key].teams
    names = sorted((*active, *_INACTIVE.get(sport_key, ())))
    return [(_id(sport_key, name), name) for name in names]


def _id(sport_key: str, name: str) -> str:
    number = noise.bits(sport_key, name) << 64 | noise.bits(name, sport_key)
    digits = (_DIGITS[number >> 5 * place & 31] for place in range(_LENGTH))
    return "par_" + "".join(digits)
