"""Bets on what one player does.

Belongs here: which bets there are, their lines and prices. Does not belong here: rosters,
distributions. Units: counts a game; decimal odds; hours.

A player's mean in a game is his average, times his form of the day, times what the book expects
of his team against an average team; so it moves with the market's truth. A book adds its own
opinion of him. Retail books alone offer these bets, from a day and a half before the start until
the game begins.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from math import exp, sqrt
from types import MappingProxyType

from odds_pipeline.catalog.bookmakers import BookClass
from odds_pipeline.simulator import noise
from odds_pipeline.simulator.pricing import counts
from odds_pipeline.simulator.pricing.outcomes import Ask, Outcomes, Side, half_line, two_sided
from odds_pipeline.simulator.pricing.parts import team_mean
from odds_pipeline.simulator.pricing.rosters import Player, roster

ALTERNATE = "_alternate"
_HOURS_AHEAD = 36
_FORM, _OPINION = 0.12, 0.03  # standard deviations, relative
_OFFERED = 0.9  # of the players, by each book
_RUNGS = (-1.5, -1.0, -0.5, 0.5, 1.0, 1.5)  # of an alternate ladder, standard deviations


@dataclass(frozen=True, slots=True)
class Prop:
    """One kind of bet.

    Args:
        stats: what is counted, added up.
        spread: how far it scatters, variance over mean.
        scores: a bare Yes that it happens at all, instead of a line.
    """

    stats: tuple[str, ...]
    spread: float = 1.2
    scores: bool = False


_PROPS = MappingProxyType(
    {
        "basketball_nba": {
            "player_points": Prop(("points",), 1.9),
            "player_rebounds": Prop(("rebounds",)),
            "player_assists": Prop(("assists",)),
            "player_threes": Prop(("threes",)),
            "player_blocks": Prop(("blocks",)),
            "player_steals": Prop(("steals",)),
            "player_turnovers": Prop(("turnovers",)),
            "player_blocks_steals": Prop(("blocks", "steals")),
            "player_points_rebounds_assists": Prop(("points", "rebounds", "assists"), 1.9),
            "player_points_rebounds": Prop(("points", "rebounds"), 1.9),
            "player_points_assists": Prop(("points", "assists"), 1.9),
            "player_rebounds_assists": Prop(("rebounds", "assists"), 1.4),
        },
        "americanfootball_nfl": {
            "player_pass_yds": Prop(("pass_yds",), 20.0),
            "player_pass_tds": Prop(("pass_tds",)),
            "player_pass_attempts": Prop(("pass_attempts",)),
            "player_pass_completions": Prop(("pass_completions",)),
            "player_pass_interceptions": Prop(("pass_interceptions",)),
            "player_rush_yds": Prop(("rush_yds",), 20.0),
            "player_rush_attempts": Prop(("rush_attempts",)),
            "player_receptions": Prop(("receptions",)),
            "player_reception_yds": Prop(("reception_yds",), 20.0),
            "player_anytime_td": Prop(("touchdowns",), scores=True),
            "player_kicking_points": Prop(("kicking_points",), 1.8),
            "player_field_goals": Prop(("field_goals",)),
        },
    }
)


def markets_of(sport_key: str) -> tuple[str, ...]:
    """The player bets of a sport, alternate ladders included."""
    props = _PROPS.get(sport_key, {})
    ladders = (market + ALTERNATE for market, prop in props.items() if not prop.scores)
    return (*props, *ladders)


def price(market: str, ask: Ask) -> Outcomes:
    """The bets of one market on every player a book offers."""
    plain = market.removesuffix(ALTERNATE)
    prop = _PROPS.get(ask.life.fixture.sport_key, {}).get(plain)
    if prop is None or not _open(ask):
        return ()
    bet = _scores if prop.scores else _line if plain == market else _ladder
    return tuple(
        chain.from_iterable(bet(ask, who, prop, mean) for who, mean in _players(ask, prop))
    )


def _open(ask: Ask) -> bool:
    early = ask.updated < ask.life.fixture.scheduled - _HOURS_AHEAD * 3_600
    return ask.book.book_class is BookClass.RETAIL and not early and not ask.in_play


def _players(ask: Ask, prop: Prop) -> Iterator[tuple[Player, float]]:
    """The players a book offers a bet on, with the mean it expects of each."""
    fixture, sport = ask.life.fixture, ask.life.sport
    for team, home in ((fixture.home_team, True), (fixture.away_team, False)):
        pace = max(team_mean(ask.belief, home=home), 0.0) / (sport.total_mean / 2)
        for player in roster(sport.key, team):
            counted = prop.stats[0] in player.stats
            if counted and noise.uniform(*_labels(ask, player), "offered") < _OFFERED:
                average = sum(player.stats[stat] for stat in prop.stats)
                yield player, average * pace * _form(ask, player, prop)


def _form(ask: Ask, player: Player, prop: Prop) -> float:
    """His form of the day, which all books know, as this one sees it."""
    form = noise.normal(ask.life.seed, ask.life.fixture.event_id, player.name, "form")
    opinion = noise.normal(*_labels(ask, player), *prop.stats)
    return exp(_FORM * form + _OPINION * opinion)


def _labels(ask: Ask, player: Player) -> tuple[object, ...]:
    return ask.life.seed, ask.life.fixture.event_id, ask.book.key, player.name


def _line(ask: Ask, player: Player, prop: Prop, mean: float) -> Outcomes:
    point = half_line(mean)
    chance = counts.over(mean, prop.spread, point)
    over, under = Side("Over", point, player.name), Side("Under", point, player.name)
    return two_sided(ask.book, chance, over, under)


def _ladder(ask: Ask, player: Player, prop: Prop, mean: float) -> Outcomes:
    """Overs alone, as the books show them."""
    sd = sqrt(prop.spread * mean)
    points = {half_line(mean + rung * sd) for rung in _RUNGS} - {half_line(mean)}
    return tuple(
        chain.from_iterable(
            two_sided(
                ask.book,
                counts.over(mean, prop.spread, point),
                Side("Over", point, player.name),
                Side("Under"),
            )[:1]
            for point in sorted(points)
        )
    )


def _scores(ask: Ask, player: Player, prop: Prop, mean: float) -> Outcomes:
    chance = counts.over(mean, prop.spread, 0.5)
    return two_sided(ask.book, chance, Side("Yes", None, player.name), Side("No"))[:1]
