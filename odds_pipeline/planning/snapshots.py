"""When the provider's historical snapshots are to be expected.

Belongs here: its snapshot clock as data, for plans and prices. Does not belong here: the times of
real snapshots, which drift: every answer states its own, and only that decides.

Featured markets from June 2020 every ten minutes, five past the full ten; since September 2022
every five minutes, some 36 to 43 seconds past them. A lookup is answered by the newest snapshot
at or before the time asked.

Units: UTC times.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple


class Rhythm(NamedTuple):
    """From when on, how often, and how long after the full step."""

    since: datetime
    step: timedelta
    phase: timedelta


RHYTHMS = (
    Rhythm(datetime(2022, 9, 18, tzinfo=UTC), timedelta(minutes=5), timedelta(seconds=39)),
    Rhythm(datetime(2020, 6, 6, 10, 5, tzinfo=UTC), timedelta(minutes=10), timedelta(minutes=5)),
)
FIRST = RHYTHMS[-1].since


def step_at(moment: datetime) -> timedelta:
    """How far snapshots lie apart at that time."""
    return _rhythm(moment).step


def expected(moment: datetime) -> datetime:
    """About when the newest snapshot at or before a moment was taken."""
    rhythm = _rhythm(moment)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    steps = (moment - midnight - rhythm.phase) // rhythm.step
    return midnight + rhythm.phase + steps * rhythm.step


def _rhythm(moment: datetime) -> Rhythm:
    return next((rhythm for rhythm in RHYTHMS if rhythm.since <= moment), RHYTHMS[-1])
