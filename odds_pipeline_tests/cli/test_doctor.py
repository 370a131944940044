"""`odds doctor` where nothing is set up, where all is well, and where something is wrong."""

import os
import socket
from pathlib import Path
from typing import Any

import psycopg
import pytest

from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline.cli.occupancy import only_up, up_pid
from odds_pipeline.redaction import fingerprint
from odds_pipeline.settings import Settings
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.storage.urls import libpq_url
from odds_pipeline_tests.cli.conftest import Ended, Odds, is_one_line, program
from odds_pipeline_tests.conftest import direct

KEY = "0123456789abcdef0123456789abcdef"
NOWHERE = "http://127.0.0.1:1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(autouse=True)
def own_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODDS_UI_PORT", str(free_port()))
    monkeypatch.setenv("ODDS_SIMULATOR_PORT", str(free_port()))


def told(ended: Ended) -> dict[str, dict[str, str]]:
    """The checks by name; whatever the exit code, it is JSON."""
    import json

    found: dict[str, Any] = json.loads(ended.out)
    keys = {key.removeprefix("checks[].") for key in JSON_KEYS["doctor"]}
    assert set(found) | set(found["checks"][0]) == keys
    assert (found["status"] == "fail") == (ended.code == 1) == bool(found["fail"])
    checks = found["checks"]
    assert all(bool(check["advice"]) == (check["status"] != "ok") for check in checks)
    return {check["name"]: check for check in checks}


def test_where_nothing_is_set_up_nothing_fails_and_nothing_is_made(
    nowhere: Odds, bare: Path
) -> None:
    ended = nowhere("doctor", "--json")
    checks = told(ended)
    assert ended.code == 0
    assert checks["database"]["status"] == "warn"
    assert "run `odds up`" in checks["database"]["advice"]
    assert "DEMO" in checks["API key"]["found"]
    assert checks["provider"]["status"] == "warn"
    assert "circasports" in checks["bookmakers"]["found"]
    assert checks["bookmakers"]["status"] == "ok"
    assert not list(bare.iterdir())
    table = nowhere("doctor").out
    assert "✓ ok    settings" in table
    assert "⚠ warn  database" in table
    assert "→ run `odds up`" in table
    assert "0 failures" in table


def test_all_is_well(odds: Odds, monkeypatch: pytest.MonkeyPatch) -> None:
    with RunningSimulator(keys=frozenset({KEY})) as running:
        monkeypatch.setenv("ODDS_API_BASE_URL", running.url)
        monkeypatch.setenv("ODDS_API_KEY", KEY)
        monkeypatch.setenv("SPORTS", "basketball_nba")
        ended = odds("doctor", "--json")
        charged = running.credits_charged(KEY)
    checks = told(ended)
    assert {name for name, check in checks.items() if check["status"] == "fail"} == set()
    assert charged == 0
    short = fingerprint(Settings(_env_file=None).odds_api_key)
    assert f"fingerprint {short}" in checks["API key"]["found"]
    assert KEY not in ended.out + ended.err
    for name in (
        *("settings", "API key", "database", "database version", "database encoding"),
        *("database revision", "database clock", "connections", "claims", "spool", "ports"),
        *("waiting responses", "quarantine", "provider", "provider clock", "plan", "credits"),
        *("disk", "home folder", "markets", "bookmakers", "database timezone"),
    ):
        assert checks[name]["status"] == "ok", checks[name]
    assert "0 credits" in checks["provider"]["found"]
    assert checks["daemon"]["status"] == "warn"


