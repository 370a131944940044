"""Who leads, who is right, and where there is something to win: shown against the truth."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import mean, median

import pytest

from odds_pipeline.errors import UsageError
from odds_pipeline.simulator.books import SIMULATED_BOOKS
from odds_pipeline.simulator.efficiency import EDGE, EFFICIENT, NATURAL, SETTINGS, setting_of
from odds_pipeline.simulator.life import Life
from odds_pipeline.simulator.market import BookBoard, Market, MarketBoard, PricedOutcome
from odds_pipeline_tests.simulator.test_market import games

BOOKS = frozenset(SIMULATED_BOOKS)
BACKED = frozenset({"h2h", "spreads", "totals"})
HOUR = 3_600
BEFORE = (36 * HOUR, 12 * HOUR, 3 * HOUR, 40 * 60, 130)  # seconds before the start
IN_PLAY = (-600, -3_000, -5_000)


@dataclass(frozen=True, slots=True)
class Quote:
    """One price, and what is true of its outcome at the moment the book was read."""

    life: Life
    book: str
    market: str
    outcome: PricedOutcome
    chance: float
    returned: float | None  # of a unit staked, once the game is over; None for a push

    @property
    def expected(self) -> float:
        """Profit to be expected of a unit staked, given that it is no push."""
        return self.chance * self.outcome.price - 1.0


def lives(sport: str, days: int, seed: int = 11) -> list[Life]:
    """Games of one winter from the first of November, none of them called off."""
    found = games(seed, sport, "2023-11-01", days)
    return [life for life in found if life.called_off is None]


def quotes(
    market: Market,
    found: list[Life],
    moments: tuple[int, ...],
    asked: frozenset[str] = BACKED,
    books: frozenset[str] = BOOKS,
) -> Iterator[Quote]:
    for life in found:
        for moment in moments:
            for book in market.boards(life, life.start - moment, books, asked):
                for board in book.markets:
                    yield from _of_board(life, book, board)


def _of_board(life: Life, book: BookBoard, board: MarketBoard) -> Iterator[Quote]:
    for outcome in board.outcomes:
        yield Quote(
            life,
            book.book.key,
            board.market,
            outcome,
            chance(life, board, outcome, book.last_update),
            returned(life, board, outcome),
        )


def chance(life: Life, board: MarketBoard, outcome: PricedOutcome, instant: int) -> float:
    """The true chance of an outcome, given that it is no push."""
    belief = life.belief(instant)
    fixture = life.fixture
    if outcome.point is None:
        names = (fixture.home_team, fixture.away_team, "Draw")
        return dict(zip(names, belief.sides(), strict=False))[outcome.name]
    if board.market == "totals":
        over = belief.over(outcome.point)
        return over if outcome.name == "Over" else 1.0 - over
    if outcome.name == fixture.home_team:
        return belief.cover(outcome.point)
    return 1.0 - belief.cover(0.0 - outcome.point)


def returned(life: Life, board: MarketBoard, outcome: PricedOutcome) -> float | None:
    """Profit of a unit that was decided; quarter lines are settled as their two halves."""
    home, away = life.score(life.end)
    if outcome.point is None:
        winner = "Draw" if home == away else life.fixture.home_team
        winner = life.fixture.away_team if away > home else winner
        return outcome.price - 1.0 if outcome.name == winner else -1.0
    if board.market == "totals":
        ahead = home + away - outcome.point
        ahead = ahead if outcome.name == "Over" else -ahead
    else:
        ahead = home - away if outcome.name == life.fixture.home_team else away - home
        ahead += outcome.point
    if ahead == 0:
        return None
    return outcome.price - 1.0 if ahead > 0 else -1.0


@pytest.mark.parametrize(("sport", "days"), [("basketball_nba", 20), ("soccer_epl", 60)])
def test_in_the_efficient_market_no_price_of_any_book_pays_more_than_the_truth(
    sport: str, days: int
) -> None:
    seen: dict[str, int] = defaultdict(int)
    for quote in quotes(Market(11, EFFICIENT), lives(sport, days), BEFORE + IN_PLAY):
        assert quote.expected < 0.0, quote
        seen[quote.book] += 1
    assert seen.keys() == BOOKS - {"circasports"}
    assert min(seen.values()) > 300


def test_in_the_efficient_market_no_lay_price_pays_the_layer() -> None:
    found = lives("soccer_epl", 90)
    lays = list(quotes(Market(11, EFFICIENT), found, BEFORE + IN_PLAY, frozenset({"h2h_lay"})))
    assert len(lays) > 500
    assert all(quote.expected >= 0.0 for quote in lays)


def test_in_the_efficient_market_all_books_are_read_at_once() -> None:
    market = Market(11, EFFICIENT)
    for life in lives("basketball_nba", 10):
        for moment in BEFORE + IN_PLAY:
            boards = market.boards(life, life.start - moment, BOOKS, BACKED)
            assert len({board.last_update for board in boards}) <= 1


def test_betting_into_the_efficient_market_loses_each_book_its_margin() -> None:
    """A unit on the first outcome of every board: results against truth, truth against margin.

    All bets of one game share its result, so a game is one observation of the results.
    """
    surprises: dict[str, list[float]] = defaultdict(list)
    losses: dict[str, list[float]] = defaultdict(list)
    for life in lives("basketball_nba", 150):
        of_game: dict[str, list[float]] = defaultdict(list)
        for quote in list(quotes(Market(11, EFFICIENT), [life], (3 * HOUR,)))[::2]:
            if quote.returned is not None:
                of_game[quote.book].append(quote.returned - quote.expected)
                if quote.market != "h2h":
                    losses[quote.book].append(-quote.expected)
        for book, found in of_game.items():
            surprises[book].append(mean(found))
    for book, found in surprises.items():
        assert len(found) > 500
        assert abs(mean(found)) < 4 * sqrt(mean(value**2 for value in found) / len(found)), book
        margin = SIMULATED_BOOKS[book].line_overround
        assert mean(losses[book]) == pytest.approx(margin / (1 + margin), abs=0.003), book


def best_against_sharp(found: list[Quote], least: float) -> list[Quote]:
    """Quotes of other books above the sharp book's no-vig price by at least this much."""
    by_line: dict[tuple[object, ...], Quote] = {}
    for quote in found:
        if quote.book == "pinnacle":
            by_line[quote.life.fixture.event_id, quote.market, quote.outcome] = quote
    fair: dict[tuple[object, ...], float] = {}
    groups: dict[tuple[object, ...], list[Quote]] = defaultdict(list)
    for quote in by_line.values():
        point = quote.outcome.point
        groups[quote.life.fixture.event_id, quote.market, point and abs(point)].append(quote)
    for (event, market, _), sides in groups.items():
        excess = (sum(1 / side.outcome.price for side in sides) - 1) / len(sides)
        for side in sides:
            key = (event, market, side.outcome.name, side.outcome.point)
            fair[key] = 1 / side.outcome.price - excess
    picked = []
    for quote in found:
        key = (quote.life.fixture.event_id, quote.market, quote.outcome.name, quote.outcome.point)
        if quote.book != "pinnacle" and fair.get(key, 0.0) * quote.outcome.price - 1 > least:
            picked.append(quote)
    return picked


