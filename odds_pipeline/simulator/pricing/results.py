"""Markets of sports in which a draw is a result.

Belongs here: draw no bet, double chance, both teams to score. Units: decimal odds.
"""

from odds_pipeline.simulator.pricing.lines import Pricer
from odds_pipeline.simulator.pricing.outcomes import Ask, Outcomes, Side, by_name, two_sided
from odds_pipeline.simulator.pricing.parts import both_score
from odds_pipeline.simulator.scoring import GoalsBelief


def draw_no_bet(ask: Ask) -> Outcomes:
    """Who wins; the stake comes back for a draw."""
    home, away, _ = ask.belief.sides()
    fixture = ask.life.fixture
    if home + away <= 0.0:
        return ()
    fair = home / (home + away)
    return by_name(two_sided(ask.book, fair, Side(fixture.home_team), Side(fixture.away_team)))


def double_chance(ask: Ask) -> Outcomes:
    """Two of the three results; each pair is an own bet, so each pays its own overround."""
    home, away, draw = ask.belief.sides()
    fixture = ask.life.fixture
    names = (
        (home + draw, f"{fixture.home_team} or Draw"),
        (away + draw, f"{fixture.away_team} or Draw"),
        (home + away, f"{fixture.home_team} or {fixture.away_team}"),
    )
    found = (two_sided(ask.book, chance, Side(name), Side(""))[:1] for chance, name in names)
    return by_name(outcome for pair in found for outcome in pair)


def both_teams_to_score(ask: Ask) -> Outcomes:
    """Whether neither team stays without a goal."""
    if not isinstance(ask.belief, GoalsBelief):
        return ()
    return by_name(two_sided(ask.book, both_score(ask.belief), Side("Yes"), Side("No")))


PRICERS: dict[str, Pricer] = {
    "draw_no_bet": draw_no_bet,
    "double_chance": double_chance,
    "btts": both_teams_to_score,
}