def test_every_wrong_setting_is_reported_and_no_secret(
    nowhere: Odds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://u:s3cret-word@h/d")
    monkeypatch.setenv("FIXED_INTERVAL_MINUTES", "7")
    monkeypatch.setenv("ODDS_API_BASE_URL", "odds")
    monkeypatch.setenv("ODDS_API_KEY", KEY)
    ended = nowhere("doctor", "--json")
    checks = told(ended)
    found = checks["settings"]["found"]
    for name in ("DATABASE_URL", "FIXED_INTERVAL_MINUTES", "ODDS_API_BASE_URL"):
        assert f"{name}: " in found
    assert checks["database address"]["status"] == "fail"
    assert "not looked for" in checks["database"]["found"]
    assert "not asked" in checks["provider"]["found"]
    assert "s3cret" not in ended.out + ended.err
    assert KEY not in ended.out + ended.err


def test_what_hurts_is_found(
    odds: Odds, bare: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(libpq_url(database_url)) as conn:
        conn.execute("INSERT INTO deployment (kind) VALUES ('demo')")
        conn.execute(
            """INSERT INTO slots (purpose, sport_key, slot_time, status, call_id, claim_expires)
            VALUES ('live', 'x', now(), 'claimed', gen_random_uuid(), now() - interval '1 h')"""
        )
    (bare / "spool").mkdir()
    (bare / "spool" / "1.answer").write_bytes(b"x")
    (bare / ".env").write_text("")
    (bare / ".env").chmod(0o644)
    bare.chmod(0o777)
    monkeypatch.setenv("ODDS_API_KEY", "not a key")
    monkeypatch.setenv("ODDS_API_BASE_URL", NOWHERE)
    monkeypatch.setenv("HTTPS_PROXY", "http://u:pw-of-proxy@proxy:1")
    monkeypatch.setenv("ODDS_DAGSTER_PG_URL", "postgresql://u:p@h/d")
    monkeypatch.setenv("DATABASE_POOL_SIZE", "90")
    monkeypatch.setenv("BOOKMAKERS", "pinnacel")
    checks = told(odds("doctor", "--json"))
    worse = {name: check["status"] for name, check in checks.items() if check["status"] != "ok"}
    assert worse == {
        "API key": "fail",
        "Dagster's address": "fail",
        "proxy": "warn",
        "home folder": "warn",
        "secret files": "warn",
        "spool": "warn",
        "backup": "warn",
        "connections": "warn",
        "kind of data": "fail",
        "claims": "warn",
        "daemon": "warn",
        "provider": "fail",
        "bookmakers": "warn",
    }
    assert "psycopg 3" in checks["Dagster's address"]["found"]


def test_plan_sports_and_refusals(odds: Odds, monkeypatch: pytest.MonkeyPatch) -> None:
    with RunningSimulator(quota=500, keys=frozenset({KEY})) as running:
        monkeypatch.setenv("ODDS_API_BASE_URL", running.url)
        monkeypatch.setenv("ODDS_API_KEY", KEY)
        monkeypatch.setenv("SPORTS", "basketball_nba,basketball_moon")
        checks = told(odds("doctor", "--json"))
        assert checks["plan"]["status"] == "warn"
        assert "set ODDS_API_QUOTA=500" in checks["plan"]["advice"]
        assert "basketball_moon" in checks["sports"]["found"]
        monkeypatch.setenv("ODDS_API_KEY", KEY.replace("0", "1"))
        checks = told(odds("doctor", "--json"))
    assert checks["provider"]["status"] == "fail"
    assert "401" in checks["provider"]["found"]


def test_an_unreachable_and_an_empty_database(
    nowhere: Odds, server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:s3cret-word@127.0.0.1:1/odds")
    ended = nowhere("doctor", "--json")
    assert told(ended)["database"]["status"] == "fail"
    assert "s3cret" not in ended.out + ended.err
    monkeypatch.setenv("DATABASE_URL", f"{direct(server_url)}/postgres")
    checks = told(nowhere("doctor", "--json"))
    assert checks["database revision"]["status"] == "warn"
    assert "odds db migrate" in checks["database revision"]["advice"]
    assert "quarantine" not in checks


def test_ports_held_by_another_program_and_by_our_own(
    nowhere: Odds, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setenv("ODDS_UI_PORT", str(other.getsockname()[1]))
        assert told(nowhere("doctor", "--json"))["ports"]["status"] == "fail"
        with only_up(bare, "http://127.0.0.1:3000"):
            assert up_pid(bare) == os.getpid()
            ports = told(nowhere("doctor", "--json"))["ports"]
            assert (ports["status"], "odds up runs here" in ports["found"]) == ("ok", True)
    assert up_pid(bare) is None


def test_a_program_of_its_own_and_wrong_use(odds: Odds) -> None:
    ended = program("doctor")
    assert ended.code == 0
    assert "✓ ok" in ended.out
    failed = program("doctor", "--json", MARKETS="nonsense")
    assert (failed.code, failed.err) == (1, "")
    assert "exit code 0" in program("doctor", "--help").out.lower()
    assert is_one_line(odds("doctor", "--colour"), 2)
    assert is_one_line(odds("doctor", "please"), 2)
