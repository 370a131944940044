"""Edges against the simulator's truth: a planted one is found at its size, else there is none."""

from collections.abc import Sequence
from statistics import mean

import pandas as pd
import pytest

from odds_pipeline.betting.clustered_mean import clustered_mean
from odds_pipeline.services.market.boards import boards
from odds_pipeline.services.market.fair import fair_of
from odds_pipeline.services.market.find import consensus_of, values
from odds_pipeline.services.market.terms import Terms
from odds_pipeline.simulator.efficiency import EDGE, EFFICIENT, Setting
from odds_pipeline.simulator.market import Market
from odds_pipeline_tests.services.market.quotes import frame
from odds_pipeline_tests.simulator.test_edge import HOUR, Quote, lives, quotes

TERMS = Terms(method="multiplicative", sharp=("pinnacle",), least_edge=2.0)


def found_edges(setting: Setting, days: int) -> tuple[list[tuple[float, Quote]], int]:
    """Each edge with the quote it is of, and how many quotes were looked at."""
    seen = list(quotes(Market(11, setting), lives("basketball_nba", days), (3 * HOUR,)))
    by_cell = {_cell(one.life.fixture.event_id, one): one for one in seen}
    sights = []
    for one in boards(_frame(seen)):
        fair = fair_of(one, TERMS)
        sights += list(values(one, fair, consensus_of(fair, TERMS), TERMS))
    edges = []
    for sight in sights:
        (leg,) = sight.legs
        key = (sight.event_id, sight.market_key, leg.bookmaker_key, leg.outcome_name, leg.point)
        assert sight.edge_percentage is not None
        edges.append((sight.edge_percentage / 100, by_cell[key]))
    return edges, len(seen)


def _cell(event: str, one: Quote) -> tuple[str, str, str, str, float | None]:
    return (event, one.market, one.book, one.outcome.name, one.outcome.point)


def _frame(seen: Sequence[Quote]) -> pd.DataFrame:
    rows = [(q.book, q.market, q.outcome.name, q.outcome.point, q.outcome.price) for q in seen]
    fixtures = [one.life.fixture for one in seen]
    return frame(rows).assign(
        event_id=[fixture.event_id for fixture in fixtures],
        home_team=[fixture.home_team for fixture in fixtures],
        away_team=[fixture.away_team for fixture in fixtures],
    )


def test_a_planted_edge_is_found_at_its_book_and_at_its_size() -> None:
    assert EDGE.edge is not None
    edges, looked = found_edges(EDGE, 60)
    planted = [pair for pair in edges if pair[1].book == EDGE.edge.bookmaker]
    assert len(planted) > 100
    assert len(edges) - len(planted) < looked / 1000
    told, true = mean(edge for edge, _ in planted), mean(one.expected for _, one in planted)
    assert told == pytest.approx(true, abs=0.01)
    settled = [(one.returned, one.life.fixture.event_id) for _, one in planted]
    kept = [(won, event) for won, event in settled if won is not None]
    realised = clustered_mean([won for won, _ in kept], [event for _, event in kept])
    assert realised.low <= told <= realised.high


def test_an_efficient_market_has_no_edge_beyond_chance() -> None:
    edges, looked = found_edges(EFFICIENT, 30)
    assert len(edges) < looked / 1000
