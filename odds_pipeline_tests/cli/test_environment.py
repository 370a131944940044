"""Dagster's programs find the same databases and the repository's own instance file."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from odds_pipeline.cli.environment import environment, export_lines, project_root
from odds_pipeline.errors import SettingsError
from odds_pipeline.settings import Settings
from odds_pipeline_tests.cli.conftest import Odds, drop_dagster, is_one_line, program

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


def test_a_program_is_run_with_what_it_needs_made_of_a_secret_in_a_file(
    nowhere: Odds, bare: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_one_line(nowhere("exec", "--", "true"), 2)
    user, _, rest = database_url.partition("://")[2].partition(":")
    password, _, place = rest.partition("@")
    (bare / "password").write_text(password)
    monkeypatch.setenv("DATABASE_URL", f"postgres://{user}@{place}")
    monkeypatch.setenv("DATABASE_PASSWORD_FILE", str(bare / "password"))
    told = "import os; print(os.environ['DATABASE_URL'], os.environ['ODDS_DAGSTER_PG_URL'])"
    ran = program("exec", "--", sys.executable, "-c", told)
    drop_dagster(database_url)
    ours, dagsters = ran.out.split()
    assert (ran.code, ours) == (0, database_url)
    assert dagsters == f"{database_url}_dagster".replace("+psycopg:", "+psycopg2:")
    assert is_one_line(program("exec", "--", "no-such-program"), 3)
    drop_dagster(database_url)
