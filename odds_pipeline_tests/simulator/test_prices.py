"""Overrounds, ladders and the American form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.simulator.books import Ladder
from odds_pipeline.simulator.prices import shown, spelled, with_overround


@given(st.floats(0.03, 0.97), st.floats(0.0, 0.05))
def test_implied_probabilities_add_up_to_one_plus_overround(home: float, overround: float) -> None:
    implied = with_overround((home, 1 - home), overround)
    assert sum(implied) == pytest.approx(1 + overround)
    assert max(implied) < 1


@given(st.floats(0.001, 0.999), st.sampled_from([Ladder.CENTS_1, Ladder.CENTS_5]))
def test_american_prices_are_on_the_ladder_and_at_least_100(implied: float, ladder: Ladder) -> None:
    american = spelled(shown(implied, ladder), "american")
    assert isinstance(american, int)
    assert abs(american) >= 100
    assert ladder is Ladder.CENTS_1 or american % 5 == 0


@pytest.mark.parametrize(
    ("decimal", "american"),
    [(2.0, 100), (1.9090909, -110), (3.5, 250), (1.2, -500), (1.001, -100_000)],
)
def test_american_worked_values(decimal: float, american: int) -> None:
    assert spelled(decimal, "american") == american


@given(st.floats(0.005, 0.95))
def test_an_exchange_never_shows_more_than_the_fair_price(implied: float) -> None:
    assert shown(implied, Ladder.TICKS) <= 1 / implied + 1e-9
