"""The planner on the starts of 406 real games, with the month known and day by day."""

import csv
import gzip
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.planning import comparison, table
from odds_pipeline.planning.budget import calls_today, month_end
from odds_pipeline.planning.captures import DAY, Plan, PlannedCapture, Window, day_window
from odds_pipeline.planning.outlook import outlook
from odds_pipeline.planning.policies import Cadence, SamplingMode, plan
from odds_pipeline.planning.representative import Game, representative
from odds_pipeline.planning.score_times import score_times
from odds_pipeline.planning.selection import choose, is_closing

pytestmark = pytest.mark.shared_data

SERIES = "odds_api/series_nba_au_daily_2026-03-03_06-01.csv.gz"
PLAYED = timedelta(hours=3)
COST, SCORES = 3, 2
CLOSE = timedelta(minutes=3)
MONTHS = [
    Window(datetime(2026, month, 1, tzinfo=UTC), datetime(2026, month + 1, 1, tzinfo=UTC))
    for month in (3, 4, 5)
]


@pytest.fixture(scope="module")
def games(shared_data: Path) -> list[Game]:
    text = io.StringIO(gzip.decompress((shared_data / SERIES).read_bytes()).decode())
    return list(
        {
            row["event_id"]: Game(
                row["event_id"],
                datetime.fromisoformat(row["commence_time"]),
                row["home_team"],
                row["away_team"],
            )
            for row in csv.DictReader(text)
        }.values()
    )


@pytest.fixture(scope="module")
def starts(games: list[Game]) -> list[datetime]:
    return sorted(game.commence_time for game in games)


def planned(window: Window, starts: list[datetime], credits: int) -> tuple[Plan, int]:
    """The plan of a month whose games are known, and what its scores cost."""
    scores = SCORES * len(score_times(window, [start + PLAYED for start in starts]))
    wanted = plan(SamplingMode.PLANNED, Cadence(), window, starts)
    return choose(wanted, starts, (credits - scores) // COST), scores


def test_the_full_plan_of_march_costs_more_than_two_thousand(starts: list[datetime]) -> None:
    assert len(starts) == 406
    full, scores = planned(MONTHS[0], starts, 10_000)
    assert COST * len(full.captures) + scores == 2_113
    fixed = plan(SamplingMode.FIXED, Cadence(), Window(*day_window(date(2026, 4, 1))), starts)
    assert 30 * COST * len(fixed) == 4_320


@pytest.mark.parametrize("month", MONTHS)
def test_two_thousand_a_month_keep_every_close(month: Window, starts: list[datetime]) -> None:
    chosen, scores = planned(month, starts, 2_000)
    here = [start for start in starts if month.begin <= start < month.end]
    seen = outlook(chosen.captures, here, COST)
    assert seen.credits + scores <= 2_000
    assert seen.missed == 0
    assert seen.mean_gap is not None
    assert seen.mean_gap <= timedelta(minutes=2.5)


def test_three_hundred_keep_the_most_valuable_closes(starts: list[datetime]) -> None:
    month = MONTHS[0]
    closes = {
        c.slot_time for c in plan(SamplingMode.PLANNED, Cadence(), month, starts) if is_closing(c)
    }
    here = {start for start in starts if month.begin <= start < month.end}
    assert COST * len(here) == 447
    assert COST * len(closes) == 441  # two pairs of starts share a snapshot of the feed
    chosen, scores = planned(month, starts, 300)
    assert COST * len(chosen.captures) + scores <= 300
    assert all(is_closing(capture) for capture in chosen.captures)

    def closed(capture: PlannedCapture) -> int:
        starts_closed = [s for s in capture.starts_served if s - capture.slot_time <= CLOSE]
        return sum(starts.count(start) for start in starts_closed)

    left = [one.capture for one in chosen.refused if is_closing(one.capture)]
    assert max(map(closed, left)) <= min(map(closed, chosen.captures))
    assert all(one.reason for one in chosen.refused)


@pytest.mark.parametrize("quota", [300, 1_000, 2_000])
def test_day_by_day_the_month_holds(starts: list[datetime], quota: int) -> None:
    for month in MONTHS:
        captures, spent = _day_by_day(month, starts, quota)
        assert spent <= quota
        here = [start for start in starts if month.begin + DAY <= start < month.end]
        seen = outlook(captures, here, COST)
        if quota >= 1_000:
            assert seen.missed == 0
            assert seen.mean_gap is not None
            assert seen.mean_gap <= timedelta(minutes=2.5)


def _day_by_day(
    month: Window, starts: list[datetime], quota: int
) -> tuple[list[PlannedCapture], int]:
    """A month of which each day knows only the games of the next three."""
    made: list[PlannedCapture] = []
    spent = 0
    for day in month.days():
        today = day_window(day)
        known = [start for start in starts if start < today.begin + 3 * DAY]
        wanted = [
            plan(SamplingMode.PLANNED, Cadence(), day_window(day + DAY * ahead), known)
            for ahead in range(2)
        ]
        days_left = (month_end(today.begin).date() - day).days
        left = quota - spent - 2 * SCORES * days_left
        calls = calls_today([len(one) for one in wanted], days_left, left, COST)
        kept = choose(wanted[0], known, calls).captures
        scores = score_times(today, [start + PLAYED for start in known])
        made += kept
        spent += COST * len(kept) + SCORES * len(scores)
    return made, spent


def test_a_fifth_of_the_games_stands_for_all(games: list[Game]) -> None:
    sample = representative(games)
    assert sample == representative(list(reversed(games)))
    spread = sample.spread
    assert (spread.games, spread.chosen) == (406, 81)
    assert spread.teams == spread.teams_covered == 30
    low, high = spread.team_share
    assert 0.15 <= low <= high <= 0.25
    assert spread.pairings_covered == 81
    assert spread.days_covered >= 55
    assert representative(games, seed=1).games != sample.games


def test_the_docs_show_the_comparison_as_it_is(starts: list[datetime]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "collection.md").read_text()
    shown = page.partition("shared/data -->\n")[2].partition("<!-- end -->")[0]
    assert shown == table(comparison(starts))
