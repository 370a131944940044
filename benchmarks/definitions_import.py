"""Seconds to import ``odds_pipeline.definitions`` in a fresh interpreter, beside Dagster's own."""

import subprocess
import sys
from importlib.util import find_spec

from benchmarks.harness import Result, Skipped, alternate, seconds


def measure() -> list[Result]:
    """The ratio is Dagster's time over ours: 1 would be an import that costs nothing more."""
    if find_spec("odds_pipeline.definitions") is None:
        raise Skipped("odds_pipeline.definitions does not exist yet")
    ours, reference = alternate(
        ("import odds_pipeline.definitions", lambda _: _import("odds_pipeline.definitions")),
        ("import dagster", lambda _: _import("dagster")),
    )
    return [Result("definitions_import", "s", ours, reference)]


def _import(module: str) -> float:
    command = [sys.executable, "-c", f"import {module}"]
    return seconds(lambda: subprocess.run(command, check=True))
