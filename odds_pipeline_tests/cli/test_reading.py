"""Commands that only read: what they show, their JSON, their friendly and unfriendly lines."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from odds_pipeline.cli import screen
from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline.cli.screen import clean
from odds_pipeline.composition import REVISION
from odds_pipeline_tests.cli.conftest import FIXTURES, Odds, is_one_line, program
from odds_pipeline_tests.conftest import direct

EVENT = "00000000000000000000000000000001"
AT = ("--at", "2026-01-09T18:05:00Z")
HOSTILE = "[bold red]Evil[/]\x1b[31m\x9b2J\u202eTeam"


@pytest.fixture
def seeded(odds: Odds) -> Odds:
    done = odds("import", "the-odds-api", str(FIXTURES / "odds_american.json"))
    assert done.code == 0, done.err
    return odds


def test_events_are_listed_by_start_and_team(seeded: Odds) -> None:
    shown = seeded("events", "--days", "-3000", "--json")
    starts = [row["commence_time"] for row in shown.json]
    assert len(starts) == 3
    assert starts == sorted(starts)
    assert set(shown.json[0]) == set(JSON_KEYS["events"])
    one = seeded("events", "--days", "-3000", "--team", "harbor", "--tz", "America/New_York")
    assert "Harbor Herons" in one.out
    assert "2026-01-09 19:10" in one.out
    assert "Mesa Meteors" not in one.out
    none = seeded("events", "--days", "1", "--team", "nobody")
    assert (none.code, none.out[:10]) == (0, "No events ")


@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("show-odds", AT),
        ("best", ("--market", "h2h", *AT)),
        ("compare", ("--market", "h2h", *AT)),
        ("line-movement", ("--bookmaker", "northbook")),
    ],
)
def test_prices_of_an_event(seeded: Odds, command: str, more: tuple[str, ...]) -> None:
    asked = (command, "--event-id", EVENT, *more)
    table = seeded(*asked)
    assert table.code == 0, table.err
    assert "Harbor Herons" in table.out
    rows = seeded(*asked, "--json").json
    assert rows
    assert all(set(row) == set(JSON_KEYS[command]) for row in rows)
    unknown = seeded(command, "--event-id", "nope", *more)
    assert is_one_line(unknown, 3)
    assert "'nope' is not known here" in unknown.err


def test_nothing_on_offer_is_said_and_is_no_failure(seeded: Odds) -> None:
    long_ago = ("--event-id", EVENT, "--at", "2020-01-01T00:00:00Z")
    assert seeded("show-odds", *long_ago).code == 0
    assert "No prices of event" in seeded("show-odds", *long_ago).out
    assert seeded("best", "--market", "h2h", *long_ago, "--json").json == []
    never = seeded("line-movement", "--event-id", EVENT, "--bookmaker", "nobody")
    assert (never.code, never.out[:12]) == (0, "nobody never")


def test_details_are_what_stands_beside_the_prices(odds: Odds) -> None:
    done = odds("import", "the-odds-api", str(FIXTURES / "event_odds_details.json"))
    assert done.code == 0, done.err
    asked = ("show-odds", "--event-id", EVENT, "--details")
    table = odds(*asked)
    assert "Rotation numbers: home 512, away 511" in table.out
    assert "https://north.example/slip/9" in table.out
    assert "10,234.5" in table.out
    shown = odds(*asked, "--json").json
    keys = JSON_KEYS["show-odds --details"]
    assert set(shown) == {key for key in keys if "[]" not in key}
    assert {f"quotes[].{key}" for key in shown["quotes"][0]} == set(keys) - set(shown)
    assert shown["quotes"][0]["event_sid"] == "77"
    assert is_one_line(odds(*asked, "--raw"), 2)


def test_a_document_without_details_says_so(seeded: Odds) -> None:
    asked = ("show-odds", "--event-id", EVENT, "--details")
    assert "holds no links, ids or limits" in seeded(*asked).out
    assert seeded(*asked, "--json").json["quotes"] == []


def test_raw_is_what_the_file_says(seeded: Odds) -> None:
    shown = seeded("show-odds", "--event-id", EVENT, "--raw", *AT)
    assert set(shown.json) == set(JSON_KEYS["show-odds --raw"])
    stated = json.loads((FIXTURES / "odds_american.json").read_text())
    assert shown.json["event"] == next(event for event in stated if event["id"] == EVENT)
    assert is_one_line(
        seeded("show-odds", "--event-id", EVENT, "--raw", "--at", "2020-01-01T00:00Z"), 3
    )


def test_status_shows_the_panel_it_promises(seeded: Odds) -> None:
    shown = seeded("status")
    labels = (
        *("Last fetch", "Status", "Events scheduled", "Events total", "Odds records"),
        *("Quota used / total", "Quota remaining", "Database size"),
        *("Fetch success rate (24 h)", "Validation warnings"),
    )
    assert all(label in shown.out for label in labels)
    assert "⚠ nothing fetched yet" in shown.out
    found = seeded("status", "--json", "--verbose").json
    assert set(found) == set(JSON_KEYS["status"])
    assert (found["events_total"], found["status"]) == (3, "warning")
    assert found["checks_run"] > 0
    assert set(found["tables"][0]) == set(JSON_KEYS["db stats"])
    assert "quotes" in seeded("status", "--verbose").out


def test_quota(odds: Odds) -> None:
    found = odds("quota", "--json").json
    keys = JSON_KEYS["quota"]
    assert set(found) == {key for key in keys if "[]" not in key}
    assert {f"keys[].{key}" for key in found["keys"][0]} == set(keys) - set(found)
    assert (found["quota"], found["used"], found["cost_per_tick"]) == (20_000, 0, 3)
    assert "✓ At 3 credits every 30 minutes" in odds("quota").out


def test_config_never_shows_a_secret(odds: Odds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODDS_API_KEY", "canary")
    rows = {row["name"]: row for row in odds("config", "show", "--json").json}
    assert set(rows["SPORTS"]) == set(JSON_KEYS["config show"])
    assert rows["ODDS_API_KEY"]["value"] == "(set, fingerprint e100fbce008c)"
    assert rows["ODDS_HOME"]["set_in"] == "environment"
    assert rows["SPORTS"]["set_in"] == "default"
    table = odds("config", "show").out
    password = odds("db", "url", "--show-password").out.split(":")[2].split("@")[0]
    assert "canary" not in table
    assert password not in table


def test_settings_in_a_file_are_told_apart(nowhere: Odds, bare: Path) -> None:
    (bare / ".env").write_text("SPORTS=icehockey_nhl\n")
    rows = {row["name"]: row for row in nowhere("config", "show", "--json").json}
    assert (rows["SPORTS"]["value"], rows["SPORTS"]["set_in"]) == ("icehockey_nhl", ".env")


def test_database_commands(odds: Odds, database_url: str) -> None:
    assert odds("db", "migrate", "--json").json == {"revision": REVISION}
    assert f"at revision {REVISION}" in odds("db", "migrate").out
    assert any(row["table"] == "slots" for row in odds("db", "stats", "--json").json)
    assert "slots" in odds("db", "stats").out
    whole = database_url.replace("+psycopg", "")
    assert odds("db", "url", "--show-password").out.strip() == whole
    redacted = odds("db", "url", "--json").json["url"]
    assert ":***@" in redacted
    assert redacted != whole


def test_env_names_both_databases(odds: Odds) -> None:
    found = odds("env", "--json").json
    assert set(found) == set(JSON_KEYS["env"])
    assert "export DAGSTER_HOME=" in odds("env").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("events", "--days", "many"),
        ("events", "--tz", "Mars/Olympus"),
        ("show-odds",),
        ("show-odds", "--event-id", "x", "--at", "yesterday"),
        ("show-odds", "--event-id", "x", "--known-by", "2026-01-01T00:00:00"),
        ("best", "--event-id", "x"),
        ("status", "--colour"),
        ("nonsense",),
        ("db", "explode"),
        ("import", "the-odds-api", "x.json", "--odds-format", "roman"),
        ("fetch", "--sport", "Basketball NBA"),
        ("simulator", "serve", "--port", "70000"),
    ],
)
def test_wrong_use_is_one_line(odds: Odds, arguments: tuple[str, ...]) -> None:
    assert is_one_line(odds(*arguments), 2)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("MARKETS", "h2h,nonsense", "MARKETS: unknown market ['nonsense']"),
        ("DATABASE_URL", "mysql://u:secret@h/d", "DATABASE_URL: must look like postgresql://"),
        ("FIXED_INTERVAL_MINUTES", "7", "FIXED_INTERVAL_MINUTES: must be a whole number"),
        ("ODDS_API_BASE_URL", "odds", "ODDS_API_BASE_URL: must be an http(s) address"),
        ("LOG_FILE", "/proc/no/such.log", "LOG_FILE: /proc/no/such.log cannot be written"),
    ],
)
def test_a_wrong_setting_is_one_line(
    nowhere: Odds, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    for command in ("status", "fetch", "up", "events"):
        ended = nowhere(command)
        assert is_one_line(ended, 2)
        assert ended.err.startswith(f"✗ {says}")
        assert "s3cret" not in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("quota",),
        ("events",),
        ("best", "--event-id", "x", "--market", "h2h"),
        ("fetch",),
        ("import", "the-odds-api", str(FIXTURES)),
        ("db", "stats"),
    ],
)
def test_no_database_yet_is_one_line_and_makes_none(
    nowhere: Odds, bare: Path, arguments: tuple[str, ...]
) -> None:
    ended = nowhere(*arguments)
    assert is_one_line(ended, 4)
    assert "run `odds up`" in ended.err
    assert not (bare / "postgres" / "data").exists()


def test_an_unmigrated_and_an_unreachable_database(
    nowhere: Odds, server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{direct(server_url)}/postgres")
    ended = nowhere("status")
    assert is_one_line(ended, 4)
    assert "the database is empty; run `odds db migrate`" in ended.err
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:s3cret@127.0.0.1:1/odds")
    for arguments in (("status",), ("db", "migrate"), ("env",), ("events", "--json")):
        ended = nowhere(*arguments)
        assert is_one_line(ended, 4)
        assert "s3cret" not in ended.err


def test_hostile_names_reach_no_terminal(odds: Odds, tmp_path: Path) -> None:
    body = json.loads((FIXTURES / "odds_american.json").read_text())
    text = json.dumps(body).replace(body[0]["home_team"], "H0ME")
    evil = json.dumps(HOSTILE).strip('"')
    (tmp_path / "evil.json").write_text(text.replace("H0ME", evil))
    assert odds("import", "the-odds-api", str(tmp_path / "evil.json")).code == 0
    for arguments in (
        ("events", "--days", "-3000"),
        ("show-odds", "--event-id", EVENT, *AT),
        ("best", "--event-id", EVENT, "--market", "h2h", *AT),
    ):
        shown = odds(*arguments).out
        assert "[bold red]Evil[/]" in shown
        assert not {"\x1b", "\x9b", "\u202e"} & set(shown)
    refused = odds("show-odds", "--event-id", HOSTILE)
    assert not {"\x1b", "\x9b", "\u202e"} & set(refused.err)
    as_json = odds("events", "--days", "-3000", "--json").out
    assert as_json.isascii()


def test_the_screen_trusts_no_text_either(capsys: pytest.CaptureFixture[str]) -> None:
    """What is stored is cleaned on its way in; what is printed is cleaned again."""
    screen.show_table([{"name": HOSTILE}], [screen.Column("name", "name")], ZoneInfo("UTC"))
    screen.say(HOSTILE)
    screen.complain(HOSTILE)
    seen = capsys.readouterr()
    assert (seen.out + seen.err).count("[bold red]Evil[/]") == 3
    assert not {"\x1b", "\x9b", "\u202e"} & set(seen.out + seen.err)


def test_cleaning_keeps_names_whole() -> None:
    assert clean("Málaga\u200b  CF\n\x07") == "Málaga CF"


def test_an_unexpected_fault_is_one_line_and_the_trace_goes_to_the_log(
    odds: Odds, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ODDS_API_KEY", "canary/key")

    def broken(*_: object) -> None:
        raise RuntimeError("GET /v4?apiKey=canary%2Fkey\nand canary/key")

    monkeypatch.setattr("odds_pipeline.services.status.quota", broken)
    ended = odds("quota")
    assert is_one_line(ended, 1)
    log = bare / "logs" / "odds.log"
    assert f"unexpected RuntimeError: GET /v4?apiKey=[removed] (log: {log})" in ended.err
    line = json.loads(log.read_text().splitlines()[-1])
    assert "Traceback" in line["exception"]
    assert "canary" not in log.read_text()
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    assert "Traceback" in odds("quota").err
    assert "canary" not in odds("quota").err


def test_a_program_of_its_own_ends_the_same_way(odds: Odds) -> None:
    assert program("events").code == 0
    ended = program("show-odds", "--event-id", "nope", LC_ALL="C", PYTHONUTF8="0")
    assert (ended.code, len(ended.err.splitlines())) == (3, 1)
    helped = program("--help")
    assert helped.code == 0
    assert "odds up" in helped.out


def test_help_loads_nothing_heavy() -> None:
    ended = program("--help", PYTHONPROFILEIMPORTTIME="1")
    for heavy in ("pandas", "dagster", "sqlalchemy", "alembic", "structlog", "uvicorn"):
        assert f" {heavy}\n" not in ended.err
