"""The examples of docs/mathematics.md are what the code answers."""

import doctest
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs" / "mathematics.md"


def test_every_example() -> None:
    found = doctest.testfile(str(DOCS), module_relative=False)
    assert found.attempted > 50
    assert found.failed == 0
