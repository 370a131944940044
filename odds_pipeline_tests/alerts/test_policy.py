"""What goes out now, together or later: nothing is dropped, nothing is told twice."""

from datetime import UTC, datetime, time

from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.alerts.policy import FLOOD, Limits, Waiting, outgoing, summary_of
from odds_pipeline.catalog.alerts import Severity

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
LIMITS = Limits(12)

severities = st.sampled_from(Severity)
spans = st.none() | st.tuples(st.times(), st.times())


def waiting(count: int, severity: Severity = Severity.INFO) -> list[Waiting]:
    return [Waiting(n, f"k{n}", "arbitrage", severity, f"message {n}") for n in range(count)]


def test_a_few_go_out_one_by_one_and_many_in_one() -> None:
    few = outgoing(waiting(FLOOD), 0, LIMITS, NOON)
    assert (len(few.single), few.together) == (FLOOD, ())
    many = outgoing(waiting(FLOOD + 1), 0, LIMITS, NOON)
    assert (many.single, len(many.together)) == ((), FLOOD + 1)


def test_the_hour_is_full_and_only_what_is_critical_goes_on() -> None:
    assert outgoing(waiting(3), 12, LIMITS, NOON) == outgoing([], 0, LIMITS, NOON)
    assert len(outgoing(waiting(3, Severity.CRITICAL), 12, LIMITS, NOON).single) == 3
    assert not outgoing(waiting(3, Severity.CRITICAL), 24, LIMITS, NOON).single
    # One place is left for three: together they need one.
    assert len(outgoing(waiting(3), 11, LIMITS, NOON).together) == 3


def test_a_quiet_night_may_pass_midnight() -> None:
    night = Limits(12, (time(22), time(6)))
    hours = {hour: night.is_quiet(NOON.replace(hour=hour)) for hour in (5, 6, 21, 22, 0)}
    assert hours == {5: True, 6: False, 21: False, 22: True, 0: True}
    day = Limits(12, (time(9), time(17)))
    assert [day.is_quiet(NOON.replace(hour=hour)) for hour in (8, 9, 16, 17)] == [0, 1, 1, 0]
    mixed = [*waiting(2), *waiting(1, Severity.CRITICAL)]
    assert outgoing(mixed, 0, night, NOON.replace(hour=23)).single == (mixed[2],)


@given(st.lists(severities, max_size=30), st.integers(0, 40), st.integers(1, 20), spans)
def test_what_goes_out_is_some_of_what_waits_within_the_limits(
    bad: list[Severity], lately: int, limit: int, quiet: tuple[time, time] | None
) -> None:
    waits = [Waiting(n, f"k{n}", "quota", severity, "") for n, severity in enumerate(bad)]
    limits = Limits(limit, quiet)
    chosen = outgoing(waits, lately, limits, NOON)
    assert not (chosen.single and chosen.together)
    out = chosen.single or chosen.together
    assert set(out) <= set(waits)
    if limits.is_quiet(NOON) or lately >= limit:
        assert all(alert.severity is Severity.CRITICAL for alert in out)
    messages = len(chosen.single) or bool(chosen.together)
    assert lately + messages <= (2 * limit if messages else lately + limit)


def test_a_summary_says_how_many_of_what_and_the_worst_first() -> None:
    alerts = [*waiting(9), Waiting(99, "k99", "quota", Severity.CRITICAL, "Key demo is empty")]
    told = summary_of(alerts)
    first, worst, *_ = told.message.splitlines()
    assert first == "10 alerts at once: 1 critical quota, 9 info arbitrage. The worst:"
    assert worst == "critical: Key demo is empty"
    assert told.severity is Severity.CRITICAL
    assert told.key == summary_of(alerts).key != summary_of(alerts[1:]).key
