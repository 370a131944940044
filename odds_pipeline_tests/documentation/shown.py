"""Writes docs/commands_shown.md: an hour at the command line, each command with its real output.

Run as ``make shown``. A DEMO of two days is made in a folder of its own, and the commands run there
in the page's order, as programs. What differs from one making to the next without meaning anything
(folders, ports, process ids, passwords) is written in one way; days and prices are the day's.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from odds_pipeline.cli.docs_markdown import GENERATED
from odds_pipeline_tests.alerts.receiver import receiving
from odds_pipeline_tests.cli.conftest import NAMES, OURS, REPOSITORY
from odds_pipeline_tests.cli.test_supervisor import free_port
from odds_pipeline_tests.documentation.background import ODDS, end

PAGE = REPOSITORY / "docs" / "commands_shown.md"
LINES = 24
# A page's lines are no wider than a terminal's would be on a large screen.
WIDTH = 132
_SAME = (
    (re.compile(r"127\.0\.0\.1:\d{4,5}"), "127.0.0.1:PORT"),
    (re.compile(r"\d{5}, \d{5} free"), "PORT, PORT free"),
    (re.compile(r"pid \d+"), "pid 4711"),
    (re.compile(r"json [0-9a-f]{8}"), "json 5f0e1c2a"),
)


@dataclass(frozen=True)
class Shown:
    """A command, what is said before it, and the code it ends with."""

    line: str
    says: str
    code: int = 0


@dataclass(frozen=True)
class Part:
    """A heading and its commands, in the order in which they are typed."""

    title: str
    commands: tuple[Shown, ...]


WALK = (
    Part(
        "A database to look around in",
        (
            Shown(
                "odds db init --sample-data",
                "A DEMO of two days: the loopback provider stands in for the real one. "
                "`make run` makes two weeks and opens the UI.",
            ),
            Shown("odds status", "The panel: is it well, and what is there?"),
            Shown("odds status --verbose", "The same, and the rest."),
            Shown("odds doctor", "What is wrong, before it hurts."),
            Shown("odds config show", "Every setting, where it is set, and what it means."),
        ),
    ),
    Part(
        "Collecting",
        (
            Shown("odds scheduler start", "Collection by the clock, in the background."),
            Shown("odds config set-mode adaptive", "More often as starts come nearer."),
            Shown("odds scheduler status", "What is on, and what each tick said."),
            Shown(
                "odds fetch",
                "The slot that is due now: captured, judged and priced; no slot is paid twice.",
            ),
            Shown(
                "odds backfill --start today-4 --end today-3 --sample 5 --list-only",
                "Which games past days had costs a credit a day; then the price is exact.",
            ),
            Shown(
                "odds backfill --start today-4 --end today-3 --sample 5 --dry-run",
                "What every fifth game of two past days costs, before it is paid.",
            ),
            Shown("odds backfill --start today-4 --end today-3 --sample 5", "And bought."),
            Shown("odds quota", "Credits used, left, and where this month leads."),
        ),
    ),
    Part(
        "Looking",
        (
            Shown("odds events --days 2", "Today's and tomorrow's events, with their ids."),
            Shown("odds events --days 7 --team {team}", "One team's."),
            Shown("odds show-odds --event-id {event}", "What is on offer on one of them now."),
            Shown("odds best --event-id {event} --market h2h", "The best price of each outcome."),
            Shown(
                "odds compare --event-id {event} --market totals",
                "Each book beside the fair price of the others.",
            ),
            Shown(
                "odds line-movement --event-id {event} --bookmaker pinnacle --market spreads",
                "How one book's line moved.",
            ),
            Shown("odds edges --status any", "Bets above the fair price, arbitrages, low holds."),
        ),
    ),
    Part(
        "Is it right?",
        (
            Shown("odds validate --date today-1", "Every quality rule, over a day."),
            Shown("odds quality list", "What waits for a person's decision."),
            Shown("odds config test-alerts", "A test message to every channel of the settings."),
            Shown("odds alerts list", "What was worth telling."),
        ),
    ),
    Part(
        "Research",
        (
            Shown("odds backtest strategies", "Ready-made ones; docs/how_to.md adds one."),
            Shown(
                "odds backtest run favourite --sport basketball_nba --start today-2 --end today-1",
                "A strategy on what was known at each decision, and nothing later.",
            ),
            Shown(
                "odds export odds --format csv --start today-1 --output odds.csv",
                "A day as CSV, with a dictionary of its columns beside it.",
            ),
        ),
    ),
    Part(
        "The database",
        (
            Shown("odds db migrate", "To the newest revision; safe to repeat."),
            Shown("odds db status", "The revision, and whether tables differ from the code."),
            Shown("odds db history", "Which revisions there are."),
            Shown("odds db stats", "Rows and bytes a table."),
            Shown("odds db clean --older-than 90", "Whole months older than 90 days, archived."),
            Shown("odds db backup --drill", "A backup, proven by restoring it beside."),
        ),
    ),
    Part("The end", (Shown("odds scheduler stop", "Off; what has begun is finished."),)),
)


def main() -> int:
    """Make the page; 1 and no page when a command ends otherwise than it should."""
    with tempfile.TemporaryDirectory(prefix="odds-") as folder, receiving() as receiver:
        place = Path(folder)
        environment = {
            **{name: value for name, value in os.environ.items() if _is_foreign(name)},
            "ODDS_HOME": ".odds",
            "ODDS_UI_PORT": str(free_port()),
            "ODDS_SIMULATOR_PORT": str(free_port()),
            "ALERT_URLS": receiver.url,
            "ALERT_LOCAL_TARGETS": "true",
        }
        try:
            text = "\n".join(_page(place, environment))
        finally:
            end(place / ".odds")
    PAGE.write_text(text, encoding="utf-8")
    return 0


def _page(place: Path, environment: dict[str, str]) -> Iterator[str]:
    yield GENERATED.replace("make docs", "make shown") + "\n"
    yield "# The commands, shown\n"
    yield (
        f"An hour at the command line, typed on {datetime.now(UTC):%Y-%m-%d} in an empty folder: "
        "every command with what it\nreally printed, cut after a screenful. All odds are the "
        "loopback provider's (DEMO). [tour.md](tour.md) shows the same\nin the UI, "
        "[cli.md](cli.md) every option and JSON key.\n"
    )
    known: dict[str, str] = {}
    for part in WALK:
        yield f"## {part.title}\n"
        for shown in part.commands:
            if "{" in shown.line and not known:
                known = _known(place, environment)
            line = shown.line.format(**known)
            done = _run(line, place, environment)
            sys.stdout.write(f"{done.returncode} {line}\n")
            if done.returncode != shown.code:
                raise SystemExit(f"{line} ended with {done.returncode}:\n{done.stdout}")
            yield f"{shown.says}\n"
            yield f"```text\n$ {line}\n{_screen(done.stdout, place)}\n```\n"


def _run(line: str, place: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ODDS, *line.split()[1:]],
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _known(place: Path, environment: dict[str, str]) -> dict[str, str]:
    """An event of today to look at, and a team's name."""
    import json

    listed = json.loads(_run("odds events --days 2 --json", place, environment).stdout)
    event = next(one for one in listed if one["status"] == "scheduled")
    return {"event": event["id"], "team": event["home_team"].split()[-1]}


def _screen(said: str, place: Path) -> str:
    lines = [line.rstrip() for line in said.replace(f"{place}/", "").strip("\n").splitlines()]
    lines = [_same(line) for line in lines]
    shown = [f"{line[: WIDTH - 1]}…" if len(line) > WIDTH else line for line in lines[:LINES]]
    more = len(lines) - LINES
    return "\n".join([*shown, *([f"… {more} more lines"] if more > 0 else [])])


def _same(line: str) -> str:
    for pattern, instead in _SAME:
        line = pattern.sub(instead, line)
    return line


def _is_foreign(name: str) -> bool:
    ours = name.startswith((*OURS, "ALERT_")) or name in NAMES
    return not ours and not name.upper().endswith(("_PROXY", "_CA_BUNDLE"))


if __name__ == "__main__":
    sys.exit(main())
