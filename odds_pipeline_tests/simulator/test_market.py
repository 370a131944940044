"""Properties of the simulated market at any seed and any instant."""

from datetime import UTC, datetime
from itertools import pairwise
from statistics import mean, median

from hypothesis import given, settings
from hypothesis import strategies as st

from odds_pipeline.settings import DEFAULT_BOOKMAKERS
from odds_pipeline.simulator.books import SIMULATED_BOOKS
from odds_pipeline.simulator.life import Life, life_of
from odds_pipeline.simulator.market import BookBoard, Market, MarketBoard
from odds_pipeline.simulator.schedule import DAY, EPOCH_ORDINAL, fixtures_of
from odds_pipeline.simulator.sports import SIMULATED_SPORTS

PLAYED = sorted(key for key, sport in SIMULATED_SPORTS.items() if sport.active)
BOOKS = frozenset(SIMULATED_BOOKS)
MARKETS = frozenset({"h2h", "h2h_lay", "spreads", "totals"})
FIRST, LAST = (int(datetime(year, 6, 6, tzinfo=UTC).timestamp()) for year in (2020, 2028))

sports = st.sampled_from(PLAYED)
seeds = st.integers(0, 2**32)
instants = st.integers(FIRST, LAST)
quick = settings(max_examples=40, deadline=None)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def whole_board(market: Market, sport: str, instant: int) -> list[tuple[Life, BookBoard]]:
    return [
        (life, board)
        for life in market.listed(sport, instant)
        for board in market.boards(life, instant, BOOKS, MARKETS)
    ]


def market_boards(market: Market, sport: str, instant: int) -> list[MarketBoard]:
    return [board for _, book in whole_board(market, sport, instant) for board in book.markets]


def games(seed: int, sport: str, first_day: str, days: int) -> list[Life]:
    first = at(first_day) // DAY + EPOCH_ORDINAL
    return [
        life_of(seed, fixture)
        for day in range(first, first + days)
        for fixture in fixtures_of(seed, sport, day)
    ]


@quick
@given(seeds, sports, instants)
def test_same_question_same_answer(seed: int, sport: str, instant: int) -> None:
    life_of.cache_clear()
    fixtures_of.cache_clear()
    first = whole_board(Market(seed), sport, instant)
    whole_board(Market(seed), sport, instant + 7_777)
    life_of.cache_clear()
    fixtures_of.cache_clear()
    assert whole_board(Market(seed), sport, instant) == first


@quick
@given(seeds, sports, instants)
def test_boards_are_laid_out_as_the_provider_lays_them_out(
    seed: int, sport: str, instant: int
) -> None:
    for board in market_boards(Market(seed), sport, instant):
        names = [outcome.name for outcome in board.outcomes]
        points = [outcome.point for outcome in board.outcomes]
        sides = [name for name in names if name != "Draw"]
        assert sides == sorted(sides)
        assert len(set(names)) == len(names)
        assert all(outcome.price > 1.0 for outcome in board.outcomes)
        steps = 4 if sport.startswith("soccer_") else 2
        assert all(point is None or (point * steps).is_integer() for point in points)
        match board.market:
            case "spreads":
                assert points[0] == -points[1]  # type: ignore[operator]
            case "totals":
                assert names == ["Over", "Under"]
                assert points[0] == points[1]
            case _:
                assert points == [None] * len(points)
                assert ("Draw" in names) == sport.startswith("soccer_")
                assert "Draw" not in names[:-1]


@quick
@given(seeds, sports, instants)
def test_nothing_shown_is_older_than_15_minutes_or_from_the_future(
    seed: int, sport: str, instant: int
) -> None:
    for _, book in whole_board(Market(seed), sport, instant):
        assert 0 <= instant - book.last_update <= 15 * 60
        for board in book.markets:
            assert 0 <= book.last_update - board.last_update <= 2


@quick
@given(seeds, sports, instants)
def test_a_board_changes_only_with_its_last_update(seed: int, sport: str, instant: int) -> None:
    market = Market(seed)

    def prices(when: int) -> dict[tuple[str, str, str], tuple[int, object]]:
        return {
            (life.fixture.event_id, book.book.key, board.market): (
                board.last_update,
                board.outcomes,
            )
            for life, book in whole_board(market, sport, when)
            for board in book.markets
        }

    before, after = prices(instant), prices(instant + 20)
    for key in before.keys() & after.keys():
        assert before[key][0] <= after[key][0]
        if before[key][0] == after[key][0]:
            assert before[key] == after[key]


