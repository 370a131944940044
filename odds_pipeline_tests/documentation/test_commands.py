"""Every command that README and docs name exists: its options, arguments and targets too."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from odds_pipeline.cli.main import app
from odds_pipeline_tests.documentation.blocks import NOT_RUN, PAGES, REPOSITORY, blocks, commands

COMMAND: Any = typer.main.get_command(app)
TARGETS = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.M))
_SPAN = re.compile(r"(?<!`)`((?:odds|make) [^`]+)`(?!`)")
_WORD = re.compile(r"[a-z][a-z-]*")


def parsed(words: list[str]) -> None:
    """Parse a whole command line as the program does, and run nothing.

    Raises:
        typer.TyperException: it has no such command, option or argument, or lacks one.
    """
    command, context = COMMAND, COMMAND.make_context("odds", list(words))
    while hasattr(command, "commands"):
        name, command, rest = command.resolve_command(context, _given(context))
        context = command.make_context(name, rest, parent=context)


def _given(context: Any) -> list[str]:
    return [*context._protected_args, *context.args]


def named(words: list[str]) -> None:
    """Follow a command line in running text, which may leave arguments away.

    Raises:
        AssertionError: it has no such command or option.
    """
    command, rest = COMMAND, list(words)
    while hasattr(command, "commands") and rest and _WORD.fullmatch(rest[0]):
        assert rest[0] in command.commands, f"no command {rest[0]!r}"
        command = command.commands[rest.pop(0)]
    known = {option for param in command.params for option in param.opts} | {"--help"}
    for option in (word.partition("=")[0] for word in rest if word.startswith("--") and word[2:]):
        assert option in known, f"no option {option!r}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_a_block_parses(page: Any, shown_plugin: Path) -> None:
    for block in blocks(page):
        if block.language != "sh":
            continue
        if block.note:
            assert block.note.removeprefix(NOT_RUN).strip(), f"{page}:{block.line} gives no reason"
            assert block.note.startswith(NOT_RUN), f"{page}:{block.line} says {block.note!r}"
        for program, *words in commands(block.text):
            try:
                _checked(program, words)
            except (typer.TyperException, AssertionError) as wrong:
                message = getattr(wrong, "message", wrong)
                pytest.fail(f"{page}:{block.line}: {program} {' '.join(words)}: {message}")


def _checked(program: str, words: list[str]) -> None:
    if program.rpartition("/")[2] == "odds":
        parsed(words)
    if program == "make":
        for target in (word for word in words if "=" not in word):
            assert target in TARGETS, f"no target {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_running_text_exists(page: Any) -> None:
    for span in _SPAN.findall(page.read_text(encoding="utf-8")):
        program, *words = span.split()
        for one in words if program == "make" and span.islower() else ():
            assert one in TARGETS, f"{page.name}: `{span}`: no target {one}"
        if program == "odds":
            for either in _alternatives(words):
                try:
                    named(either)
                except AssertionError as wrong:
                    pytest.fail(f"{page.name}: `{span}`: {wrong}")


def _alternatives(words: list[str]) -> list[list[str]]:
    """`alerts list|ack` is told for `alerts list` and `alerts ack`."""
    for place, word in enumerate(words):
        if "|" in word and not word.startswith("-"):
            return [
                [*words[:place], one, *words[place + 1 :]]
                for one in word.replace("\\", "").split("|")
            ]
    return [words]


def test_a_fence_without_a_language_holds_no_command() -> None:
    """It would be neither parsed nor run."""
    for page in PAGES:
        unnamed = re.findall(r"^```\n(.*?)^```$", _named_left_out(page), re.M | re.S)
        found = [text for text in unnamed if re.search(r"^(odds|make) ", text, re.M)]
        assert not found, f"{page.name}: {found[0][:80]}"


def _named_left_out(page: Any) -> str:
    return re.sub(r"^```\w.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A=1 B='x y' odds up --once  # told", [["odds", "up", "--once"]]),
        (
            "odds env > FILE && mv FILE there",
            [["odds", "env"], ["to", "FILE"], ["mv", "FILE", "there"]],
        ),
        ('eval "$(odds env)"', [["odds", "env"], ["eval", "VALUE"]]),
        (
            "odds best --event-id ID \\\n  --market h2h",
            [["odds", "best", "--event-id", "ID", "--market", "h2h"]],
        ),
    ],
)
def test_commands_are_read_as_a_shell_reads_them(text: str, words: list[list[str]]) -> None:
    assert list(commands(text)) == words


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("statsu", "No such command"),
        ("db cleen --older-than 6m", "No such command"),
        ("events --day 2", "No such option"),
        ("best --market h2h", "Missing option"),
        ("status now", "unexpected extra argument"),
        ("events --days two", "valid integer"),
    ],
)
def test_a_wrong_command_is_found(line: str, says: str) -> None:
    with pytest.raises(typer.TyperException) as wrong:
        parsed(line.split())
    assert says.lower() in wrong.value.format_message().lower()
