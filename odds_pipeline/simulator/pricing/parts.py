"""What a belief about the whole game says about a part of it.

Belongs here: a period, one team's score, a level result, both teams scoring. Does not belong
here: lines and prices. Units: points (goals); shares of the playing time; probabilities.

The simulated truth gains its margin and total evenly over the playing time, with independent
increments: a period of share s has s of both means and variances. A team's score is half the sum
(or difference) of two independent normal numbers, or a Poisson count.
"""

from math import exp, sqrt
from statistics import NormalDist

from odds_pipeline.simulator.scoring import Belief, GoalsBelief, PointsBelief
from odds_pipeline.simulator.sports import Scoring, SimulatedSport

_QUARTERS = {"h1": 1 / 2, "h2": 1 / 2, "q1": 1 / 4, "q2": 1 / 4, "q3": 1 / 4, "q4": 1 / 4}
_HALVES = {"h1": 1 / 2, "h2": 1 / 2}
_LEVEL_WITHIN = 0.5  # a latent margin this small is a level score before overtime


def periods_of(sport: SimulatedSport) -> dict[str, float]:
    """Suffix of a period's markets to its share of the playing time."""
    return _QUARTERS if sport.scoring is Scoring.POINTS else _HALVES


def of_period(belief: Belief, share: float) -> Belief:
    """The belief about one period, before the game has begun."""
    if isinstance(belief, GoalsBelief):
        return GoalsBelief(0, 0, belief.home_rate * share, belief.away_rate * share)
    assert isinstance(belief, PointsBelief)
    spread = sqrt(share)
    return PointsBelief(
        belief.margin * share,
        belief.total * share,
        belief.margin_sd * spread,
        belief.total_sd * spread,
    )


def of_team(belief: Belief, *, home: bool) -> Belief:
    """A belief whose total is one team's score."""
    if isinstance(belief, GoalsBelief):
        goals, rate = (
            (belief.home_goals, belief.home_rate) if home else (belief.away_goals, belief.away_rate)
        )
        return GoalsBelief(goals, 0, rate, 0.0)
    assert isinstance(belief, PointsBelief)
    sd = sqrt(belief.margin_sd**2 + belief.total_sd**2) / 2
    return PointsBelief(0.0, team_mean(belief, home=home), sd, sd)


def team_mean(belief: Belief, *, home: bool) -> float:
    """Mean of one team's score."""
    margin = belief.fair_margin() if home else -belief.fair_margin()
    return (belief.fair_total() + margin) / 2


def three_way(belief: Belief) -> tuple[float, float, float]:
    """Home, away and level, before any overtime."""
    if isinstance(belief, GoalsBelief):
        home, away, level = belief.sides()
        return home, away, level
    assert isinstance(belief, PointsBelief)
    margin = NormalDist(belief.margin, belief.margin_sd)
    home, away = 1.0 - margin.cdf(_LEVEL_WITHIN), margin.cdf(-_LEVEL_WITHIN)
    return home, away, 1.0 - home - away


def both_score(belief: GoalsBelief) -> float:
    """Probability that neither team stays without a goal."""
    home = 1.0 if belief.home_goals else 1.0 - exp(-belief.home_rate)
    away = 1.0 if belief.away_goals else 1.0 - exp(-belief.away_rate)
    return home * away
