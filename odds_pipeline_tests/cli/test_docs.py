"""Generated pages are never stale, and every command has what help promises."""

from pathlib import Path
from typing import Any

import pytest
import typer

from odds_pipeline.cli.docs import _commands, env_example, pages
from odds_pipeline.cli.environment import project_root
from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline.cli.main import app
from odds_pipeline.settings import Settings

COMMANDS = list(_commands(typer.main.get_command(app), ""))


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_page_is_what_the_code_says(name: str) -> None:
    stored = (project_root() / name).read_text(encoding="utf-8")
    assert stored == pages()[name], f"{name} is stale: run `make docs`"


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_every_command_has_help_an_example_and_documented_keys(
    name: str,
    command: Any,
) -> None:
    assert command.help
    assert command.epilog.startswith("Example: ")
    assert all(param.help for param in command.params if param.name != "help")
    has_json = any("--json" in param.opts for param in command.params)
    assert has_json == (name in JSON_KEYS)


def test_the_example_settings_are_the_defaults(tmp_path: Path) -> None:
    lines = env_example().splitlines()
    settings = [line.removeprefix("#") for line in lines if line.startswith("#") and line[1] != " "]
    (tmp_path / ".env").write_text("\n".join(settings))
    assert Settings(_env_file=tmp_path / ".env") == Settings(_env_file=None)
