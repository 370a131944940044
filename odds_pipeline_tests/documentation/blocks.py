"""The code blocks of README and docs, and the commands in them.

The fence line of a block says what is done with it beyond being parsed:

    ```sh                       run in a shell, all of a page's blocks in one, in their order
    ```sh not-run: a reason     needs a person, Docker, a key or another machine
    ```python my_strategy.py    kept under that name, for the commands that follow (any language)

A command whose comment says `until Ctrl-C` is started, interrupted, and has to end in order.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = (
    REPOSITORY / "README.md",
    *sorted(path for path in (REPOSITORY / "docs").rglob("*.md")),
)
NOT_RUN = "not-run:"
_BLOCK = re.compile(r"^```(?P<language>\w+)(?P<more>[^\n]*)\n(?P<text>.*?)^```$", re.M | re.S)
_SUBSTITUTED = re.compile(r"\$\(([^()]*)\)")
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=.*", re.S)
_OPERATORS = frozenset("();<>|&\n")


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Args:
        page: path from the repository's root.
        line: line of its fence.
        language: as the fence names it.
        note: what the fence says after that.
        text: what is inside.
    """

    page: str
    line: int
    language: str
    note: str
    text: str

    @property
    def is_run(self) -> bool:
        """Whether it is for the shell, and runs as it stands."""
        return self.language == "sh" and not self.note.startswith(NOT_RUN)

    @property
    def is_file(self) -> bool:
        """Whether it is to be kept under a name."""
        return self.language != "sh" and bool(self.note) and not self.note.startswith(NOT_RUN)


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a page that name a language."""
    text = path.read_text(encoding="utf-8")
    page = str(path.relative_to(REPOSITORY))
    return [
        Block(
            page,
            text.count("\n", 0, found.start()) + 1,
            found["language"],
            found["more"].strip(),
            found["text"],
        )
        for found in _BLOCK.finditer(text)
    ]


def commands(text: str) -> Iterator[list[str]]:
    """The commands of a shell text, each as its words, without variables set in front.

    Commands inside ``$(…)`` are among them.
    """
    for line in text.replace("\\\n", " ").splitlines():
        yield from _commands(line)


def _commands(line: str) -> Iterator[list[str]]:
    for inner in _SUBSTITUTED.findall(line):
        yield from _commands(inner)
    lexer = shlex.shlex(_SUBSTITUTED.sub("VALUE", line), posix=True, punctuation_chars=True)
    lexer.commenters = "#"
    lexer.whitespace_split = True
    words: list[str] = []
    for token in lexer:
        if set(token) <= _OPERATORS:
            yield from _told(words)
            words = ["to"] if set(token) <= {"<", ">"} else []  # a file's name follows
        else:
            words.append(token)
    yield from _told(words)


def _told(words: list[str]) -> Iterator[list[str]]:
    named = [place for place, word in enumerate(words) if not _ASSIGNED.fullmatch(word)]
    if named:
        yield words[named[0] :]