@quick
@given(seeds, sports, instants)
def test_games_are_listed_by_start_and_leave_two_to_four_hours_after_it(
    seed: int, sport: str, instant: int
) -> None:
    listed = Market(seed).listed(sport, instant)
    starts = [life.stated_start(instant) for life in listed]
    assert starts == sorted(starts)
    for life in listed:
        assert len(life.fixture.event_id) == 32
        assert instant - life.start < 4 * 3600
        assert 2 * 3600 <= life.gone - life.start <= 4 * 3600
        assert life.start % 60 != 0
        assert life.stated_start(life.listed) % 60 == 0
        assert life.stated_start(life.noticed) == life.start


@quick
@given(seeds, sports, instants, st.sampled_from([None, 1, 2, 3]))
def test_scores_stand_only_where_play_has_begun(
    seed: int, sport: str, instant: int, days_from: int | None
) -> None:
    for score in Market(seed).scores(sport, instant, days_from):
        assert (score.points is None) == (instant < score.life.noticed)
        assert (score.last_update is None) == (score.points is None)
        assert score.completed == (instant >= score.life.completed)
        if score.completed:
            assert days_from is not None
            assert score.life.start >= instant - days_from * DAY


@quick
@given(seeds, sports, st.integers(738_000, 741_000))
def test_points_never_fall_and_a_points_game_never_ends_level(
    seed: int, sport: str, day: int
) -> None:
    for fixture in fixtures_of(seed, sport, day):
        life = life_of(seed, fixture)
        path = [life.score(when) for when in range(life.start, life.end + 600, 300)]
        assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(path))
        assert min(path[0]) >= 0
        if not sport.startswith("soccer_"):
            assert path[-1][0] != path[-1][1]


def test_results_are_drawn_from_the_probabilities_of_the_truth() -> None:
    """Wins, covers and overs at the start's true probabilities: within 4 standard errors."""
    for sport, days in (("basketball_nba", 300), ("soccer_epl", 900)):
        wins, covers, overs = [], [], []
        for life in games(5, sport, "2023-01-02", days):
            belief = life.belief(life.start - 60)
            home, away = life.score(life.end)
            wins.append((home > away) - belief.sides()[0])
            spread, total = round(-belief.fair_margin()) + 0.5, round(belief.fair_total()) + 0.5
            covers.append((home - away + spread > 0) - belief.cover(spread))
            overs.append((home + away > total) - belief.over(total))
        for surprises in (wins, covers, overs):
            error = (mean(miss**2 for miss in surprises) / len(surprises)) ** 0.5
            assert len(surprises) > 1_000
            assert abs(mean(surprises)) < 4 * error


def test_overrounds_are_those_measured_at_the_provider() -> None:
    found: dict[tuple[str, str], list[float]] = {}
    for day in range(60):
        instant = at("2024-11-03T20:00:00Z") + day * DAY
        for life, book in whole_board(Market(3), "basketball_nba", instant):
            for board in book.markets:
                if instant < life.start and not board.market.endswith("_lay"):
                    overround = sum(1 / outcome.price for outcome in board.outcomes) - 1
                    found.setdefault((board.market, book.book.key), []).append(overround)

    def middle(market: str, *books: str) -> float:
        return median(value for book in books for value in found[market, book])

    retail = set(DEFAULT_BOOKMAKERS) - {"circasports", "pinnacle"}
    assert 0.039 < middle("h2h", *retail) < 0.048
    assert 0.043 < middle("spreads", *retail) < 0.052
    assert 0.043 < middle("totals", *retail) < 0.052
    assert 0.022 < middle("h2h", "pinnacle") < 0.028
    assert 0.0 <= middle("h2h", "betfair_ex_eu") < 0.01
    assert min(min(values) for values in found.values()) > -0.005


def test_lay_prices_stand_above_the_back_prices_of_an_exchange() -> None:
    seen = 0
    for _, book in whole_board(Market(1), "soccer_epl", at("2025-03-01T09:00:00Z")):
        boards = {board.market: board.outcomes for board in book.markets}
        if "h2h_lay" in boards:
            seen += 1
            assert book.book.key == "betfair_ex_eu"
            for back, lay in zip(boards["h2h"], boards["h2h_lay"], strict=True):
                assert (lay.name, lay.price > back.price) == (back.name, True)
    assert seen


