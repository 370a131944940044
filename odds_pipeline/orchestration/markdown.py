"""Small markdown tables for the UI, in which no name can become markup.

Belongs here: escaping and layout. Does not belong here: choosing rows.
"""

import re
from collections.abc import Iterable, Sequence

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&:$@/])")
_LONGEST = 80


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A markdown table; every cell is shown as the text it is."""
    lines = [_line(header), _line(["---"] * len(header))]
    return "\n".join(lines + [_line([escaped(cell) for cell in row]) for row in rows])


def escaped(value: object) -> str:
    """A value as plain text: one line, at most 80 characters, markup taken literally."""
    text = " ".join(str(value).split())[:_LONGEST]
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", text)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