def test_the_planted_edge_is_found_by_the_sharp_price_and_nowhere_else() -> None:
    edge = EDGE.edge
    assert edge is not None
    found = lives("basketball_nba", 120)
    picked = best_against_sharp(list(quotes(Market(11, EDGE), found, (3 * HOUR,))), 0.02)
    assert len(picked) > 300
    assert {quote.book for quote in picked} == {edge.bookmaker}
    assert {quote.market for quote in picked} == BACKED
    # Not on average but each of them: the expectation is computed from the truth.
    assert min(quote.expected for quote in picked) > 0.0
    assert 0.05 < mean(quote.expected for quote in picked) < 0.15
    games_found = {quote.life.fixture.event_id for quote in picked}
    assert edge.share * 0.7 < len(games_found) / len(found) < edge.share * 1.1
    assert best_against_sharp(list(quotes(Market(11, EFFICIENT), found, (3 * HOUR,))), 0.02) == []


def test_the_planted_edge_pays_in_results_too() -> None:
    edge = EDGE.edge
    assert edge is not None
    two = frozenset({"pinnacle", edge.bookmaker})
    found = quotes(Market(11, EDGE), lives("basketball_nba", 350), (3 * HOUR,), books=two)
    picked = best_against_sharp(list(found), 0.02)
    profits = [quote.returned for quote in picked if quote.returned is not None]
    error = sqrt(mean(value**2 for value in profits) / len(profits))
    assert mean(profits) > 2 * error


