"""Which sport and league something is of, by its key, its title or its teams.

Belongs here: recognising. Does not belong here: the sports (``sports``), the teams (``teams``).
What is not recognised is told so: a sport is never guessed.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from odds_pipeline.catalog.natural_key import plain_name
from odds_pipeline.catalog.sports import SPORTS
from odds_pipeline.catalog.teams import CLOSED_LISTS

UNKNOWN_SPORT = "unknown"
LONGEST = 100  # characters of a key


def _titles() -> Iterable[tuple[str, str]]:
    for sport in SPORTS.values():
        for title in (sport.title, *sport.other_titles):
            yield plain_name(title), sport.key


_BY_TITLE: Mapping[str, str] = MappingProxyType(dict(_titles()))


def sport_named(text: str) -> str | None:
    """The key of the sport that a text names, by key or title; ``None`` if it names none."""
    plain = plain_name(text)
    return plain if plain in SPORTS else _BY_TITLE.get(plain)


def sport_of_teams(home: str | None, away: str | None) -> str | None:
    """The key of the only sport whose closed list has both teams; ``None`` if none or several."""
    found = [sport for sport, names in CLOSED_LISTS.items() if home in names and away in names]
    return found[0] if len(found) == 1 else None


def unknown_league(code: str) -> str | None:
    """The key that a league's games are kept under until somebody says which league a code names.

    ``None`` where the code has no letter and no digit. The same code has the same key in whatever
    file it stands.
    """
    plain = re.sub(r"[^a-z0-9]+", "_", code.lower()).strip("_")
    return f"{UNKNOWN_SPORT}_{plain}"[:LONGEST] if plain else None


def is_unknown_league(sport_key: str) -> bool:
    """Whether a key is one of those."""
    return sport_key.startswith(f"{UNKNOWN_SPORT}_")
