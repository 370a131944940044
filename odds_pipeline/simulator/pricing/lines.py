"""Sides, spreads, totals and team totals, on the main line and on ladders of lines.

Belongs here: markets that exist for a whole game and for its periods. Does not belong here: what
a period is (``parts``), markets of football alone (``results``). Units: points; decimal odds.
"""

from collections.abc import Callable, Sequence
from itertools import chain

from odds_pipeline.simulator.pricing.outcomes import (
    Ask,
    Outcomes,
    Side,
    by_name,
    half_line,
    half_step,
    priced,
    steps,
    two_sided,
)
from odds_pipeline.simulator.pricing.parts import of_team, team_mean, three_way
from odds_pipeline.simulator.sports import Scoring

Pricer = Callable[[Ask], Outcomes]
_DRAW = "Draw"
_MAIN = (0.0,)
_LADDERS = {
    Scoring.POINTS: (-6.0, -4.0, -3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 4.0, 6.0),
    Scoring.GOALS: (-1.5, -1.0, -0.5, 0.5, 1.0, 1.5),
}


def sides(ask: Ask) -> Outcomes:
    """Who wins, with the draw where it is a result."""
    return _winner(ask, ask.belief.sides())


def sides_or_level(ask: Ask) -> Outcomes:
    """Who wins, the level score being a third outcome in every sport."""
    return _winner(ask, three_way(ask.belief))


def spreads(ask: Ask) -> Outcomes:
    """The main spread."""
    return _spreads(ask, _MAIN)


def totals(ask: Ask) -> Outcomes:
    """The main total."""
    return _totals(ask, _MAIN)


def team_totals(ask: Ask) -> Outcomes:
    """The main total of each team."""
    return _team_totals(ask, _MAIN)


def alternate_spreads(ask: Ask) -> Outcomes:
    """Spreads beside the main one."""
    return _spreads(ask, _LADDERS[ask.life.sport.scoring])


def alternate_totals(ask: Ask) -> Outcomes:
    """Totals beside the main one."""
    return _totals(ask, _LADDERS[ask.life.sport.scoring])


def alternate_team_totals(ask: Ask) -> Outcomes:
    """Team totals beside the main one."""
    whole = {round(offset) for offset in _LADDERS[ask.life.sport.scoring]} - {0}
    return _team_totals(ask, sorted(whole))


PRICERS: dict[str, Pricer] = {
    "h2h": sides,
    "h2h_3_way": sides_or_level,
    "spreads": spreads,
    "totals": totals,
    "team_totals": team_totals,
    "alternate_spreads": alternate_spreads,
    "alternate_totals": alternate_totals,
    "alternate_team_totals": alternate_team_totals,
}


def _winner(ask: Ask, chances: Sequence[float]) -> Outcomes:
    fixture = ask.life.fixture
    names = (Side(fixture.home_team), Side(fixture.away_team), Side(_DRAW))
    found = priced(ask.book, ask.book.overround, zip(chances, names, strict=False))
    return (*by_name(found[:2]), *found[2:])


def _spreads(ask: Ask, offsets: Sequence[float]) -> Outcomes:
    home, away = ask.life.fixture.home_team, ask.life.fixture.away_team
    pairs = (
        two_sided(ask.book, ask.belief.cover(point), Side(home, point), Side(away, 0.0 - point))
        for point in steps(offsets, half_step(-ask.belief.fair_margin()))
    )
    return by_name(chain.from_iterable(pairs))


def _totals(ask: Ask, offsets: Sequence[float]) -> Outcomes:
    points = steps(offsets, half_step(ask.belief.fair_total()))
    return by_name(
        chain.from_iterable(
            two_sided(ask.book, ask.belief.over(point), Side("Over", point), Side("Under", point))
            for point in points
            if point > 0
        )
    )


def _team_totals(ask: Ask, offsets: Sequence[float]) -> Outcomes:
    fixture = ask.life.fixture
    found: list[Outcomes] = []
    for team, home in sorted([(fixture.home_team, True), (fixture.away_team, False)]):
        belief, middle = of_team(ask.belief, home=home), team_mean(ask.belief, home=home)
        for point in steps(offsets, half_line(middle)):
            over, under = Side("Over", point, team), Side("Under", point, team)
            if point > 0:
                found.append(two_sided(ask.book, belief.over(point), over, under))
    return tuple(chain.from_iterable(found))
