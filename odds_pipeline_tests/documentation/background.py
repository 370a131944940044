"""Ending what `odds scheduler start` left in the background of a home folder."""

import os
import subprocess
from pathlib import Path

import psutil

from odds_pipeline.cli.occupancy import up_pid
from odds_pipeline_tests.cli.conftest import REPOSITORY

ODDS = str(REPOSITORY / ".venv" / "bin" / "odds")
_ENDED_S = 300


def end(home: Path) -> None:
    """Switch everything off, wait until what runs in the background has ended, stop the server."""
    environment = os.environ | {"ODDS_HOME": str(home)}
    background = up_pid(home)
    if background is not None:
        running = psutil.Process(background)
        subprocess.run([ODDS, "scheduler", "stop"], cwd=home, env=environment, check=False)
        running.wait(_ENDED_S)
    subprocess.run([ODDS, "db", "stop"], cwd=home, env=environment, check=False)
