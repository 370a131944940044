"""The summary table of a run, and the page it is kept in.

Belongs here: counting and laying out. Does not belong here: playing cases (``runner``).
"""

import os
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from odds_pipeline_tests.conftest import REPOSITORY
from odds_pipeline_tests.faults.invariants import Kind
from odds_pipeline_tests.faults.matrix.classes import CLASSES
from odds_pipeline_tests.faults.matrix.runner import Result

PAGE = REPOSITORY / "docs" / "faults.md"
HEAD = ("class", "faults", *Kind, "recovery median, s", "max, s")


def is_clean(results: Iterable[Result]) -> bool:
    """Whether no case found anything."""
    return not any(result.findings for result in results)


def table(results: Sequence[Result]) -> list[str]:
    """The summary as a Markdown table: one row a class, and all of them together."""
    rows = [
        _row(name, [one for one in results if one.case.fault_class == name]) for name in CLASSES
    ]
    return markdown([HEAD, *(row for row in rows if row[1] != "0"), _row("all", results)])


def markdown(lines: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table of a head and rows, its first column to the left."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * width for width in widths]
    return [_line(line, widths) for line in (lines[0], rule, *lines[1:])]


def _row(name: str, results: Sequence[Result]) -> tuple[str, ...]:
    played = [one for one in results if not one.skipped]
    kinds = Counter(finding.kind for one in played for finding in one.findings)
    times = [one.recovery_s for one in played if not one.findings]
    measured = (f"{statistics.median(times):.2f}", f"{max(times):.2f}") if times else ("—", "—")
    return (name, str(len(played)), *(str(kinds[kind]) for kind in Kind), *measured)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if place == 0 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"


def keep(section: str, command: str, lines: Sequence[str], page: Path = PAGE) -> None:
    """Put a run's outcome into the page, between the marks of its section."""
    begin, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    before, _, rest = page.read_text().partition(begin)
    _, _, after = rest.partition(end)
    when = f"`{command}`, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores:"
    page.write_text("\n".join([f"{before}{begin}", when, "", *lines, f"{end}{after}"]))
