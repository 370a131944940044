"""Probabilities of a final score against plain counting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.simulator.scoring import Belief, GoalsBelief, PointsBelief

BELIEFS: list[Belief] = [
    PointsBelief(3.2, 226.0, 12.5, 18.0),
    PointsBelief(-0.4, 45.0, 4.0, 5.0),
    GoalsBelief(0, 0, 1.6, 1.1),
    GoalsBelief(2, 0, 0.4, 0.9),
]


@pytest.mark.parametrize("belief", BELIEFS)
def test_sides_add_up_to_one(belief: Belief) -> None:
    assert sum(belief.sides()) == pytest.approx(1.0, abs=1e-9)


@given(st.sampled_from(BELIEFS), st.integers(-60, 60), st.integers(0, 480))
def test_a_better_line_is_never_less_likely(belief: Belief, spread: int, total: int) -> None:
    assert belief.cover(spread / 2 + 0.5) >= belief.cover(spread / 2) - 1e-12
    assert belief.over(total / 2 + 0.5) <= belief.over(total / 2) + 1e-12


def test_goals_by_hand() -> None:
    """Two goals ahead with nothing to come: certain, and a push on the total decides nothing."""
    over = GoalsBelief(2, 0, 0.0, 0.0)
    assert over.sides() == pytest.approx((1.0, 0.0, 0.0))
    assert over.over(1.5) == pytest.approx(1.0)
    assert over.over(2.5) == pytest.approx(0.0)
    assert over.cover(-1.5) == pytest.approx(1.0)
    assert over.cover(-2.5) == pytest.approx(0.0)


def test_a_level_points_game_cannot_be_so_the_half_point_is_free() -> None:
    belief = PointsBelief(1.0, 220.0, 12.0, 18.0)
    assert belief.cover(-0.5) == pytest.approx(belief.sides()[0])
    assert belief.cover(0.5) == pytest.approx(belief.sides()[0])


@given(
    st.integers(0, 9),
    st.integers(0, 9),
    st.floats(0.0, 6.0),
    st.floats(0.0, 6.0),
    st.integers(-9, 9),
)
def test_probabilities_of_goals_stay_between_0_and_1(
    home: int, away: int, home_rate: float, away_rate: float, line: int
) -> None:
    belief = GoalsBelief(home, away, home_rate, away_rate)
    chances = (*belief.sides(), belief.cover(line / 2), belief.over(abs(line) / 2))
    assert all(0.0 <= chance <= 1.0 for chance in chances)
