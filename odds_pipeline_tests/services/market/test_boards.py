"""Frames of quotes as arrays, and what arrays are worth: exact values worked out by hand."""

from math import inf, isnan

import numpy as np
import pandas as pd
import pytest

from odds_pipeline.services.market.boards import Boards, boards
from odds_pipeline.services.market.fair import fair_of
from odds_pipeline.services.market.terms import Terms
from odds_pipeline_tests.services.market.quotes import frame

TERMS = Terms(method="multiplicative")


def only(found: list[Boards]) -> Boards:
    assert len(found) == 1
    return found[0]


def two(book: str, home: float, away: float) -> list[tuple[object, ...]]:
    return [(book, "h2h", "Home", None, home), (book, "h2h", "Away", None, away)]


def test_the_two_sides_of_a_spread_are_one_market_at_the_home_sides_line() -> None:
    rows = [
        ("a", "spreads", "Home", -3.5, 1.9),
        ("a", "spreads", "Away", 3.5, 1.92),
        ("b", "spreads", "Home", -3.5, 1.95),
        ("b", "spreads", "Away", 3.5, 1.87),
        ("c", "spreads", "Home", -4.0, 2.0),
        ("c", "spreads", "Away", 4.0, 1.8),
    ]
    one = only(boards(frame(rows)))
    assert one.books == ("a", "b", "c")
    assert sorted(one.keys["line"]) == [-4.0, -3.5]
    row = list(one.keys["line"]).index(-3.5)
    assert list(one.outcomes[row]) == ["Away", "Home"]
    assert one.points[row].tolist() == [3.5, -3.5]
    assert one.prices[row, :2].tolist() == [[1.92, 1.9], [1.87, 1.95]]
    assert one.offered[row].tolist() == [True, True, False]
    assert one.ages[row].tolist() == [30.0, 30.0, inf]


def test_a_market_that_lacks_an_outcome_is_none() -> None:
    """Two teams are the whole of it only where nobody prices the draw."""
    three = [("a", "h2h", "Draw", None, 3.4), *two("a", 2.1, 3.6)]
    found = boards(frame([*three, *two("b", 2.0, 3.5)]))
    assert [one.prices.shape for one in found] == [(0, 2, 2), (1, 2, 3)]
    assert only(boards(frame(two("b", 2.0, 1.9)))).prices.shape == (1, 1, 2)
    assert boards(frame([("a", "totals", "Over", 210.5, 1.9)])) == []


@pytest.mark.parametrize(
    "left_out",
    [{"in_play": True}, {"price": np.nan}, {"price": 1.0}, {"bookmaker_key": "market_best"}],
)
def test_what_cannot_be_bet_before_the_start_is_left_out(left_out: dict[str, object]) -> None:
    quotes = frame(two("a", 1.9, 1.9)).assign(**left_out)  # type: ignore[arg-type]
    assert boards(quotes) == []


def test_the_same_market_of_two_events_stays_apart() -> None:
    first, second = frame(two("a", 1.5, 2.6)), frame(two("a", 1.9, 1.9), event_id="e2")
    one = only(boards(pd.concat([first, second], ignore_index=True)))
    assert one.prices[:, 0].tolist() == [[2.6, 1.5], [1.9, 1.9]]


def test_the_sharp_book_is_the_fair_price_and_is_judged_by_the_others() -> None:
    rows = [*two("pinnacle", 2.0, 2.0), *two("a", 2.2, 1.7), *two("b", 2.0, 1.8)]
    one = only(boards(frame([*rows, *two("c", 2.0, 1.8)])))
    fair = fair_of(one, TERMS)
    sharp = one.books.index("pinnacle")
    assert fair.chosen.tolist() == [[0.5, 0.5]]
    assert fair.chosen_source.tolist() == ["sharp"]
    assert np.delete(fair.judging[0], sharp, axis=0).tolist() == [[0.5, 0.5]] * 3
    # log pool of three books: the mean of their logits (away against home)
    logit = (np.log(2.2 / 1.7) + 2 * np.log(2.0 / 1.8)) / 3
    assert fair.judging[0, sharp, 0] == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-12)


def test_without_a_sharp_book_three_are_needed_and_none_judges_itself() -> None:
    few = fair_of(only(boards(frame([*two("a", 2.2, 1.7), *two("b", 2.0, 1.8)]))), TERMS)
    assert np.isnan(few.chosen).all()
    rows = [*two("a", 2.2, 1.7), *two("b", 2.0, 1.8), *two("c", 2.0, 1.8)]
    fair = fair_of(only(boards(frame(rows))), TERMS)
    assert fair.chosen_source.tolist() == ["pool"]
    assert fair.judging[0, 0, 0] == pytest.approx(2.0 / 3.8, abs=1e-12)


@pytest.mark.parametrize(
    ("hours", "age", "fresh"), [(8, 900, True), (8, 901, False), (0.5, 121, False)]
)
def test_a_stale_book_does_not_speak(hours: float, age: float, fresh: bool) -> None:
    quotes = frame(two("pinnacle", 2.0, 2.0), quote_age_seconds=float(age))
    quotes["commence_time"] = quotes["capture_time"] + np.timedelta64(int(hours * 3600), "s")
    fair = fair_of(only(boards(quotes)), TERMS)
    assert bool(fair.fresh[0, 0]) == fresh
    assert fair.stale.tolist() == [0 if fresh else 1]
    assert isnan(fair.chosen[0, 0]) != fresh
