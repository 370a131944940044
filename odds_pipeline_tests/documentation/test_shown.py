"""Each command of the original list stands once in the walk, and on the page with its output."""

import re

import pytest

from odds_pipeline_tests.documentation.shown import PAGE, WALK
from odds_pipeline_tests.documentation.test_commands import parsed

# The list of the original design, in its words: command, then the options it names.
ORIGINAL = (
    "fetch",
    "backfill --start --end --sample",
    "status",
    "status --verbose",
    "validate",
    "quota",
    "events --days",
    "events --team",
    "show-odds --event-id",
    "line-movement --event-id --bookmaker",
    "config show",
    "config set-mode adaptive",
    "config test-alerts",
    "db migrate",
    "db stats",
    "db clean --older-than 90",
    "db init --sample-data",
    "db status",
    "db history",
    "scheduler start",
    "scheduler stop",
    "scheduler status",
)
TYPED = re.findall(r"^\$ odds (.+)$", PAGE.read_text(encoding="utf-8"), re.M)


@pytest.mark.parametrize("wanted", ORIGINAL)
def test_each_command_of_the_original_list_is_shown(wanted: str) -> None:
    words = [word for word in wanted.split() if not word.startswith("--")]
    options = {word for word in wanted.split() if word.startswith("--")}
    found = [
        line
        for line in TYPED
        if [word for word in words if word in line.split()] == words
        and options <= set(line.split())
        and line.split()[0] == words[0]
    ]
    assert found, f"{wanted} is not on the page: `make shown`"


def test_the_page_is_of_this_walk_and_each_command_parses() -> None:
    walked = [shown.line.removeprefix("odds ") for part in WALK for shown in part.commands]
    patterns = [re.sub(r"\\\{\w+\\\}", r"\\S+", re.escape(line)) for line in walked]
    assert len(TYPED) == len(walked), "made of another walk: `make shown`"
    for line, pattern in zip(TYPED, patterns, strict=True):
        assert re.fullmatch(pattern, line), f"{line}: `make shown`"
        parsed(line.split())


def test_every_command_on_the_page_said_something() -> None:
    blocks = re.findall(r"```text\n\$ [^\n]+\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(blocks) == len(TYPED)
    assert all(block.strip() for block in blocks)
    assert not any(re.search(r"Traceback|✗ unexpected", block) for block in blocks)
