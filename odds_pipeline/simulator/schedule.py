"""Which games are played on a day: a round robin drawn from the seed.

Belongs here: pairings, ids and scheduled starts. Does not belong here: what becomes of a game
once it is listed (``life``). Units: Unix seconds UTC; days are proleptic ordinals.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256

from odds_pipeline.simulator import noise
from odds_pipeline.simulator.sports import SIMULATED_SPORTS, SimulatedSport, Slate

DAY = 86_400
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_WEDNESDAY = 3  # ordinals that leave 3 modulo 7 are Wednesdays: a weekly round begins there


@dataclass(frozen=True, slots=True)
class Fixture:
    """One scheduled game.

    Args:
        event_id: 32 hexadecimal digits.
        sport_key: the provider's key.
        home_team: as in the sport's table.
        away_team: as in the sport's table.
        scheduled: start as first announced, Unix seconds.
    """

    event_id: str
    sport_key: str
    home_team: str
    away_team: str
    scheduled: int


@lru_cache(maxsize=4096)
def fixtures_of(seed: int, sport_key: str, ordinal: int) -> tuple[Fixture, ...]:
    """The games whose scheduled start falls on one UTC day, by start."""
    sport = SIMULATED_SPORTS[sport_key]
    day = date.fromordinal(ordinal)
    slate = dict(sport.slates).get(day.weekday())
    if slate is None or (day.month, day.day) in sport.idle_days:
        return ()
    tips = _tips(seed, sport_key, ordinal, slate)
    first = _games_before(sport, day.weekday())
    pairs = _round(seed, sport, ordinal)[first : first + len(tips)]
    midnight = (ordinal - EPOCH_ORDINAL) * DAY
    return tuple(
        Fixture(
            event_id=_event_id(seed, sport_key, day, slot),
            sport_key=sport_key,
            home_team=home,
            away_team=away,
            scheduled=midnight + tip * 60,
        )
        for slot, (tip, (home, away)) in enumerate(zip(tips, pairs, strict=True))
    )


def _event_id(seed: int, sport_key: str, day: date, slot: int) -> str:
    return sha256(f"{seed}|{sport_key}|{day.isoformat()}|{slot}".encode()).hexdigest()[:32]


def _tips(seed: int, sport_key: str, ordinal: int, slate: Slate) -> list[int]:
    draw = noise.stream(seed, sport_key, "slate", ordinal)
    games = draw.randint(*slate.games)
    tips = sorted(draw.sample(slate.tips, min(draw.randint(*slate.distinct_tips), games)))
    return [tips[game * len(tips) // games] for game in range(games)]


def _games_before(sport: SimulatedSport, weekday: int) -> int:
    """Pairs of the round that belong to its earlier days, so that no team plays twice."""
    if sport.round_days == 1:
        return 0
    since_start = {(day - 2) % 7: slate for day, slate in sport.slates}
    return sum(
        slate.games[1] for offset, slate in since_start.items() if offset < (weekday - 2) % 7
    )


def _round(seed: int, sport: SimulatedSport, ordinal: int) -> list[tuple[str, str]]:
    """All pairs of one round by the circle method, in a seeded order."""
    number = ordinal if sport.round_days == 1 else (ordinal - _WEDNESDAY) // 7
    fixed, *circle = sport.teams
    turn = number % len(circle)
    circle = circle[turn:] + circle[:turn]
    ring = [fixed, *circle]
    draw = noise.stream(seed, sport.key, "round", number)
    pairs = [
        (one, other) if draw.random() < 0.5 else (other, one)
        for one, other in zip(ring[: len(ring) // 2], reversed(ring), strict=False)
    ]
    draw.shuffle(pairs)
    return pairs
