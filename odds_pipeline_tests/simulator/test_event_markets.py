"""Markets that are served one event at a time: priced from the truth, and consistent with it."""

from datetime import UTC, datetime
from statistics import mean

import pytest

from odds_pipeline.simulator.books import SIMULATED_BOOKS
from odds_pipeline.simulator.life import Life
from odds_pipeline.simulator.market import Market, MarketBoard
from odds_pipeline.simulator.pricing.counts import over
from odds_pipeline.simulator.pricing.outcomes import Ask, PricedOutcome
from odds_pipeline.simulator.pricing.parts import of_period, three_way
from odds_pipeline.simulator.pricing.rosters import roster
from odds_pipeline.simulator.pricing.table import event_markets, price
from odds_pipeline.simulator.scoring import PointsBelief
from odds_pipeline.simulator.sports import SIMULATED_SPORTS

SATURDAY = int(datetime(2025, 11, 22, 15, 30, tzinfo=UTC).timestamp())
PLAYED = ("basketball_nba", "americanfootball_nfl", "soccer_epl")
MARKET = Market(1)
FANDUEL = SIMULATED_BOOKS["fanduel"]


def ahead(sport_key: str) -> Life:
    """The first game that has not begun."""
    return next(life for life in MARKET.listed(sport_key, SATURDAY) if life.start > SATURDAY)


def ask(sport_key: str, book: str = "fanduel", seconds: int = 3_600) -> Ask:
    """A game so long before its start, as a book without an opinion of its own sees it."""
    life = ahead(sport_key)
    updated = life.start - seconds
    return Ask(life, SIMULATED_BOOKS[book], life.belief(updated), updated)


def implied(outcome: PricedOutcome) -> float:
    return 1.0 / outcome.price


@pytest.mark.parametrize("sport_key", PLAYED)
def test_every_market_of_a_sport_is_priced_by_somebody(sport_key: str) -> None:
    wanted = ask(sport_key)
    assert {key for key in event_markets(sport_key) if price(key, wanted)} == event_markets(
        sport_key
    )


@pytest.mark.parametrize("sport_key", PLAYED)
def test_both_sides_of_a_line_pay_the_book_and_no_more(sport_key: str) -> None:
    wanted = ask(sport_key)
    away = wanted.life.fixture.away_team
    pairs: dict[object, list[PricedOutcome]] = {}
    for market in event_markets(sport_key):
        if market.startswith(("player_", "h2h", "double_chance")):
            continue
        for outcome in price(market, wanted):
            point = outcome.point or 0.0
            mirrored = "spreads" in market and outcome.name == away
            line = (market, -point if mirrored else point, outcome.description)
            pairs.setdefault(line, []).append(outcome)
    assert len(pairs) > 20
    for pair in pairs.values():
        assert len(pair) == 2
        assert 0.98 < sum(map(implied, pair)) < 1.12


def test_a_ladder_falls_from_line_to_line() -> None:
    for market in ("alternate_spreads", "alternate_spreads_q1"):
        ladder = price(market, ask("basketball_nba"))
        for team in {outcome.name for outcome in ladder}:
            prices = [outcome.price for outcome in ladder if outcome.name == team]
            assert len(prices) >= 8
            assert prices == sorted(prices, reverse=True)  # more points given, a lower price
    overs = [o for o in price("alternate_totals", ask("basketball_nba")) if o.name == "Over"]
    assert [o.price for o in overs] == sorted(o.price for o in overs)


def test_the_ladder_agrees_with_the_main_line() -> None:
    life = ahead("basketball_nba")
    markets = {"spreads", "alternate_spreads", "totals", "team_totals"}
    boards = MARKET.boards(life, life.start - 600, SIMULATED_BOOKS.keys(), markets)
    board = next(board for board in boards if len(board.markets) == len(markets))
    lines = {market.market: market.outcomes for market in board.markets}
    main = {outcome.name: outcome for outcome in lines["spreads"]}
    for outcome in lines["alternate_spreads"]:
        assert outcome.point != main[outcome.name].point
        assert (outcome.point > main[outcome.name].point) == (  # type: ignore[operator]
            outcome.price < main[outcome.name].price
        )
    teams = [outcome.point for outcome in lines["team_totals"] if outcome.name == "Over"]
    assert sum(filter(None, teams)) == pytest.approx(lines["totals"][0].point, abs=2.0)


def test_a_period_has_its_share_of_the_game() -> None:
    whole = PointsBelief(6.0, 226.0, 12.0, 18.0)
    half, quarter = of_period(whole, 1 / 2), of_period(whole, 1 / 4)
    assert (half.fair_margin(), quarter.fair_total()) == (3.0, 56.5)
    # The shorter the period, the nearer to even, and the likelier a level score.
    assert whole.sides()[0] > half.sides()[0] > quarter.sides()[0] > 0.5
    assert three_way(whole)[2] < three_way(half)[2] < three_way(quarter)[2]
    assert sum(three_way(half)) == pytest.approx(1.0)


