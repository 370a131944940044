"""`odds import` of archives: tried first, then kept, by a known layout and by one's own."""

from pathlib import Path

from odds_pipeline_tests.cli.conftest import Odds, is_one_line

MAPPING = """
name = "mine"
required = ["day", "host", "guest"]
odds_format = "decimal"
sport = "icehockey_nhl"
date = "day"
home = "host"
away = "guest"
home_score = "host_goals"
away_score = "guest_goals"

[[markets]]
bookmaker = "pinnacle"
market = "h2h"
phase = "close"
prices = { home = "one", away = "two" }
"""
GAMES = "day,host,guest,host_goals,guest_goals,one,two\n2026-01-05,Owls,Bears,3,1,1.8,2.1\n"


def test_an_archive_is_tried_and_then_kept_by_ones_own_mapping(odds: Odds, home: Path) -> None:
    (home / "mine.toml").write_text(MAPPING)
    (home / "games.csv").write_text(GAMES)
    command = ("import", "generic", "games.csv", "--mapping", "mine.toml", "--json")
    (tried,) = odds(*command, "--dry-run").json["files"]
    assert (tried["status"], tried["events"], tried["quotes"]) == ("readable", 1, 2)
    told = odds(*command).json
    (kept,) = told["files"]
    assert (kept["status"], kept["events"], kept["quotes"]) == ("imported", 1, 2)
    assert told["days"] == ["2026-01-05", "2026-01-06"]
    assert odds(*command).json["files"][0]["status"] == "unchanged"


def test_a_file_of_another_kind_is_refused_with_the_kind_it_has(nowhere: Odds, home: Path) -> None:
    header = "date,game,away_name,home_name,away_ml,home_ml"
    (home / "lines.csv").write_text(f"{header}\n")
    ended = nowhere("import", "the-odds-api", "lines.csv", "--dry-run", "--json")
    assert ended.code == 2
    assert "odds import moneylines" in ended.out
    ended = nowhere("import", "football-data", "lines.csv", "--dry-run", "--json")
    assert ended.code == 2
    assert "it lacks Div" in ended.out


def test_a_wrong_mapping_is_one_line(nowhere: Odds, home: Path) -> None:
    (home / "games.csv").write_text(GAMES)
    (home / "mine.toml").write_text(MAPPING.replace("phase", "when"))
    ended = nowhere("import", "generic", "games.csv", "--mapping", "mine.toml", "--dry-run")
    assert is_one_line(ended, 2)
    assert "markets[0]" in ended.err