def test_books_and_markets_are_missing_now_and_then_and_circasports_always() -> None:
    asked = frozenset(DEFAULT_BOOKMAKERS)
    counts: list[int] = []
    incomplete = 0
    for day in range(30):
        instant = at("2025-01-10T21:00:00Z") + day * DAY
        for life in Market(1).listed("basketball_nba", instant):
            books = Market(1).boards(life, instant, asked, MARKETS - {"h2h_lay"})
            counts.append(len(books))
            incomplete += any(len(book.markets) < 3 for book in books)
            assert "circasports" not in {book.book.key for book in books}
    assert max(counts) == len(asked) - 1
    assert 6 < mean(counts) < 7
    assert incomplete


def test_a_new_listing_has_no_books_yet() -> None:
    empty = [
        life
        for life in games(1, "basketball_nba", "2025-01-10", 20)
        if not Market(1).boards(life, life.listed, BOOKS, MARKETS)
    ]
    assert len(empty) > 10


def test_starts_are_restated_for_a_quarter_of_the_games() -> None:
    lives = games(1, "basketball_nba", "2024-01-01", 200)
    moved = [life for life in lives if life.restatements]
    assert 0.2 < len(moved) / len(lives) < 0.35


def test_a_game_called_off_leaves_both_feeds_without_a_word() -> None:
    market, found = Market(1), 0
    for life in games(1, "basketball_nba", "2024-01-01", 300):
        if life.called_off is None:
            continue
        found += 1
        last = life.called_off - 1
        assert life.listed < last < life.start
        for instant, seen in ((last, True), (life.called_off, False), (life.end, False)):
            scores = [score.life for score in market.scores("basketball_nba", instant, 3)]
            assert (life in market.listed("basketball_nba", instant)) is seen
            assert (life in scores) is seen
    assert 2 <= found <= 20


def test_a_game_put_off_to_the_next_day_stays_listed_under_its_id_until_it_is_over() -> None:
    market, found = Market(1), 0
    for life in games(1, "basketball_nba", "2024-01-01", 300):
        if life.called_off is not None or life.start - life.fixture.scheduled < DAY:
            continue
        found += 1
        for instant in range(life.listed, life.gone, 1_800):
            assert life in market.listed("basketball_nba", instant)
        assert life.stated_start(life.noticed - 1) == life.fixture.scheduled + DAY
    assert found >= 2


def test_an_nba_night_has_three_or_four_tips_and_five_to_eight_games() -> None:
    for day in range(at("2025-03-01T00:00Z") // DAY + EPOCH_ORDINAL, 739_400):
        night = fixtures_of(1, "basketball_nba", day)
        teams = [team for game in night for team in (game.home_team, game.away_team)]
        assert 5 <= len(night) <= 8
        assert 3 <= len({game.scheduled for game in night}) <= 4
        assert len(set(teams)) == len(teams)


@quick
@given(seeds, st.sampled_from(["americanfootball_nfl", "soccer_epl"]), st.integers(5_000, 106_000))
def test_no_team_plays_twice_in_a_weekly_round(seed: int, sport: str, week: int) -> None:
    days = range(week * 7 + 3, week * 7 + 10)
    found = [game for day in days for game in fixtures_of(seed, sport, day)]
    teams = [team for game in found for team in (game.home_team, game.away_team)]
    assert found
    assert len(set(teams)) == len(teams)


def test_nothing_is_played_on_december_24th_and_nothing_listed_in_the_idle_week() -> None:
    assert fixtures_of(1, "basketball_nba", datetime(2025, 12, 24, tzinfo=UTC).toordinal()) == ()
    assert Market(1).listed("basketball_nba", at("2025-02-15T12:00:00Z")) == []


def test_sharp_books_follow_the_truth_more_closely() -> None:
    misses: dict[str, list[float]] = {"pinnacle": [], "betrivers": []}
    for life in games(1, "basketball_nba", "2024-01-01", 60):
        instant = life.start - 1800
        truth = life.belief(instant).fair_total()
        for board in Market(1).boards(life, instant, misses.keys(), {"totals"}):
            point = board.markets[0].outcomes[0].point
            assert point is not None
            misses[board.book.key].append(abs(point - truth))
    assert mean(misses["pinnacle"]) < 0.8 * mean(misses["betrivers"])