def test_first_halves_end_as_often_over_as_their_price_says() -> None:
    wins, chances = [], []
    for day in range(60):
        for life in MARKET.listed("basketball_nba", SATURDAY + day * 86_400):
            if life.start - SATURDAY - day * 86_400 > 86_400:
                continue
            half = of_period(life.belief(life.start - 1), 1 / 2)
            home, away = life.score((life.start + life.end) / 2)
            chances.append(half.over(half.fair_total() // 1 + 0.5))
            wins.append(home + away > half.fair_total() // 1 + 0.5)
    assert len(wins) > 300
    assert mean(wins) == pytest.approx(mean(chances), abs=0.08)


def test_draws_are_results_in_football_alone() -> None:
    wanted = ask("soccer_epl")
    home, away, draw = wanted.belief.sides()
    no_bet = {outcome.name: implied(outcome) for outcome in price("draw_no_bet", wanted)}
    fixture = wanted.life.fixture
    assert no_bet[fixture.home_team] == pytest.approx(home / (home + away), abs=0.06)
    double = {outcome.name: implied(outcome) for outcome in price("double_chance", wanted)}
    assert double[f"{fixture.home_team} or Draw"] == pytest.approx(home + draw, abs=0.06)
    assert {outcome.name for outcome in price("btts", wanted)} == {"Yes", "No"}
    assert price("h2h_3_way", wanted)[-1].name == "Draw"
    for market in ("draw_no_bet", "double_chance", "btts"):
        assert price(market, ask("basketball_nba")) == ()


def test_both_teams_to_score_is_settled_once_they_have() -> None:
    life = next(
        life
        for life in MARKET.listed("soccer_epl", SATURDAY)
        if min(life.score(life.end)) > 0 and life.end < SATURDAY + 86_400 * 7
    )
    assert price("btts", Ask(life, FANDUEL, life.belief(life.start - 60), life.start - 60))
    assert price("btts", Ask(life, FANDUEL, life.belief(life.end - 1), life.end - 1)) == ()


@pytest.mark.parametrize(
    ("sport_key", "market"),
    [
        ("basketball_nba", "player_points"),
        ("basketball_nba", "player_points_rebounds_assists"),
        ("americanfootball_nfl", "player_pass_yds"),
        ("americanfootball_nfl", "player_receptions"),
    ],
)
def test_players_over_and_under(sport_key: str, market: str) -> None:
    wanted = ask(sport_key)
    outcomes = price(market, wanted)
    fixture = wanted.life.fixture
    names = {
        player.name
        for team in (fixture.home_team, fixture.away_team)
        for player in roster(sport_key, team)
    }
    assert {outcome.description for outcome in outcomes} <= names
    for one, other in zip(outcomes[::2], outcomes[1::2], strict=True):
        assert (one.name, other.name) == ("Over", "Under")
        assert (one.description, one.point) == (other.description, other.point)
        assert one.point is not None
        assert one.point % 1 == 0.5
        assert 1.0 < implied(one) + implied(other) < 1.1


def test_the_best_player_has_the_highest_line() -> None:
    wanted = ask("basketball_nba")
    lines = {
        outcome.description: outcome.point or 0.0 for outcome in price("player_points", wanted)
    }
    for team in (wanted.life.fixture.home_team, wanted.life.fixture.away_team):
        shown = [
            lines[player.name] for player in roster("basketball_nba", team) if player.name in lines
        ]
        assert shown[0] == max(shown) > min(shown) == shown[-1]


def test_somebody_scores_a_touchdown() -> None:
    outcomes = price("player_anytime_td", ask("americanfootball_nfl"))
    assert outcomes
    assert {outcome.name for outcome in outcomes} == {"Yes"}
    assert all(outcome.point is None and outcome.description for outcome in outcomes)


def test_bets_on_players_open_late_and_shut_at_the_start_and_are_a_retail_matter() -> None:
    assert price("player_points", ask("basketball_nba", seconds=30 * 3_600))
    assert price("player_points", ask("basketball_nba", seconds=60 * 3_600)) == ()
    assert price("player_points", ask("basketball_nba", seconds=0)) == ()
    assert price("player_points", ask("basketball_nba", "pinnacle")) == ()
    assert price("spreads_h1", ask("basketball_nba", seconds=0)) == ()
    assert price("alternate_spreads", ask("basketball_nba", "betfair_ex_eu")) == ()
    assert price("alternate_spreads", ask("basketball_nba", seconds=-60))


def test_no_two_players_of_a_league_share_a_name() -> None:
    for sport_key, size in (("basketball_nba", 8), ("americanfootball_nfl", 7)):
        teams = SIMULATED_SPORTS[sport_key].teams
        names = [player.name for team in teams for player in roster(sport_key, team)]
        assert len(set(names)) == len(names) == size * len(teams)
    assert roster("soccer_epl", "Arsenal") == ()


@pytest.mark.parametrize("average", [0.6, 2.8, 5.9, 6.1, 26.0, 235.0])
def test_a_count_exceeds_its_mean_about_half_the_time(average: float) -> None:
    assert over(average, 1.5, average // 1 + 0.5) == pytest.approx(0.5, abs=0.2)
    assert over(average, 1.5, 0.5) > over(average, 1.5, average + 2.5)


def test_a_board_is_a_function_of_seed_and_instant() -> None:
    def shown(market: Market) -> list[MarketBoard]:
        life = next(
            life for life in market.listed("basketball_nba", SATURDAY) if life.start > SATURDAY
        )
        keys = event_markets("basketball_nba")
        return [
            board
            for book in market.boards(life, SATURDAY, {"fanduel", "betmgm"}, keys)
            for board in book.markets
        ]

    assert shown(Market(1)) == shown(Market(1))
    assert shown(Market(1)) != shown(Market(2))
