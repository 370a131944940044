"""When the provider took its historical snapshots.

Belongs here: the snapshot clock and the one spelling of a date the provider reads.
Does not belong here: what a snapshot holds. Units: Unix seconds UTC.

From 2020-06-06T10:05:00Z every ten minutes on the minute; from September 2022 every five minutes
in seconds 36 to 43, which drift: the next snapshot cannot be computed by adding five minutes.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from odds_pipeline.simulator import noise

_TEN = 600
_FIVE = 300
_FIRST = int(datetime(2020, 6, 6, 10, 5, tzinfo=UTC).timestamp())
_FIVE_FROM = int(datetime(2022, 9, 1, tzinfo=UTC).timestamp())
_EARLIEST_SECOND, _SECONDS = 36, 8
_STEPS_A_DRIFT = 7  # neighbours often share their second
_MARKET_TIMES_FROM = int(datetime(2023, 1, 1, tzinfo=UTC).timestamp())
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot's time and its neighbours'; ``None`` where there is none (yet)."""

    timestamp: int
    previous: int | None
    following: int | None


def snapshot_at(asked: int, now: int) -> Snapshot | None:
    """The last snapshot at or before the asked instant that exists by now."""
    found = _at_or_before(min(asked, now))
    if found is None:
        return None
    following = _after(found)
    return Snapshot(found, _at_or_before(found - 1), following if following <= now else None)


def states_market_times(timestamp: int) -> bool:
    """Whether snapshots of that time carry ``last_update`` on the market too."""
    return timestamp >= _MARKET_TIMES_FROM


def read_date(text: str) -> int | None:
    """Unix seconds of ``YYYY-MM-DDTHH:MM:SSZ``; ``None`` for every other spelling."""
    if not _DATE.fullmatch(text) or not text.isascii():
        return None
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return None


@lru_cache(maxsize=4_096)
def spell_date(instant: int) -> str:
    """An instant as the provider spells it."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _tick(step: int) -> int:
    drift = noise.bits("snapshot second", step // _STEPS_A_DRIFT) % _SECONDS
    return step * _FIVE + _EARLIEST_SECOND + drift


def _at_or_before(instant: int) -> int | None:
    step = instant // _FIVE
    tick = _tick(step) if _tick(step) <= instant else _tick(step - 1)
    if tick >= _FIVE_FROM:
        return tick
    instant = min(instant, _FIVE_FROM - 1)
    tick = (instant - _FIVE) // _TEN * _TEN + _FIVE
    return tick if tick >= _FIRST else None


def _after(tick: int) -> int:
    if tick >= _FIVE_FROM:
        return _tick(tick // _FIVE + 1)
    return tick + _TEN if tick + _TEN < _FIVE_FROM else _tick(_FIVE_FROM // _FIVE)
