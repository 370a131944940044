"""The sports the loopback provider plays, as data.

Belongs here: names, slates, score scales. Does not belong here: how they are used.
Units: tips are minutes after midnight UTC; margins and totals are points (goals in soccer);
durations are minutes from the real start to the final whistle.

The slate runs all year round, unlike the real leagues: a demonstration in July needs games too.
Every sport has idle days, and the NBA an idle week, so that an empty answer exists.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Scoring(StrEnum):
    """How a game's final score is drawn."""

    POINTS = "points"  # many small scores: normal margin and total, never level
    GOALS = "goals"  # few scores: two Poisson counts, a draw is a result


@dataclass(frozen=True, slots=True)
class Slate:
    """The games of one weekday.

    Args:
        tips: possible starts, minutes after midnight UTC.
        distinct_tips: fewest and most different starts used on one day.
        games: fewest and most games.
    """

    tips: tuple[int, ...]
    distinct_tips: tuple[int, int]
    games: tuple[int, int]


@dataclass(frozen=True, slots=True)
class SimulatedSport:
    """One sport.

    Args:
        key: the provider's key.
        title: ``sport_title`` of its events.
        group: as listed by ``/v4/sports``.
        description: as listed by ``/v4/sports``.
        teams: an even number of team names.
        slates: weekday (Monday 0) to its games; a missing weekday has none.
        round_days: days in which a team plays at most once.
        idle_days: (month, day) on which nothing is played.
        scoring: how the final score is drawn.
        home_margin: points the home side is ahead on average.
        team_sd: spread of the teams' strength, points.
        margin_sd: spread of the final margin around its mean, points.
        total_mean: mean of both teams' points together.
        total_sd: spread of the total around its mean, points.
        minutes: shortest and longest game.
        listed_days: how long before the start an event is first listed.
        active: whether it is listed without ``all=true``.
    """

    key: str
    title: str
    group: str
    description: str
    teams: tuple[str, ...] = ()
    slates: tuple[tuple[int, Slate], ...] = ()
    round_days: int = 7
    idle_days: tuple[tuple[int, int], ...] = ()
    scoring: Scoring = Scoring.POINTS
    home_margin: float = 0.0
    team_sd: float = 0.0
    margin_sd: float = 1.0
    total_mean: float = 0.0
    total_sd: float = 1.0
    minutes: tuple[int, int] = (125, 160)
    listed_days: float = 3.0
    active: bool = True


_NBA_NIGHT = Slate(tips=(10, 40, 70, 130, 160), distinct_tips=(3, 4), games=(5, 8))

_SPORTS = (
    SimulatedSport(
        key="basketball_nba",
        title="NBA",
        group="Basketball",
        description="US Basketball",
        teams=(
            "Atlanta Hawks",
            "Boston Celtics",
            "Brooklyn Nets",
            "Charlotte Hornets",
            "Chicago Bulls",
            "Cleveland Cavaliers",
            "Dallas Mavericks",
            "Denver Nuggets",
            "Detroit Pistons",
            "Golden State Warriors",
            "Houston Rockets",
            "Indiana Pacers",
            "Los Angeles Clippers",
            "Los Angeles Lakers",
            "Memphis Grizzlies",
            "Miami Heat",
            "Milwaukee Bucks",
            "Minnesota Timberwolves",
            "New Orleans Pelicans",
            "New York Knicks",
            "Oklahoma City Thunder",
            "Orlando Magic",
            "Philadelphia 76ers",
            "Phoenix Suns",
            "Portland Trail Blazers",
            "Sacramento Kings",
            "San Antonio Spurs",
            "Toronto Raptors",
            "Utah Jazz",
            "Washington Wizards",
        ),
        slates=tuple((weekday, _NBA_NIGHT) for weekday in range(7)),
        round_days=1,
        idle_days=((12, 24), *((2, day) for day in range(14, 20))),
        home_margin=2.2,
        team_sd=4.5,
        margin_sd=12.5,
        total_mean=226.0,
        total_sd=18.0,
        minutes=(128, 160),
    ),
    SimulatedSport(
        key="americanfootball_nfl",
        title="NFL",
        group="American Football",
        description="US Football",
        teams=(
            "Arizona Cardinals",
            "Atlanta Falcons",
            "Baltimore Ravens",
            "Buffalo Bills",
            "Carolina Panthers",
            "Chicago Bears",
            "Cincinnati Bengals",
            "Cleveland Browns",
            "Dallas Cowboys",
            "Denver Broncos",
            "Detroit Lions",
            "Green Bay Packers",
            "Houston Texans",
            "Indianapolis Colts",
            "Jacksonville Jaguars",
            "Kansas City Chiefs",
            "Las Vegas Raiders",
            "Los Angeles Chargers",
            "Los Angeles Rams",
            "Miami Dolphins",
            "Minnesota Vikings",
            "New England Patriots",
            "New Orleans Saints",
            "New York Giants",
            "New York Jets",
            "Philadelphia Eagles",
            "Pittsburgh Steelers",
            "San Francisco 49ers",
            "Seattle Seahawks",
            "Tampa Bay Buccaneers",
            "Tennessee Titans",
            "Washington Commanders",
        ),
        slates=(
            (4, Slate(tips=(75,), distinct_tips=(1, 1), games=(1, 1))),
            (6, Slate(tips=(1080, 1265, 1285), distinct_tips=(2, 3), games=(10, 13))),
            (0, Slate(tips=(80,), distinct_tips=(1, 1), games=(1, 1))),
            (1, Slate(tips=(75,), distinct_tips=(1, 1), games=(1, 1))),
        ),
        home_margin=1.8,
        team_sd=4.0,
        margin_sd=13.0,
        total_mean=45.0,
        total_sd=12.0,
        minutes=(178, 210),
        listed_days=6.0,
    ),
    SimulatedSport(
        key="soccer_epl",
        title="EPL",
        group="Soccer",
        description="English Premier League",
        teams=(
            "Arsenal",
            "Aston Villa",
            "Bournemouth",
            "Brentford",
            "Brighton and Hove Albion",
            "Burnley",
            "Chelsea",
            "Crystal Palace",
            "Everton",
            "Fulham",
            "Leeds United",
            "Liverpool",
            "Manchester City",
            "Manchester United",
            "Newcastle United",
            "Nottingham Forest",
            "Sunderland",
            "Tottenham Hotspur",
            "West Ham United",
            "Wolverhampton Wanderers",
        ),
        slates=(
            (5, Slate(tips=(750, 900, 1050), distinct_tips=(3, 3), games=(5, 6))),
            (6, Slate(tips=(840, 990), distinct_tips=(2, 2), games=(3, 3))),
            (0, Slate(tips=(1200,), distinct_tips=(1, 1), games=(1, 1))),
        ),
        scoring=Scoring.GOALS,
        home_margin=0.3,
        team_sd=0.45,
        margin_sd=1.65,
        total_mean=2.8,
        total_sd=1.65,
        minutes=(121, 127),
        listed_days=5.0,
    ),
    SimulatedSport(
        key="basketball_nba_preseason",
        title="NBA Preseason",
        group="Basketball",
        description="US Basketball",
        active=False,
    ),
)

SIMULATED_SPORTS = MappingProxyType({sport.key: sport for sport in _SPORTS})
