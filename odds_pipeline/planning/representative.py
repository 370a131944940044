"""Choosing some games of a season that stand for all of them.

Belongs here: the choice and how well it represents. Does not belong here: which games there are,
what to fetch of them.

Games are taken one after the other, each time the one whose choice keeps the sample closest to
the whole in what people judge a sample by: every team's share of games, every week's share, and
pairings not seen yet. Ties are broken by a seeded order, so that a seed always gives the same
sample. Cost grows with games chosen times games: a fifth of a season takes a second or two.

Units: UTC times; a rate as a fraction of the games.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple

RATE = 0.2


class Game(NamedTuple):
    """One game to choose from."""

    event_id: str
    commence_time: datetime
    home_team: str
    away_team: str


@dataclass(frozen=True, slots=True)
class Spread:
    """How well a sample represents: games of the whole and chosen, and what they cover.

    ``team_share`` is the least and greatest share of a team's games that were chosen, ``days`` the
    dates with a chosen game of those with any, ``pairings`` likewise.
    """

    games: int
    chosen: int
    teams: int
    teams_covered: int
    team_share: tuple[float, float]
    days: int
    days_covered: int
    pairings: int
    pairings_covered: int


@dataclass(frozen=True, slots=True)
class Sample:
    """The chosen games by start, and their spread."""

    games: tuple[Game, ...]
    spread: Spread


def representative(games: Sequence[Game], rate: float = RATE, seed: int = 0) -> Sample:
    """Choose a share of the games, at least one of any.

    Args:
        games: all of them, in any order.
        rate: share to choose, above 0 and at most 1.
        seed: decides between equally good ones.
    """
    pool = sorted(games, key=lambda game: (game.commence_time, game.event_id))
    wanted = min(len(pool), max(1, round(rate * len(pool)))) if pool else 0
    ranks = list(range(len(pool)))
    Random(seed).shuffle(ranks)  # noqa: S311 a sample's order, no secret
    whole = _Counts(pool)
    chosen = _Counts([])
    left = dict(enumerate(pool))
    taken: list[Game] = []
    for count in range(1, wanted + 1):
        share = count / len(pool)
        place = min(
            left, key=lambda at: (round(chosen.excess(left[at], whole, share), 9), ranks[at])
        )
        game = left.pop(place)
        chosen.add(game)
        taken.append(game)
    taken.sort(key=lambda game: (game.commence_time, game.event_id))
    return Sample(tuple(taken), _spread(pool, taken))


class _Counts:
    """How often each team, week, day and pairing stands in a list of games."""

    def __init__(self, games: Sequence[Game]) -> None:
        self.teams: Counter[str] = Counter()
        self.weeks: Counter[date] = Counter()
        self.days: Counter[date] = Counter()
        self.pairings: Counter[frozenset[str]] = Counter()
        for game in games:
            self.add(game)

    def add(self, game: Game) -> None:
        """Count one more game."""
        self.teams.update((game.home_team, game.away_team))
        self.weeks[_week(game)] += 1
        self.days[game.commence_time.date()] += 1
        self.pairings[_pairing(game)] += 1

    def excess(self, game: Game, whole: "_Counts", share: float) -> float:
        """By how much this game's teams and week would then be over their share."""
        teams = sum(
            self.teams[team] + 1 - share * whole.teams[team]
            for team in (game.home_team, game.away_team)
        )
        week = self.weeks[_week(game)] + 1 - share * whole.weeks[_week(game)]
        day = self.days[game.commence_time.date()]
        return teams + week + day + 2.0 * self.pairings[_pairing(game)]


def _week(game: Game) -> date:
    day = game.commence_time.date()
    return day - timedelta(days=day.weekday())


def _pairing(game: Game) -> frozenset[str]:
    return frozenset((game.home_team, game.away_team))


def _spread(pool: Sequence[Game], taken: Sequence[Game]) -> Spread:
    whole, chosen = _Counts(pool), _Counts(taken)
    shares = [chosen.teams[team] / number for team, number in whole.teams.items()]
    return Spread(
        len(pool),
        len(taken),
        len(whole.teams),
        len(chosen.teams),
        (min(shares, default=0.0), max(shares, default=0.0)),
        len(whole.days),
        len(chosen.days),
        len(whole.pairings),
        len(chosen.pairings),
    )
