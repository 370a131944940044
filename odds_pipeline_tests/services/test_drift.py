"""A field nobody knows is reported once and loses nothing."""

from datetime import timedelta

from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline_tests.services.books import rows
from odds_pipeline_tests.services.documents import NOON, event, store

LOGGED = "SELECT partition, severity, description FROM data_quality_logs WHERE rule = 'new_field'"


def test_a_new_field_is_reported_once_over_days_and_documents(platform: Platform) -> None:
    for day in range(3):
        moment = NOON + timedelta(days=day)
        for minute in range(2):
            new = event("one", venue="Hall", prices=(1.4 + day / 10, 3.1))
            store(platform, [new, event("two", venue="Dome")], moment + timedelta(minutes=minute))
        finish_pending(platform)
    assert rows(platform, LOGGED) == [(NOON.date(), "warning", "odds: new field venue")]
    assert rows(platform, "SELECT count(DISTINCT event_no) FROM quotes") == [(2,)]
    assert rows(platform, "SELECT count(*) FROM quarantine") == [(0,)]


def test_it_is_looked_for_once_an_hour_and_found_then(platform: Platform) -> None:
    known, new = event("one"), event("one", venue="Hall")
    for minutes, told in ((0, known), (30, new), (61, new)):
        store(platform, [told], NOON + timedelta(minutes=minutes))
        finish_pending(platform)
        logged = rows(platform, "SELECT count(*) FROM data_quality_logs WHERE rule = 'new_field'")
        assert logged == [(1 if minutes > 60 else 0,)]
