"""`odds db clean` and `odds db rebuild` as a user runs them."""

from pathlib import Path

import pytest

from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline_tests.cli.conftest import FIXTURES, Odds, is_one_line

# pytest forgets, after each test, the filters that ``orchestration`` sets when it is imported.
pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
    pytest.mark.filterwarnings("ignore:Asset job .* varying BackfillPolicies:UserWarning"),
]
EVENT = "00000000000000000000000000000001"
AT = ("--event-id", EVENT, "--at", "2026-01-09T18:30:00Z", "--json")
OLD = ("db", "clean", "--older-than", "1m")


@pytest.fixture
def imported(odds: Odds) -> Odds:
    """A capture of 9 January 2026, long past."""
    assert odds("import", "the-odds-api", str(FIXTURES / "historical_odds.json")).code == 0
    return odds


def test_months_go_after_a_yes_and_answer_as_before(imported: Odds, home: Path) -> None:
    odds = imported
    shown, raw = odds("show-odds", *AT).json, odds("show-odds", *AT, "--raw").json
    assert shown
    dry = odds(*OLD, "--dry-run", "--json").json
    assert {(one["kind"], one["month"]) for one in dry} == {
        ("quotes", "2026-01-01"),
        ("snapshots", "2026-01-01"),
    }
    assert set(dry[0]) == set(JSON_KEYS["db clean"])
    assert "2026-01" in odds(*OLD, "--dry-run").out
    assert is_one_line(odds(*OLD), 8)
    assert odds(*OLD, "--dry-run", "--json").json == dry
    done = odds(*OLD, "--yes", "--json").json
    assert [(one["kind"], one["rows"]) for one in done] == [(x["kind"], x["rows"]) for x in dry]
    for one in done:
        path = Path(one["path"])
        assert path.stat().st_size == one["archive_bytes"]
        assert path.is_relative_to(home.resolve() / "archive")
    assert odds(*OLD, "--yes").out.startswith("Nothing")
    assert odds("show-odds", *AT).json == shown
    assert odds("show-odds", *AT, "--raw").json == raw
    assert odds("db", "rebuild", "--day", "2026-01-09", "--verify").code == 0


def test_what_is_no_age_is_refused(odds: Odds) -> None:
    refused = odds("db", "clean", "--older-than", "soon", "--yes")
    assert is_one_line(refused, 2)
    assert "90d or 6m" in refused.err


def test_days_are_verified_and_rebuilt(imported: Odds) -> None:
    odds = imported
    days = ("db", "rebuild", "--start", "2026-01-08", "--end", "2026-01-09")
    found = odds(*days, "--verify", "--json").json
    assert [(one["day"], one["documents"], one["differences"]) for one in found] == [
        ("2026-01-08", 0, []),
        ("2026-01-09", 1, []),
    ]
    assert set(found[0]) == {key for key in JSON_KEYS["db rebuild"] if "." not in key}
    assert "1 documents, as stored" in odds("db", "rebuild", "--day", "2026-01-09").out
    assert is_one_line(odds("db", "rebuild"), 2)
    assert is_one_line(odds("db", "rebuild", "--day", "yesterday"), 2)
