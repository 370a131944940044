"""`odds alerts`, `odds config test-alerts`, `odds monitor` and the panel."""

import re

import psycopg
import pytest

from odds_pipeline.catalog.alerts import Alert, AlertType, Severity
from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline.cli.main import app
from odds_pipeline.storage import outbox
from odds_pipeline.storage.urls import libpq_url
from odds_pipeline_tests.alerts.receiver import receiving
from odds_pipeline_tests.cli.conftest import FIXTURES, Odds, is_one_line

PANEL = [
    *("Last fetch", "Status", "Events scheduled", "Events total", "Odds records"),
    *("Quota used / total", "Quota remaining", "Database size", "Fetch success rate (24 h)"),
    "Validation warnings",
]
# A line of Prometheus's text format: a comment, or a name, labels and a number.
LINE = re.compile(
    r"# (HELP|TYPE) odds_pipeline_\w+ .+"
    r"|odds_pipeline_\w+(\{stage=\"\w+\"\})? -?\d+(\.\d+)?(e\+?\d+)?"
)


def keys_of(command: str) -> set[str]:
    return {key for key in JSON_KEYS[command] if "[]" not in key and "." not in key}


def test_the_panel_has_exactly_its_rows(odds: Odds) -> None:
    inside = [line.strip("│ ") for line in odds("status").out.splitlines()[1:-1]]
    assert [line[:26].strip() for line in inside] == PANEL
    assert len(odds("status", "--verbose").out.splitlines()) > len(PANEL) + 2


def test_alerts_are_listed_acknowledged_and_sent(
    odds: Odds, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Alerts are off" in odds("alerts", "list").out
    alert = Alert(AlertType.QUOTA, Severity.WARNING, "80 % used", "key", "demo", "2026-03")
    with psycopg.connect(libpq_url(database_url)) as conn:
        outbox.add(conn, [alert])
    (listed,) = odds("alerts", "list", "--unsent", "--json").json
    assert set(listed) == keys_of("alerts list")
    assert (listed["alert_key"], listed["sent"]) == (alert.key, False)
    with receiving() as receiver:
        monkeypatch.setenv("ALERT_URLS", receiver.url)
        monkeypatch.setenv("ALERT_LOCAL_TARGETS", "true")
        assert "Alerts are off" in odds("alerts", "send").out
        monkeypatch.setenv("ALERT_ENABLED", "true")
        receiver.status = 503
        refused = odds("alerts", "send", "--json")
        assert refused.code == 9
        receiver.status = 200
        done = odds("alerts", "send", "--json").json
        assert set(done) == keys_of("alerts send")
        assert (done["messages"], receiver.ids) == (1, [alert.key])
        tried = odds("config", "test-alerts", "--json").json
        assert [row["taken"] for row in tried] == [True]
        assert set(tried[0]) == keys_of("config test-alerts")
        assert "test of odds_pipeline" in receiver.messages[-1]
    table = odds("alerts", "list").out
    assert "⚠ warning" in table
    assert odds("alerts", "ack", alert.key).out == "✓ 1 acknowledged\n"
    assert odds("alerts", "list", "--open", "--json").json == []
    assert is_one_line(odds("alerts", "ack", "nope"), 3)


def test_a_test_without_a_channel_or_with_one_that_refuses_says_so(
    nowhere: Odds, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = nowhere("config", "test-alerts")
    assert is_one_line(none, 2)
    assert "DISCORD_WEBHOOK_URL" in none.err
    monkeypatch.setenv("ALERT_URLS", "json://127.0.0.1:9/secret-secret-secret")
    failed = nowhere("config", "test-alerts")
    assert failed.code == 9
    assert "not addressed over TLS" in failed.out
    assert "secret-secret" not in failed.out + failed.err


def test_the_monitor_shows_the_same_three_ways(odds: Odds) -> None:
    odds("import", "the-odds-api", str(FIXTURES / "odds_american.json"))
    shown = odds("monitor", "--json").json
    assert set(shown) == keys_of("monitor")
    stage_keys = {key.partition("[].")[2] for key in JSON_KEYS["monitor"] if "stages[]" in key}
    assert set(shown["stages"][0]) == stage_keys
    assert [stage["stage"] for stage in shown["stages"]] == [
        *("fetch", "store", "normalise", "validate", "price")
    ]
    database_keys = {key.partition(".")[2] for key in JSON_KEYS["monitor"] if "database." in key}
    assert set(shown["database"]) == database_keys
    assert (shown["events_total"], shown["status"]) == (3, "ok")
    once = odds("monitor", "--once").out
    for heading in ("Fetch success rate (24 h)", "Missing data (7 d)", "Scheduler heartbeat"):
        assert heading in once
    lines = odds("monitor", "--prometheus").out.splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert "odds_pipeline_events 3.0" in lines
    assert "odds_pipeline_up 1.0" in lines
    assert is_one_line(odds("monitor", "--prometheus", "--json"), 2)


def test_a_shell_completes_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COMP_WORDS", "odds alerts a")
    monkeypatch.setenv("COMP_CWORD", "2")
    monkeypatch.setenv("_ODDS_COMPLETE", "complete_bash")
    with pytest.raises(SystemExit):
        app([], prog_name="odds", standalone_mode=False)
    assert capsys.readouterr().out.split() == ["ack"]
