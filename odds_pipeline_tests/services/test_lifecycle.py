"""Scores when they are due; slots that follow moved, postponed and twofold games."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.services.collect import collect_events, collect_scores
from odds_pipeline.services.gaps import find_missed, open_gaps
from odds_pipeline.services.lifecycle import scores_tick
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.sampling import tick
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline_tests.services.books import rows
from odds_pipeline_tests.services.documents import NOON, event, store

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def _list(platform: Platform, at: datetime, *events: dict[str, Any]) -> None:
    listed = [{k: v for k, v in one.items() if k != "bookmakers"} for one in events]
    store(platform, listed, at, "events")
    finish_pending(platform)


def _starting(event_id: str, start: datetime) -> dict[str, Any]:
    return event(event_id, commence_time=f"{start:%Y-%m-%dT%H:%M:%SZ}")


def _planned(platform: Platform, clock: SteppedClock, at: datetime) -> list[datetime]:
    """The slots ahead after a tick of the planned mode."""
    clock.set(at)
    tick(platform, SamplingMode.PLANNED)
    found = rows(
        platform,
        """SELECT slot_time FROM slots WHERE purpose = 'live' AND status = 'planned'
          AND slot_time > %s ORDER BY slot_time""",
        at,
    )
    return [moment for (moment,) in found]


@pytest.mark.parametrize("start", [NOON + 8 * HOUR, NOON + 11 * HOUR], ids=["day", "midnight"])
def test_a_start_moved_by_two_hours_takes_its_slots_along(
    platform: Platform, clock: SteppedClock, start: datetime
) -> None:
    _list(platform, NOON, _starting("a", start))
    before = _planned(platform, clock, NOON + MINUTE)
    assert before[-1] == start - 2 * MINUTE
    moved = start + 2 * HOUR
    _list(platform, NOON + HOUR, _starting("a", moved))
    after = _planned(platform, clock, NOON + HOUR + MINUTE)
    assert after[-1] == moved - 2 * MINUTE
    assert start - 2 * MINUTE not in after
    # What changed before its time is no missed capture.
    clock.set(moved - 3 * MINUTE)
    find_missed(platform, SamplingMode.PLANNED)
    assert {gap.slot_time for gap in open_gaps(platform).gaps} <= set(after)


def test_a_postponed_game_is_no_reason_to_pay_and_leaves_no_gap(
    platform: Platform, clock: SteppedClock
) -> None:
    start = NOON + 8 * HOUR
    _list(platform, NOON, _starting("a", start), _starting("b", start + HOUR))
    assert start - 2 * MINUTE in _planned(platform, clock, NOON + MINUTE)
    moved = start + timedelta(days=1)
    _list(platform, start - 3 * HOUR, _starting("a", moved), _starting("b", start + HOUR))
    after = _planned(platform, clock, start - 3 * HOUR + MINUTE)
    assert start - 2 * MINUTE not in after
    assert start + HOUR - 2 * MINUTE in after
    assert moved - 2 * MINUTE not in after
    [status] = rows(
        platform,
        "SELECT status FROM events_as_of(%s, 'infinity') WHERE id = 'a'",
        clock.now(),
    )
    assert status == ("postponed",)
    # It is played another day: from the evening it was put off, its new close is planned.
    _list(platform, start + 7 * HOUR, _starting("a", moved))
    assert moved - 2 * MINUTE in _planned(platform, clock, start + 7 * HOUR)


def test_an_event_that_left_the_feed_takes_its_slots_along(
    platform: Platform, clock: SteppedClock
) -> None:
    start = NOON + 8 * HOUR
    _list(platform, NOON, _starting("a", start))
    assert _planned(platform, clock, NOON + MINUTE)
    _list(platform, NOON + HOUR)
    assert _planned(platform, clock, NOON + HOUR + MINUTE) == []
    clock.set(start)
    find_missed(platform, SamplingMode.PLANNED)
    assert open_gaps(platform).gaps == ()


def test_both_games_of_a_doubleheader_have_their_closing_slots(
    platform: Platform, clock: SteppedClock
) -> None:
    first, second = NOON + 5 * HOUR, NOON + 9 * HOUR
    _list(platform, NOON, _starting("a", first), _starting("b", second))
    planned = _planned(platform, clock, NOON + MINUTE)
    assert {first - 2 * MINUTE, second - 2 * MINUTE} <= set(planned)


@pytest.mark.usefixtures("balanced")
def test_scores_are_asked_when_games_should_have_ended_and_once_a_slot(
    platform: Platform, clock: SteppedClock
) -> None:
    clock.set(datetime(2026, 3, 10, 16, 7, tzinfo=UTC))
    collect_events(platform)
    clock.advance(MINUTE)
    idle = scores_tick(platform)
    assert (idle.sports, idle.credits) == ((), 0)
    assert "no result to ask for; next look 03-10 18:00" in idle.reason
    clock.set(datetime(2026, 3, 11, 12, 1, tzinfo=UTC))
    due = scores_tick(platform)
    assert due.sports == ("basketball_nba",)
    assert due.credits == 2
    assert "ended without a result" in due.reason
    collect_scores(platform, due.sports)
    clock.advance(MINUTE)
    assert scores_tick(platform).sports == ()
    ended = rows(
        platform,
        "SELECT count(*) FROM events_as_of(%s, 'infinity') WHERE completed_at IS NOT NULL",
        clock.now(),
    )
    assert ended[0][0] > 0
    clock.set(datetime(2026, 3, 11, 18, 1, tzinfo=UTC))
    assert scores_tick(platform).sports == ()  # every result is known
    clock.set(datetime(2026, 3, 12, 12, 1, tzinfo=UTC))
    assert "5 ended without a result" in scores_tick(platform).reason  # the next evening
