"""Every option of every command that reads or decides, given what no person means.

The options are found in the program itself, so that a new one is tried as soon as it is there.
Commands that go on running, start programs, or take a whole database away are left out.
"""

import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from odds_pipeline.cli.main import app
from odds_pipeline_tests.cli.conftest import FIXTURES, Odds, is_one_line

EVENT = "00000000000000000000000000000001"
DAY = "2026-01-09"
AT = "2026-01-09T18:05:00Z"
REASON = ("--reason", "because")
# What each command is asked beside the option that is tried.
COMMANDS: dict[str, tuple[str, ...]] = {
    "backfill": ("--start", DAY, "--end", DAY, "--dry-run"),
    "status": (),
    "monitor": ("--once",),
    "quota": ("--plan",),
    "events": (),
    "show-odds": ("--event-id", EVENT, "--at", AT),
    "line-movement": ("--event-id", EVENT, "--bookmaker", "northbook"),
    "best": ("--event-id", EVENT, "--market", "h2h", "--at", AT),
    "compare": ("--event-id", EVENT, "--market", "h2h", "--at", AT),
    "edges": (),
    "explain": ("quote", EVENT, "northbook", "h2h", "Harbor Herons"),
    "export": ("events", "--format", "csv"),
    "validate": ("--date", DAY),
    "dataset freeze": ("frozen", "--sport", "basketball_nba", "--start", DAY, "--end", DAY),
    "dataset lock": ("frozen",),
    "dataset verify": ("frozen",),
    "dataset list": (),
    "dataset show": ("frozen",),
    "dataset rebuild": ("frozen",),
    "dataset delete": ("nothing", "--yes"),
    "backtest run": ("ev", "--sport", "basketball_nba", "--start", DAY, "--end", DAY),
    "backtest list": (),
    "backtest show": ("1",),
    "backtest compare": ("1", "2"),
    "backtest reproduce": ("1",),
    "import the-odds-api": (str(FIXTURES / "odds_american.json"),),
    "import football-data": (str(FIXTURES / "odds_american.json"),),
    "import model": (str(FIXTURES / "odds_american.json"), "--model", "m", "--version", "1"),
    "review list": (),
    "review accept": ("1",),
    "review reject": ("1", *REASON),
    "merge event": (EVENT, "other", *REASON),
    "merge team": ("Herons", "Heron", "--sport", "basketball_nba", *REASON),
    "merge list": (),
    "merge undo": ("1", *REASON),
    "quality list": (),
    "quality show": ("1",),
    "quality release": ("1", *REASON),
    "quality void": ("1", *REASON),
    "quality keep": ("1", *REASON),
    "void add": ("--event-id", EVENT, "--from", AT, "--to", AT, *REASON),
    "void list": (),
    "void lift": ("1", *REASON),
    "void affected": ("1",),
    "alerts list": (),
    "alerts ack": ("a",),
    "db clean": ("--older-than", "6m", "--dry-run"),
    "db rebuild": ("--day", DAY),
    "db reparse": ("--start", DAY, "--end", DAY),
    "db backups": (),
    "db restore": ("nowhere",),
}
HOSTILE = (
    *("nan", "inf", "9" * 400, "-1", "9223372036854775808", "", "\x1b[31mred", "[/x]", "\udcff"),
    *("'; DROP TABLE odds; --", "x" * 12_000, "0001-01-01", "9999-12-31T23:59:59Z", "a@b"),
)


def _options(command: str) -> Iterator[Any]:
    found: Any = get_command(app)
    for word in command.split():
        found = found.commands[word]
    for one in found.params:
        if not getattr(one, "is_bool_flag", False) and one.name != "help":
            yield one


def _tried(command: str, usual: tuple[str, ...], value: str) -> Iterator[tuple[str, ...]]:
    """The command with the value in the place of each argument and of each option."""
    place = 0
    for option in _options(command):
        if option.param_type_name == "argument":
            changed = [*usual]
            if place < len(changed) and not changed[place].startswith("--"):
                changed[place] = value
                yield (*command.split(), *changed)
            place += 1
            continue
        name = option.opts[0]
        kept = [*usual]
        if name in kept:
            del kept[kept.index(name) : kept.index(name) + 2]
        yield (*command.split(), *kept, f"{name}={value}")


def _is_plain(text: str) -> bool:
    return all(c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cf", "Cs"} for c in text)


@pytest.mark.parametrize(
    "asked",
    [
        ("events", "--days", "9" * 400),
        ("events", "--team", "\udcff"),
        ("events", "--team", "\x1b[31mred"),
        ("events", "--team", "x" * 12_000),
        ("edges", "--page", str(2**63)),
        ("quota", "--plan", "--markets", "9" * 400),
        ("backtest", "list", "--limit", str(2**63)),
        ("review", "accept", str(2**63)),
        ("merge", "undo", str(2**63), *REASON),
        ("void", "lift", str(2**31), *REASON),
        ("import", "the-odds-api", "x", "--captured-at", "9999-12-31T23:59:59Z"),
        ("validate", "--date", "0001-01-01"),
        ("export", "events", "--start", "9999-12-31"),
        ("show-odds", "--event-id", EVENT, "--at", "0001-01-01T00:00:00+14:00"),
        ("dataset", "freeze", "a", "--sport", "a", "--start", DAY, "--end", DAY, "--offset", "nan"),
        (*("backtest", "run", "ev", "--sport", "a", "--start", DAY, "--end", DAY), "--max-age=inf"),
        (*("backtest", "run", "ev", "--sport", "a", "--start", DAY, "--end", DAY), "--latency=nan"),
    ],
    ids=lambda asked: " ".join(asked)[:40],
)
def test_what_nobody_means_is_refused_before_anything_is_opened(
    nowhere: Odds, asked: tuple[str, ...]
) -> None:
    done = nowhere(*asked)
    assert done.code == 2, done.err
    assert done.err.startswith("✗ ")
    assert len(done.err) < 600
    assert _is_plain(done.err)


def test_what_is_asked_in_vain_is_said(odds: Odds) -> None:
    assert odds("import", "the-odds-api", str(FIXTURES / "odds_american.json")).code == 0
    for market in ("nothing", "[/x]", "'; DROP TABLE odds; --"):
        asked = ("compare", "--event-id", EVENT, "--at", AT, "--market", market)
        assert odds(*asked).out.startswith(f"No prices in market {market}")
        assert odds(*asked, "--json").json == []
    named = odds("export", "events", "--output", "9" * 300)
    assert is_one_line(named, 2)
    assert "at most 200 bytes" in named.err
    for item in ("quality", "show", str(2**63)), ("import", "the-odds-api", "9" * 400):
        assert is_one_line(odds(*item), 2)
    costly = odds(
        *("backtest", "run", "ev", "--sport", "a", "--start", DAY, "--end", DAY),
        *("--limit", "pinnacle=nan"),
    )
    assert is_one_line(costly, 2)


@pytest.mark.slow
def test_no_argument_is_unexpected(odds: Odds) -> None:
    assert odds("import", "the-odds-api", str(FIXTURES / "odds_american.json")).code == 0
    broken = []
    for command, usual in COMMANDS.items():
        for value in HOSTILE:
            for asked in _tried(command, usual, value):
                done = odds(*asked)
                said = done.out + done.err
                fine = "unexpected" not in done.err and _is_plain(said) and len(done.err) < 2_000
                if not fine:
                    shown = [a if len(a) < 50 else f"{a[:50]}…" for a in asked]
                    broken.append((shown, done.code, done.err[:200], _is_plain(said)))
    assert not broken, "\n".join(map(repr, broken))
