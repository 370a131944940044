"""How much a book takes: by class, by market, near and far from the start."""

from statistics import mean

import pytest

from odds_pipeline.catalog.bookmakers import BookClass
from odds_pipeline.simulator.books import SIMULATED_BOOKS, STAKE_LIMITS, bet_limit
from odds_pipeline.simulator.life import Life
from odds_pipeline_tests.simulator.test_market import games

LIVES = games(4, "basketball_nba", "2025-01-06", 20)
HOUR = 3_600


def limits(book: str, market: str, hours_before: float) -> list[int]:
    return [
        bet_limit(life, SIMULATED_BOOKS[book], market, int(life.start - hours_before * HOUR))
        for life in LIVES
    ]


@pytest.mark.parametrize("book", sorted(SIMULATED_BOOKS))
@pytest.mark.parametrize("market", ["h2h", "spreads", "totals", "player_points"])
def test_limits_are_positive_whole_steps_and_grow_towards_the_start(book: str, market: str) -> None:
    step = STAKE_LIMITS[SIMULATED_BOOKS[book].book_class].step
    far, near, in_play = (limits(book, market, hours) for hours in (30, 0.5, -1))
    assert all(limit > 0 and limit % step == 0 for limit in far + near + in_play)
    assert mean(far) < mean(near)
    assert mean(in_play) < mean(near)


def test_a_sharp_book_takes_more_than_a_retail_one_and_a_prop_the_least() -> None:
    assert min(limits("pinnacle", "spreads", 0.5)) > max(limits("draftkings", "spreads", 0.5))
    means = [
        mean(limits("draftkings", market, 1)) for market in ("player_points", "totals", "spreads")
    ]
    assert means == sorted(means)


def test_what_stands_on_an_exchange_changes_by_the_minute_and_a_book_of_its_own_does_not() -> None:
    def close(book: str, life: Life) -> set[int]:
        asked = SIMULATED_BOOKS[book]
        return {bet_limit(life, asked, "h2h", life.start - 60 * minute) for minute in range(1, 30)}

    assert SIMULATED_BOOKS["betfair_ex_eu"].book_class is BookClass.EXCHANGE
    assert len(close("betfair_ex_eu", LIVES[0])) > 20
    assert len(close("pinnacle", LIVES[0])) == 1
