"""When calls pause: after failures ever longer, after a refused key, after the last credit."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.planning.breaker import FAILURES, LONGEST, Outcome, pause

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
OK = Outcome(NOW - MINUTE, 200, "", 100.0)
BUSY = Outcome(NOW - SECOND, 503, "", None)
BAD_KEY = Outcome(NOW - SECOND, 401, "INVALID_KEY", 0.0)
POOR = Outcome(NOW - SECOND, 401, "OUT_OF_USAGE_CREDITS", -3.0)


@pytest.mark.parametrize("status", [None, 429, 500, 503])
def test_five_failures_in_a_row_pause_for_a_minute(status: int | None) -> None:
    failed = BUSY._replace(status=status)
    assert pause([failed] * 4 + [OK], NOW, True) is None
    found = pause([failed] * 5 + [OK], NOW, False)
    assert found is not None
    assert found.until == failed.at + MINUTE
    assert found.reason == "the last 5 calls failed"
    assert pause([failed] * 5, failed.at + MINUTE, True) is None


def test_any_other_answer_ends_the_streak() -> None:
    refused = BUSY._replace(status=422, code="INVALID_MARKET")
    for between in (OK, refused):
        assert pause([BUSY] * 4 + [between] + [BUSY] * 9, NOW, True) is None


@given(st.integers(FAILURES, 100))
def test_a_pause_grows_to_half_an_hour(failures: int) -> None:
    shorter, longer = (pause([BUSY] * count, NOW, True) for count in (failures, failures + 1))
    assert shorter is not None
    assert longer is not None
    assert shorter.until <= longer.until <= BUSY.at + LONGEST
    if failures >= FAILURES + 5:
        assert shorter.until == BUSY.at + LONGEST


def test_a_refused_key_pauses_for_an_hour_unless_the_401_means_something_else() -> None:
    found = pause([BAD_KEY], NOW, False)
    assert found is not None
    assert found.until == BAD_KEY.at + timedelta(hours=1)
    assert "ODDS_API_KEY" in found.reason
    plan = BAD_KEY._replace(code="HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN")
    assert pause([plan], NOW, True) is None
    assert pause([], NOW, True) is None


def test_without_credits_paid_calls_pause_to_the_reset_and_free_ones_go_on() -> None:
    found = pause([POOR, OK], NOW, True)
    assert found is not None
    assert found.until == datetime(2026, 4, 1, tzinfo=UTC)
    assert pause([POOR, OK], NOW, False) is None
    december = POOR._replace(at=datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    late = pause([december], december.at, True)
    assert late is not None
    assert late.until == datetime(2027, 1, 1, tzinfo=UTC)


def test_an_answer_that_tells_of_credits_again_ends_that_pause() -> None:
    free = OK._replace(at=NOW)
    assert pause([free._replace(remaining=50.0), POOR], NOW, True) is None
    assert pause([free._replace(remaining=-3.0), POOR], NOW, True) is not None
    assert pause([free._replace(remaining=None), POOR], NOW, True) is not None
