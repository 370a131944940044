"""`odds db reparse`: what it says, and what the other commands show afterwards."""

import psycopg
import pytest

from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline.services import reparse
from odds_pipeline_tests.cli.conftest import FIXTURES, Odds, is_one_line

EVENT = "00000000000000000000000000000001"
SHOW = ("show-odds", "--event-id", EVENT, "--at", "2026-01-09T18:05:00Z")


def test_a_dry_run_a_reparse_and_what_was_known_before(
    odds: Odds, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = odds("import", "the-odds-api", str(FIXTURES / "odds_american.json"))
    assert done.code == 0, done.err
    assert "every one of these documents" in odds("db", "reparse").out
    before = odds(*SHOW, "--json").json
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as conn:
        known = conn.execute("SELECT max(known_time)::text FROM raw_responses").fetchone()
        assert known is not None
        # What an older parser read otherwise: no price of one book.
        conn.execute(
            """DELETE FROM quotes USING selections s JOIN bookmakers b USING (bookmaker_id)
            WHERE quotes.selection_id = s.selection_id AND b.bookmaker_key = 'northbook'"""
        )
    less = odds(*SHOW, "--json").json
    assert len(less) < len(before)
    monkeypatch.setattr(reparse, "PARSER_VERSION", 2)
    tried = odds("db", "reparse", "--start", "2026-01-09", "--dry-run", "--json").json
    assert set(tried) == set(JSON_KEYS["db reparse"])
    assert (tried["documents"], tried["changed"], tried["days"]) == (1, 1, [])
    assert tried["quotes"] > 0
    assert "Nothing was kept" in odds("db", "reparse", "--dry-run").out
    assert odds(*SHOW, "--json").json == less
    done = odds("db", "reparse", "--json").json
    assert done == tried | {"days": done["days"]}
    assert "2026-01-09" in done["changed_days"]
    assert [row["price"] for row in odds(*SHOW, "--json").json] == [row["price"] for row in before]
    earlier = known[0].replace(" ", "T") + ":00"
    assert odds(*SHOW, "--known-by", earlier, "--json").json == less
    assert odds("db", "reparse", "--json").json["documents"] == 0


def test_what_is_wrong_is_one_line(odds: Odds) -> None:
    assert is_one_line(odds("db", "reparse", "--start", "yesterday"), 2)
    assert is_one_line(odds("db", "reparse", "--start", "2026-01-02", "--end", "2026-01-01"), 2)
    assert is_one_line(odds("db", "reparse", "--raw-id", "99"), 3)
