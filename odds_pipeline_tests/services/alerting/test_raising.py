"""Alerts are kept with what raises them, once, and of nothing that is no news."""

from datetime import date, timedelta

import pytest

from odds_pipeline.errors import BudgetExceeded
from odds_pipeline.services.collect import collect_odds
from odds_pipeline.services.market.day import price_day
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.validate import validate_day
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline_tests.services.alerting.alerting import alerting
from odds_pipeline_tests.services.books import rows
from odds_pipeline_tests.services.documents import NOON
from odds_pipeline_tests.services.market.quotes import capture, h2h

DAY = date(2026, 3, 10)
RAISED = """SELECT alert_type, severity, object_kind, threshold_value,
    round(actual_value::numeric, 3), message FROM alerts ORDER BY alert_type, id"""


def raised(platform: Platform) -> list[tuple[object, ...]]:
    return rows(platform, RAISED)


def test_priced_edges_and_movements_raise_alerts_once(platform: Platform) -> None:
    opened = alerting(platform)
    early = NOON - timedelta(minutes=20)
    capture(opened, {"pinnacle": h2h(2.5, 2.5 / 1.5)}, early)  # 40 and 60 %
    capture(opened, {"pinnacle": h2h(2.0, 2.0), "bovada": h2h(2.2, 1.9)})
    price_day(opened, DAY)
    found = raised(opened)
    assert [row[:4] for row in found] == [
        ("arbitrage", "info", "edge", 0.5),
        ("expected_value", "info", "edge", 3.0),
        ("large_movement", "info", "event", 5.0),
    ]
    # 1/(1/2.2 + 1/2) - 1, then 2.2/2 - 1, then 50 less 40 points; in percent.
    assert [float(str(row[4])) for row in found] == [4.762, 10.0, 10.0]
    assert [str(row[5]).partition(";")[0] for row in found] == [
        "Arbitrage of 4.76 % on Away at Home, h2h: Away at 2.000 with pinnacle, stake 524, "
        "Home at 2.200 with bovada, stake 476",
        "Expected value of 10.00 % on Away at Home, h2h: Home at 2.200 with bovada",
        "Home rose from 40.0% to 50.0% in Away at Home, h2h, from 11:40 to 12:00 UTC",
    ]
    price_day(opened, DAY, again=True)
    assert raised(opened) == found


def test_history_raises_nothing(platform: Platform, clock: SteppedClock) -> None:
    clock.advance(timedelta(hours=2))
    opened = alerting(platform)
    capture(opened, {"pinnacle": h2h(2.5, 2.5 / 1.5)}, NOON - timedelta(minutes=20))
    capture(opened, {"pinnacle": h2h(2.0, 2.0), "bovada": h2h(2.2, 1.9)})
    price_day(opened, DAY)
    assert raised(opened) == []


def test_nothing_is_raised_while_alerts_are_off(platform: Platform) -> None:
    capture(platform, {"pinnacle": h2h(2.0, 2.0), "bovada": h2h(2.2, 1.9)})
    price_day(platform, DAY)
    assert rows(platform, "SELECT count(*) FROM edges WHERE verdict = 'executable'")[0][0]
    assert raised(platform) == []


def test_errors_of_a_day_are_told_once_a_rule(platform: Platform) -> None:
    opened = alerting(platform)
    strange = [("h2h", [("Home", 1.9, None), ("Nobody", 1.9, None)])]
    capture(opened, {"pinnacle": strange, "bovada": strange})
    validate_day(opened, DAY)
    found = [row for row in raised(opened) if "outcomes_match_market" in str(row[5])]
    assert [row[:4] for row in found] == [("data_quality", "error", "day", 0.0)]
    assert "2 issues in the data of 2026-03-10" in str(found[0][5])
    before = raised(opened)
    validate_day(opened, DAY)
    assert raised(opened) == before


def test_four_fifths_of_the_quota_and_its_end_are_told_once(platform: Platform) -> None:
    opened = alerting(platform, odds_api_quota=(10,), credit_floor_percent=0.0)
    at = opened.now()

    def collect(number: int) -> None:
        collect_odds(opened, ["basketball_nba"], at + timedelta(minutes=30 * number))

    collect(0)
    collect(1)
    assert raised(opened) == []
    collect(2)  # nine of ten
    (warned,) = raised(opened)
    assert warned[:5] == ("quota", "warning", "key", 80.0, 90)
    for number in (3, 4):
        with pytest.raises(BudgetExceeded):
            collect(number)
    assert [row[:2] for row in raised(opened)] == [("quota", "warning"), ("quota", "critical")]
    assert "Nothing is collected with it any more" in str(raised(opened)[1][5])
