"""Dagster's programs find the same databases and the repository's own instance file."""

import os
import subprocess
from pathlib import Path

import pytest

from odds_pipeline.cli.environment import environment, export_lines, project_root
from odds_pipeline.errors import SettingsError
from odds_pipeline.settings import Settings

URL = "postgresql://odds:it's@127.0.0.1:5432/odds"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, odds_home=tmp_path / "home")


def test_each_url_names_its_driver_and_database(settings: Settings) -> None:
    made = environment(settings, URL)
    assert made["DATABASE_URL"] == "postgresql+psycopg://odds:it's@127.0.0.1:5432/odds"
    assert made["ODDS_DAGSTER_PG_URL"] == (
        "postgresql+psycopg2://odds:it's@127.0.0.1:5432/odds_dagster"
    )
    assert made["DAGSTER_DISABLE_TELEMETRY"] == "yes"


def test_dagster_home_links_to_the_repository_and_heals(settings: Settings) -> None:
    home = Path(environment(settings, URL)["DAGSTER_HOME"])
    assert home == settings.home / "dagster"
    (home / "dagster.yaml").unlink()
    (home / "dagster.yaml").write_text("storage: {}")
    (home / "workspace.yaml").unlink()
    (home / "workspace.yaml").symlink_to("/nowhere")
    environment(settings, URL)
    for name in ("dagster.yaml", "workspace.yaml"):
        assert (home / name).readlink() == project_root() / name
        assert (home / name).is_file()


def test_a_shell_reads_the_lines_as_they_were_meant(settings: Settings) -> None:
    variables = environment(settings, URL)
    shown = subprocess.run(
        ["/bin/sh", "-c", f"{export_lines(variables)}\nenv -0"],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert (
        variables.items() <= dict(line.split("=", 1) for line in shown.split("\0") if line).items()
    )


def test_a_wrong_url_is_refused(settings: Settings) -> None:
    with pytest.raises(SettingsError):
        environment(settings, "sqlite:///odds")
