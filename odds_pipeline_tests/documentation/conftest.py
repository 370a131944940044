"""The plug-in of docs/how_to.md, installed as the page shows it."""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from odds_pipeline import plugins
from odds_pipeline_tests.documentation.blocks import REPOSITORY, blocks

HOW_TO = REPOSITORY / "docs" / "how_to.md"


@pytest.fixture
def shown_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path that holds what `pip install --target` makes of the page's two files."""
    files = {block.note: block.text for block in blocks(HOW_TO) if block.is_file}
    project = tomllib.loads(files["my-odds/pyproject.toml"])["project"]
    (tmp_path / "my_odds.py").write_text(files["my-odds/my_odds.py"])
    (tmp_path / "my-league.csv").write_text(files["my-league.csv"])
    kept = tmp_path / f"my_odds-{project['version']}.dist-info"
    kept.mkdir()
    stated = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (kept / "METADATA").write_text(stated)
    groups = project["entry-points"].items()
    (kept / "entry_points.txt").write_text(
        "\n".join(
            line
            for group, points in groups
            for line in (f"[{group}]", *(f"{name} = {what}" for name, what in points.items()))
        )
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(plugins, "_found", {})
    yield tmp_path
    sys.modules.pop("my_odds", None)
