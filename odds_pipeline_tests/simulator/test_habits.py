"""The simulated feed has the habits of the recorded one.

Each habit is one statistic and one band. The recorded captures it is stated for must lie in the
band, and so must the simulated ones, which therefore differ by no more than its width. Where the
recorded data are absent the band alone is left; it quotes the measurements of three series (A:
NBA, daily; B: NHL and WNBA, 3.6 captures a day; C: one sweep of 89 sports) and of single bodies.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from statistics import median

import pytest
import requests

from odds_pipeline.catalog.bookmakers import BookClass
from odds_pipeline.simulator.books import SIMULATED_BOOKS
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline_tests.conftest import REPOSITORY
from odds_pipeline_tests.simulator import habits
from odds_pipeline_tests.simulator.habits import HOUR, MINUTE, Capture

DAY = 24 * HOUR
FROM = int(datetime(2025, 11, 3, 21, 27, tzinfo=UTC).timestamp())
SERIES_B_EVERY = 24_100  # 590 captures in 165 days

Captures = list[Capture]


def simulated_captures(sport: str, instants: Iterable[int]) -> Captures:
    clock = SteppedClock(datetime.fromtimestamp(FROM, UTC))
    asked = {
        "apiKey": "k",
        "bookmakers": ",".join(sorted(SIMULATED_BOOKS)),
        "markets": "h2h,spreads,totals",
        "oddsFormat": "decimal",
    }
    found = []
    with RunningSimulator(clock=clock, quota=10**6) as provider, requests.Session() as session:
        for instant in instants:
            clock.set(datetime.fromtimestamp(instant, UTC))
            answer = session.get(f"{provider.url}/v4/sports/{sport}/odds", params=asked)
            answer.raise_for_status()
            found.append(Capture(instant, answer.json()))
    return found


@cache
def simulated(name: str) -> Captures:
    """The simulated captures of a name: as often as those they are compared with."""
    match name:
        case "as_b":
            instants = range(FROM, FROM + 30 * DAY, SERIES_B_EVERY)
            return simulated_captures("basketball_nba", instants)
        case "daily":
            return simulated_captures("basketball_nba", range(FROM, FROM + 25 * DAY, DAY))
        case "minutes":
            evening = range(FROM, FROM + 12 * HOUR, 4 * MINUTE)
            return simulated_captures("basketball_nba", evening)
        case "soccer":
            return simulated_captures("soccer_epl", range(FROM, FROM + 21 * DAY, 9_500))
        case _:
            raise AssertionError(name)


@cache
def recorded(name: str) -> Captures:
    """The recorded captures of a name, or a skipped test."""
    stated = os.environ.get("ODDS_SHARED_DATA")
    data = Path(stated) if stated else REPOSITORY.parent / "shared" / "data"
    folder = data / "odds_api"
    if not folder.is_dir():
        pytest.skip(f"no recorded data at {folder} (set ODDS_SHARED_DATA)")
    match name:
        case "series_a":
            file = folder / "series_nba_au_daily_2026-03-03_06-01.csv.gz"
            return habits.recorded_csv(file, "snapshot_utc")
        case "sweep":
            return habits.recorded_csv(folder / "sweep_2026-04-16_odds.csv.gz", "snapshot_time")
        case "sweep_epl":
            return habits.of_sport(recorded("sweep"), "soccer_epl")
        case "nfl_minutes":
            return [habits.recorded_json(path) for path in sorted(folder.glob("series_nfl*"))]
        case "bodies":
            paths = [path for path in sorted(folder.glob("odds_*")) if "golf" not in path.name]
            return [habits.recorded_json(path) for path in paths]
        case _:
            raise AssertionError(name)


@dataclass(frozen=True, slots=True)
class Habit:
    """One statistic and the band in which it lies.

    Args:
        name: of the test.
        statistic: of captures.
        least: lower end of the band.
        most: upper end.
        sample: simulated captures it is measured on.
        recordings: recorded captures it is measured on too.
    """

    name: str
    statistic: Callable[[Captures], float]
    least: float
    most: float
    sample: str = "as_b"
    recordings: tuple[str, ...] = ()


def overround(market: str, kind: BookClass, part: str) -> Callable[[Captures], float]:
    def statistic(captures: Captures) -> float:
        value: float = getattr(habits.overrounds(captures, market)[kind], part)
        return value

    return statistic


def moved_ahead_of_play(captures: Captures) -> float:
    return habits.start_shifts(habits.ahead_of_play(captures))[0]


def shifts(captures: Captures) -> list[float]:
    return habits.start_shifts(captures)[1]


def exchange_age(captures: Captures) -> float:
    found = habits.ages(captures)
    return median(age.median for book, age in found.items() if book.startswith("betfair_ex"))


def minutes_apart(captures: Captures, least: int, most: int) -> tuple[int, float, float]:
    return habits.changed(captures, lambda gap, left: gap <= 15 * MINUTE and least < left <= most)


RETAIL, SHARP, EXCHANGE = BookClass.RETAIL, BookClass.SHARP, BookClass.EXCHANGE
HABITS = (
    # Stale books are cut at 15 minutes: never above 867, 878, 899 s in 171,000 rows.
    Habit("oldest", lambda c: habits.all_ages(c).top, 700, 900, "as_b", ("series_a", "sweep")),
    # Not a habit of a game but of a scrape: all games of a book carry one time.
    Habit(
        "one stamp a sport",
        habits.stamped_together,
        0.95,
        1.0,
        "as_b",
        ("series_a", "sweep", "nfl_minutes"),
    ),
    # Medians of ages: exchanges 19-29 s over all, here less.
    Habit("exchange age", exchange_age, 8, 32, "as_b", ("series_a", "sweep")),
    # h2h p5 .021, median .043, p95 .073; spreads .047; totals .048; none negative.
    Habit(
        "h2h retail p5",
        overround("h2h", RETAIL, "p5"),
        0.02,
        0.042,
        recordings=("series_a", "sweep", "bodies"),
    ),
    Habit(
        "h2h retail median",
        overround("h2h", RETAIL, "median"),
        0.038,
        0.056,
        recordings=("series_a", "sweep", "bodies"),
    ),
    Habit(
        "h2h retail p95",
        overround("h2h", RETAIL, "p95"),
        0.05,
        0.105,
        recordings=("series_a", "sweep", "bodies"),
    ),
    Habit(
        "h2h sharp median",
        overround("h2h", SHARP, "median"),
        0.02,
        0.038,
        recordings=("sweep", "bodies"),
    ),
    Habit(
        "h2h exchange median",
        overround("h2h", EXCHANGE, "median"),
        0.002,
        0.02,
        recordings=("series_a", "sweep", "bodies"),
    ),
    Habit(
        "h2h never pays out all",
        overround("h2h", EXCHANGE, "low"),
        0.0,
        0.02,
        recordings=("series_a", "sweep", "bodies"),
    ),
    Habit(
        "spreads retail median",
        overround("spreads", RETAIL, "median"),
        0.044,
        0.054,
        recordings=("series_a", "sweep", "bodies", "nfl_minutes"),
    ),
    Habit(
        "spreads sharp median",
        overround("spreads", SHARP, "median"),
        0.02,
        0.038,
        recordings=("sweep", "bodies", "nfl_minutes"),
    ),
    Habit(
        "totals retail median",
        overround("totals", RETAIL, "median"),
        0.044,
        0.054,
        recordings=("sweep", "bodies"),
    ),
    # Spreads mirror in 9,065 of 9,065, totals are equal in 1,216 of 1,216.
    Habit(
        "mirrored spreads",
        habits.mirrored_spreads,
        1.0,
        1.0,
        recordings=("series_a", "sweep", "bodies", "nfl_minutes"),
    ),
    Habit("equal totals", habits.equal_totals, 1.0, 1.0, recordings=("sweep", "bodies")),
    # By name in 99.5 %; the draw last in all.
    Habit(
        "alphabetical",
        habits.alphabetical,
        0.99,
        1.0,
        recordings=("series_a", "sweep", "bodies", "nfl_minutes"),
    ),
    Habit("draw last", habits.draw_last, 1.0, 1.0, "soccer", ("sweep_epl",)),
    # 28 % whole; 14 % quarters over all, and those only in soccer.
    Habit(
        "whole points",
        lambda c: habits.point_kinds(c)["whole"],
        0.15,
        0.55,
        recordings=("series_a", "sweep", "bodies", "nfl_minutes"),
    ),
    Habit(
        "quarters in basketball",
        lambda c: habits.point_kinds(c)["quarter"],
        0.0,
        0.0,
        recordings=("series_a", "bodies"),
    ),
    Habit(
        "quarters in soccer",
        lambda c: habits.point_kinds(c)["quarter"],
        0.03,
        0.25,
        "soccer",
        ("sweep_epl",),
    ),
    # Starts moved in 381 of 686 events of B, which saw 38 % of its games in play; in 31 of 159
    # of A, which saw almost none.
    Habit("starts moved", lambda c: habits.start_shifts(c)[0], 0.46, 0.66),
    Habit("starts moved ahead of play", moved_ahead_of_play, 0.12, 0.36, "daily", ("series_a",)),
    # Median 10 minutes, p90 20, longest 400; 322 of 373 later.
    Habit("shift", lambda c: median(map(abs, shifts(c))), 7, 13, recordings=("series_a",)),
    Habit(
        "later shifts",
        lambda c: habits.share(shift > 0 for shift in shifts(c)),
        0.8,
        0.99,
        recordings=("series_a",),
    ),
    # Non-zero seconds: 0.5 % before the start, 28 of 28 once there are scores.
    Habit("odd seconds before", lambda c: habits.odd_seconds(c)[0], 0.0, 0.03, "as_b", ("bodies",)),
    Habit("odd seconds after", lambda c: habits.odd_seconds(c)[1], 0.75, 1.0, "as_b", ("bodies",)),
    # Listed up to 3.7 h (NHL) and 2.6 h (WNBA) after the start.
    Habit("hours in play", habits.hours_in_play, 2.0, 3.8, "minutes", ("series_a", "bodies")),
    # In-play prices reach 1.00 and 80 in A, 1000 over all.
    Habit(
        "shortest in play",
        lambda c: habits.prices_in_play(c).low,
        1.0,
        1.03,
        "minutes",
        ("series_a", "bodies"),
    ),
    Habit(
        "longest in play",
        lambda c: habits.prices_in_play(c).top,
        20,
        1_001,
        "minutes",
        ("series_a", "bodies"),
    ),
    # 7 of 2,436 events without a bookmaker.
    Habit("no bookmakers", habits.without_books, 0.0005, 0.02, "as_b", ("bodies",)),
    # Bookmaker's time never before the market's nor 2 s after it; the same in 79.5 %.
    Habit(
        "market stamped first",
        lambda c: habits.update_gaps(c).low,
        0,
        0,
        "as_b",
        ("bodies", "nfl_minutes"),
    ),
    Habit(
        "market stamped at most 2 s before",
        lambda c: habits.update_gaps(c).top,
        1,
        2,
        "as_b",
        ("bodies", "nfl_minutes"),
    ),
    Habit("stamped as one", habits.updated_together, 0.65, 0.98, "as_b", ("bodies", "nfl_minutes")),
    # Three to five minutes apart, far from the start: 2 of 1,884 prices changed, all stamps did.
    Habit(
        "re-priced far off",
        lambda c: minutes_apart(c, DAY, 999 * DAY)[1],
        0.0002,
        0.006,
        "minutes",
        ("nfl_minutes",),
    ),
    Habit(
        "re-stamped far off",
        lambda c: minutes_apart(c, DAY, 999 * DAY)[2],
        0.93,
        1.0,
        "minutes",
        ("nfl_minutes",),
    ),
    # Near the start no recording has captures minutes apart; 5-15 % is what is planned with.
    Habit("re-priced near", lambda c: minutes_apart(c, 0, HOUR)[1], 0.03, 0.15, "minutes"),
    Habit(
        "re-priced in a day",
        lambda c: habits.changed(c, lambda gap, _: gap < 26 * HOUR)[1],
        0.6,
        0.95,
        "daily",
        ("series_a",),
    ),
)

# Medians of the age of last_update, seconds, and shares of event-snapshots priced (series B).
AGES = {"pinnacle": 27, "draftkings": 52, "fanduel": 54, "williamhill_us": 99, "bovada": 204}
PRESENCE = {"draftkings": 0.973, "fanduel": 0.979, "betmgm": 0.944, "betrivers": 0.746}


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.name)
def test_the_simulated_feed_has_the_habit(habit: Habit) -> None:
    assert habit.least <= habit.statistic(simulated(habit.sample)) <= habit.most


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("habit", "recording"),
    [
        pytest.param(habit, recording, id=f"{habit.name} in {recording}")
        for habit in HABITS
        for recording in habit.recordings
    ],
)
def test_the_recorded_feed_has_the_habit(habit: Habit, recording: str) -> None:
    assert habit.least <= habit.statistic(recorded(recording)) <= habit.most


@pytest.mark.parametrize("book", AGES)
def test_a_book_is_as_old_as_measured(book: str) -> None:
    found = habits.ages(simulated("minutes") + simulated("as_b"))[book]
    assert found.median == pytest.approx(AGES[book], rel=0.25)
    assert 1.7 * found.median < found.p95 < 4 * found.median


@pytest.mark.parametrize("book", PRESENCE)
def test_a_book_is_missing_as_often_as_measured(book: str) -> None:
    assert habits.presence(simulated("as_b"))[book] == pytest.approx(PRESENCE[book], abs=0.06)


def test_ids_and_teams_are_stable_and_no_book_offers_an_outcome_twice() -> None:
    teams: dict[str, set[tuple[str, str]]] = {}
    for capture in simulated("as_b"):
        for event in capture.events:
            pair = (event["home_team"], event["away_team"])
            teams.setdefault(event["id"], set()).add(pair)
    assert {len(pairs) for pairs in teams.values()} == {1}
    for board in habits.boards(simulated("as_b")):
        names = [outcome["name"] for outcome in board.market["outcomes"]]
        assert len(set(names)) == len(names)
