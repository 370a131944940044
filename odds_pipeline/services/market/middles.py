"""Middles: two bets on different numbers of one game that can both win.

Belongs here: which lines of a market make one, and what a sight says of it. Does not belong here:
hit probability and value (``betting.middles``), verdicts (``verdicts``).

The mean score behind a market is read off the fair price of its most quoted line; a sport whose
scores have no known distribution has no middles. One is kept for each first line: the best.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from odds_pipeline.betting.lines.distribution import ScoreDistribution
from odds_pipeline.betting.lines.known import known_distribution
from odds_pipeline.betting.lines.mean import solve_mean
from odds_pipeline.betting.middles import middle_stakes, middle_value
from odds_pipeline.betting.odds_arrays import after_commission
from odds_pipeline.services.market.boards import Boards, Ints
from odds_pipeline.services.market.fair import Fair
from odds_pipeline.services.market.find import (
    CONSENSUS,
    PERCENT,
    expiry,
    finite,
    number,
    seconds_to_start,
    sight,
)
from odds_pipeline.services.market.labels import tags
from odds_pipeline.services.market.terms import Terms
from odds_pipeline.services.market.verdicts import of_legs
from odds_pipeline.storage.edge_sights import Leg, Sight

MIDDLE = "middle"
_SIDED = ("spreads", "totals")


class _Best(NamedTuple):
    """The best price of one side of one line: market row, place of side and book, after commission.

    ``handicap`` is seen from its own side (see ``betting.lines``).
    """

    row: int
    column: int
    book: int
    paid: float
    handicap: float


def middles(boards: Boards, fair: Fair, sports: Mapping[str, str], terms: Terms) -> Iterator[Sight]:
    """The middles of at least ``terms.least_edge``.

    Args:
        boards: markets of two outcomes.
        fair: what they are worth.
        sports: sport key by event id.
        terms: commission and limits.
    """
    if boards.prices.shape[2] != 2:
        return
    groups: dict[tuple[int, str, str], list[int]] = defaultdict(list)
    keys = boards.keys[["place", "event_id", "market_key"]].itertuples(index=False, name=None)
    for row, key in enumerate(keys):
        if key[2] in _SIDED:
            groups[key].append(row)
    for (_, event, market), rows in groups.items():
        distribution = known_distribution(sports.get(event, ""), market)
        if distribution is not None and len(rows) > 1:
            yield from _of_market(boards, fair, np.array(rows), distribution, terms)


def _of_market(
    boards: Boards, fair: Fair, rows: Ints, distribution: ScoreDistribution, terms: Terms
) -> Iterator[Sight]:
    known = rows[np.isfinite(fair.chosen[rows, 0])]
    if not len(known):
        return
    reference = int(known[np.argmax(boards.offered[known].sum(axis=1))])
    first = _first_side(boards, reference)
    line = _handicap(boards, reference, first)
    mean = solve_mean(distribution, fair.chosen[reference, first], line)
    ones = [_best(boards, int(row), _first_side(boards, int(row)), terms) for row in rows]
    others = [_best(boards, int(row), 1 - _first_side(boards, int(row)), terms) for row in rows]
    for one in ones:
        against = [other for other in others if one.handicap + other.handicap > 0.0]
        if not against:
            continue
        found = middle_value(
            distribution,
            mean,
            (np.full(len(against), one.handicap), np.array([o.handicap for o in against])),
            (np.full(len(against), one.paid), np.array([o.paid for o in against])),
        )
        best = int(np.argmax(found.value))
        if PERCENT * found.value[best] >= terms.least_edge:
            value, hit = float(found.value[best]), float(found.hit[best])
            yield _sight(boards, one, against[best], value, hit, terms)


def _first_side(boards: Boards, row: int) -> int:
    """Place of the home side, or of Over."""
    names = boards.outcomes[row]
    return int(names[1] in (boards.keys["home_team"].iloc[row], "Over"))


def _handicap(boards: Boards, row: int, column: int) -> float:
    point = float(boards.points[row, column])
    return -point if boards.outcomes[row, column] == "Over" else point


def _best(boards: Boards, row: int, column: int, terms: Terms) -> _Best:
    paid = after_commission(boards.prices[row, :, column], terms.commission(boards.books))
    book = int(np.nanargmax(paid))
    return _Best(row, column, book, float(paid[book]), _handicap(boards, row, column))


def _sight(
    boards: Boards, one: _Best, other: _Best, value: float, hit: float, terms: Terms
) -> Sight:
    share = float(middle_stakes(one.paid, other.paid).first)
    legs = tuple(
        Leg(
            boards.books[leg.book],
            str(boards.outcomes[leg.row, leg.column]),
            number(boards.points[leg.row, leg.column]),
            float(boards.prices[leg.row, leg.book, leg.column]),
            finite(float(boards.ages[leg.row, leg.book])),
            round(terms.total_stake * part, 2),
        )
        for leg, part in ((one, share), (other, 1.0 - share))
    )
    ages = np.array([boards.ages[leg.row, leg.book] for leg in (one, other)])
    oldest = float(terms.oldest(seconds_to_start(boards))[one.row])
    edge = PERCENT * value
    miss = float(middle_stakes(one.paid, other.paid).miss)
    return sight(
        boards,
        one.row,
        MIDDLE,
        CONSENSUS,
        of_legs(ages, oldest, edge, 0.0, False, terms),
        legs,
        expires=expiry(boards, one.row, oldest - float(ages.max())),
        outcome_name=None,
        point=legs[0].point,
        fair_probability=hit,
        implied_probability=1.0 / one.paid + 1.0 / other.paid,
        edge_percentage=edge,
        age_seconds=finite(float(ages.max())),
        total_stake=terms.total_stake,
        worst_case_profit=round(terms.total_stake * miss, 2),
        tags=tags(
            [leg.bookmaker_key for leg in legs],
            None,
            to_start=float(seconds_to_start(boards)[one.row]),
        ),
    )