def test_the_edge_market_is_the_efficient_one_but_for_the_named_book() -> None:
    edge = EDGE.edge
    assert edge is not None
    others = BOOKS - {edge.bookmaker}
    for life in lives("soccer_epl", 30):
        instant = life.start - HOUR
        for one, other in zip(
            Market(11, EDGE).boards(life, instant, others, BACKED),
            Market(11, EFFICIENT).boards(life, instant, others, BACKED),
            strict=True,
        ):
            assert one == other
        for mispriced, right in zip(
            Market(11, EDGE).boards(life, instant, {edge.bookmaker}, BACKED),
            Market(11, EFFICIENT).boards(life, instant, {edge.bookmaker}, BACKED),
            strict=True,
        ):
            for one_market, other_market in zip(mispriced.markets, right.markets, strict=True):
                lines = [(outcome.name, outcome.point) for outcome in one_market.outcomes]
                assert lines == [(outcome.name, outcome.point) for outcome in other_market.outcomes]


def test_the_natural_market_has_small_edges_now_and_then() -> None:
    found = list(quotes(Market(11, NATURAL), lives("basketball_nba", 12), BEFORE))
    good = [quote for quote in found if quote.expected > 0.0]
    assert 0.002 < len(good) / len(found) < 0.10
    assert max(quote.expected for quote in found) < 0.15


def moves(market: Market, life: Life, book: str) -> list[tuple[int, float]]:
    """(when it was seen, no-vig chance of the first outcome) at each change, last six hours."""
    changes: list[tuple[int, float]] = []
    for instant in range(life.start - 3 * HOUR, life.start - 60, 30):
        boards = market.boards(life, instant, {book}, frozenset({"h2h"}))
        if boards:
            first, second = (1 / outcome.price for outcome in boards[0].markets[0].outcomes)
            fair = first / (first + second)
            if not changes or abs(fair - changes[-1][1]) > 0.004:
                changes.append((instant, fair))
    return changes


def first_answers(retail: str, found: list[Life]) -> list[float]:
    """Seconds from a move of the sharp book to the retail book's next move the same way.

    Only moves of the sharp book that nothing of the retail book's precedes by half an hour.
    """
    delays = []
    market = Market(11, NATURAL)
    for life in found:
        sharp, slow = moves(market, life, "pinnacle"), moves(market, life, retail)
        times = [when for when, _ in slow]
        for (_, before), (when, after) in pairwise(sharp):
            index = bisect_right(times, when - 1_800)
            for (_, old), (answered, new) in pairwise(slow[max(index - 1, 0) :]):
                if answered > when + 1_800:
                    break
                if (new > old) == (after > before):
                    delays.append(float(answered - when))
                    break
    return delays


def test_retail_books_move_after_the_sharp_one_the_slower_the_later() -> None:
    found = lives("basketball_nba", 12)
    delays = {book: first_answers(book, found) for book in ("fanduel", "betmgm", "bovada")}
    assert all(len(each) > 40 for each in delays.values())
    middles = [median(each) for each in delays.values()]
    assert middles == sorted(middles)
    assert 30 < middles[0] < 200
    assert 250 < middles[-1] < 900


@pytest.mark.parametrize(
    ("sport", "days", "least"), [("basketball_nba", 500, 2_500), ("soccer_epl", 1_200, 1_300)]
)
def test_what_the_sharp_book_calls_likely_happens_as_often_as_it_says(
    sport: str, days: int, least: int
) -> None:
    """Closing no-vig chances of the home side against results, over all and by fifths.

    Each within 3 binomial standard deviations, and half a per cent for the book's own opinion.
    """
    fifths: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    market = Market(11, NATURAL)
    for life in lives(sport, days):
        boards = market.boards(life, life.start - 120, {"pinnacle"}, frozenset({"h2h"}))
        if boards:
            outcomes = boards[0].markets[0].outcomes
            excess = (sum(1 / outcome.price for outcome in outcomes) - 1) / len(outcomes)
            prices = {outcome.name: outcome.price for outcome in outcomes}
            fair = 1 / prices[life.fixture.home_team] - excess
            home, away = life.score(life.end)
            fifths[int(fair * 5)].append((fair, home > away))
    everything = [pair for found in fifths.values() for pair in found]
    assert len(everything) > least
    assert len(fifths) == 5
    for found in (everything, *fifths.values()):
        said = sum(fair for fair, _ in found)
        deviation = sqrt(sum(fair * (1 - fair) for fair, _ in found))
        assert abs(sum(won for _, won in found) - said) < 3 * deviation + 0.005 * len(found)


def test_a_setting_is_known_by_its_name() -> None:
    assert [setting_of(name) for name in SETTINGS] == [NATURAL, EFFICIENT, EDGE]
    with pytest.raises(UsageError, match="choose from natural, efficient, edge"):
        setting_of("fair")
