"""The frequency limit, on a clock of our own."""

from odds_pipeline.simulator.limiter import FrequencyLimit


def test_thirty_a_second_and_key() -> None:
    now = [0.0]
    limit = FrequencyLimit(30, lambda: now[0])
    assert all(limit.admits("k") for _ in range(30))
    assert not limit.admits("k")
    assert limit.admits("other")
    now[0] = 0.99
    assert not limit.admits("k")
    now[0] = 1.0
    assert limit.admits("k")


def test_it_can_be_switched_off() -> None:
    limit = FrequencyLimit(None, lambda: 0.0)
    assert all(limit.admits("k") for _ in range(1_000))
