"""`odds review` and `odds merge` on the command line."""

from pathlib import Path

from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline_tests.cli.conftest import Odds, is_one_line
from odds_pipeline_tests.services.test_identity import ARCHIVE, SERIES


def test_questions_are_answered_and_merges_undone(odds: Odds, home: Path) -> None:
    (home / "series.csv").write_text(SERIES)
    (home / "archive.csv").write_text(ARCHIVE)
    odds("import", "the-odds-api", "series.csv")
    told = odds("import", "moneylines", "archive.csv")
    assert "3 questions of identity" in told.out
    listed = odds("review", "list", "--json").json
    assert set(listed[0]) == set(JSON_KEYS["review list"])
    assert [item["sure"] for item in listed].count(True) == 2
    assert is_one_line(odds("review", "accept"), 2)
    accepted = odds("review", "accept", "--sure", "--by", "ann", "--json").json
    assert {item["status"] for item in accepted} == {"accepted"}
    (left,) = odds("review", "list", "--json").json
    number = str(left["item_id"])
    assert is_one_line(odds("review", "accept", number), 2)
    odds("review", "reject", number, "--reason", "a club of its own", "--json").json  # noqa: B018
    assert "No questions." in odds("review", "list").out
    assert odds("review", "look", "--json").json == {"questions": 0}

    merges = odds("merge", "list", "--json").json
    assert set(merges[0]) == set(JSON_KEYS["merge list"])
    undone = odds("merge", "undo", str(merges[0]["merge_id"]), "--reason", "two games", "--json")
    assert undone.json["undone_at"] is not None
    again = odds("merge", "undo", str(merges[0]["merge_id"]), "--reason", "two games")
    assert is_one_line(again, 2)
    command = (
        "merge",
        "event",
        merges[0]["kept"],
        merges[0]["merged"],
        "--reason",
        "one after all",
    )
    (made,) = odds(*command, "--json").json
    assert made["kept"] == merges[0]["kept"]
    team = ("merge", "team", "Utah Jazz", "Jazz", "--sport", "basketball_nba", "--reason", "short")
    assert "Jazz is Utah Jazz" in odds(*team).out
