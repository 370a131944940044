"""The process that is killed: collects slot after slot and says which are done.

Belongs here: the child's own work. Does not belong here: killing it (``cases``, ``kill_loop``).
It finds everything in its environment, as `odds` would, and writes one line a finished slot to the
acknowledgement file: ``slot_time raw_id credits``.
"""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

from odds_pipeline.composition import open_platform
from odds_pipeline.errors import StorageError
from odds_pipeline.services.answers import Fetched
from odds_pipeline.services.calls import fetch_slot
from odds_pipeline.services.collect import odds_request
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.recover import recover
from odds_pipeline.settings import load_settings

SPORT = "basketball_nba"
FIRST_SLOT = datetime(2026, 3, 10, 12, tzinfo=UTC)
STEP = timedelta(minutes=10)
PAUSE = 0.05  # seconds before a lost database is tried again


def write(environment: Mapping[str, str], acknowledged: Path, first: int, last: int) -> None:
    """Collect the slots ``first`` to ``last``; see the module."""
    os.environ.update(environment)
    with open_platform(load_settings()) as platform, acknowledged.open("a") as told:
        recover(platform)
        for number in range(first, last):
            fetched = collect(platform, number)
            if fetched is not None:
                told.write(line(number, fetched))
                told.flush()
                os.fsync(told.fileno())


def write_on(environment: Mapping[str, str], acknowledged: Path, first: int) -> None:
    """The same without an end, and without giving up on a lost database."""
    os.environ.update(environment)
    number = first
    while True:
        try:
            write(environment, acknowledged, number, sys.maxsize)
        except StorageError:
            sleep(PAUSE)
        number = first + len(acknowledged.read_text().splitlines())


def write_through(
    environment: Mapping[str, str], acknowledged: Path, first: int, last: int
) -> None:
    """As ``write``, without giving up on a lost database."""
    while True:
        try:
            return write(environment, acknowledged, first, last)
        except StorageError:
            sleep(PAUSE)


def write_for(environment: Mapping[str, str], acknowledged: Path, seconds: float) -> None:
    """The same from the first slot on, until so many seconds are over."""
    os.environ.update(environment)
    end = monotonic() + seconds
    with open_platform(load_settings()) as platform, acknowledged.open("a") as told:
        number = 0
        while monotonic() < end:
            fetched = collect(platform, number)
            if fetched is not None:
                told.write(line(number, fetched))
                told.flush()
                os.fsync(told.fileno())
            number += 1


def collect(platform: Platform, number: int) -> Fetched | None:
    """One slot by its number."""
    request = odds_request(platform.settings, SPORT)
    return fetch_slot(platform, "live", SPORT, slot_time(number), request)


def slot_time(number: int) -> datetime:
    """When a numbered slot is due."""
    return FIRST_SLOT + number * STEP


def line(number: int, fetched: Fetched) -> str:
    """What is told of a finished slot."""
    return f"{slot_time(number).isoformat()} {fetched.raw_id} {fetched.credits:g}\n"
