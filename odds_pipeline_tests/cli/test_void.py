"""`odds void`: what it asks, what it says, and what the other commands show afterwards."""

import json
from pathlib import Path

import pytest

from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline_tests.cli.conftest import FIXTURES, Odds, is_one_line

EVENT = "00000000000000000000000000000001"
AT = "2026-01-09T18:05:00Z"
ASK = ("void", "add", "--event-id", EVENT, "--bookmaker", "northbook", "--market", "h2h")
SPAN = ("--from", "2026-01-09T00:00:00Z", "--to", "2026-01-10T00:00:00Z", "--reason", "swapped")
SHOW = ("show-odds", "--event-id", EVENT, "--at", AT)


@pytest.fixture
def seeded(odds: Odds) -> Odds:
    done = odds("import", "the-odds-api", str(FIXTURES / "odds_american.json"))
    assert done.code == 0, done.err
    return odds


def _voided(odds: Odds, *more: str) -> set[tuple[str, str]]:
    return {
        (row["bookmaker_key"], row["market_key"])
        for row in odds(*SHOW, *more, "--json").json
        if row["missing_reason"] == "voided"
    }


def test_a_void_and_its_lift(seeded: Odds) -> None:
    tried = seeded(*ASK, *SPAN, "--dry-run", "--json").json
    assert set(tried) == {key for key in JSON_KEYS["void add"] if "[]" not in key}
    assert tried["void_id"] is None
    assert tried["quotes"] > 0
    assert "Nothing is voided" in seeded(*ASK, *SPAN, "--dry-run").out
    assert _voided(seeded) == set()

    made = seeded(*ASK, *SPAN, "--by", "ann", "--json").json
    assert {key: made[key] for key in ("quotes", "snapshots", "days")} == {
        key: tried[key] for key in ("quotes", "snapshots", "days")
    }
    number = str(made["void_id"])
    (listed,) = seeded("void", "list", "--json").json
    assert set(listed) == set(JSON_KEYS["void list"])
    assert (listed["reason"], listed["created_by"]) == ("swapped", "ann")
    assert _voided(seeded) == {("northbook", "h2h")}
    assert "voided" in seeded(*SHOW).out
    best = seeded("best", "--event-id", EVENT, "--market", "h2h", "--at", AT, "--json").json
    assert best
    assert "northbook" not in {row["bookmaker_key"] for row in best}
    moved = ("line-movement", "--event-id", EVENT, "--bookmaker", "northbook")
    assert {row["missing_reason"] for row in seeded(*moved, "--json").json} == {"voided"}

    lifted = seeded("void", "lift", number, "--reason", "they were not", "--json").json
    assert set(lifted) == set(JSON_KEYS["void lift"])
    assert lifted["lifted_at"] > listed["known_time"]
    assert _voided(seeded) == set()
    assert _voided(seeded, "--known-by", listed["known_time"]) == {("northbook", "h2h")}
    again = seeded("void", "lift", number, "--reason", "again")
    assert is_one_line(again, 2)


def test_affected_names_what_to_make_anew(odds: Odds, tmp_path: Path) -> None:
    stated = json.loads((FIXTURES / "odds_american.json").read_text())
    for event in stated:
        for book in event["bookmakers"]:
            for market in book["markets"]:
                market["outcomes"] = [o | {"price": 300} for o in market["outcomes"]]
    (tmp_path / "odds.json").write_text(json.dumps(stated))
    done = odds("import", "the-odds-api", str(tmp_path / "odds.json"))
    assert done.code == 0, done.err
    number = str(odds(*ASK, *SPAN, "--json").json["void_id"])
    shown = odds("void", "affected", number)
    assert "Materialise anew: data_quality_log 2026-01-09" in shown.out
    found = odds("void", "affected", number, "--json").json
    keys = set(JSON_KEYS["void affected"])
    assert set(found) | {f"users[].{key}" for key in found["users"][0]} == keys
    assert "Void" in odds(*ASK, *SPAN).out
    assert "northbook" in odds("void", "list", "--tz", "America/New_York").out


def test_what_is_wrong_is_one_line(seeded: Odds) -> None:
    assert is_one_line(seeded(*ASK[:4], "--bookmaker", "nobody", *SPAN), 3)
    assert is_one_line(seeded("void", "add", "--market", "h2h", *SPAN), 2)
    assert is_one_line(seeded(*ASK, "--from", "noon", *SPAN[2:]), 2)
    assert is_one_line(seeded("void", "affected", "99"), 3)
    assert is_one_line(seeded("void", "lift", "99", "--reason", "x"), 3)
    assert seeded("void", "list").out == "Nothing is voided.\n"
