"""Tidies before work: spooled answers, claims of the dead, documents that wait, copies grown old.

It also makes the tables of the month to come, in a transaction of its own.

Belongs here: what every start does first. Does not belong here: the steps themselves.
"""

from dataclasses import dataclass

from odds_pipeline.services.answers import close_dead, store_spooled
from odds_pipeline.services.normalise import Normalised, finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.normalisation import expire_hot
from odds_pipeline.storage.partitions import ensure_ahead


@dataclass(frozen=True, slots=True)
class Recovered:
    """Spooled answers stored, claims closed as gaps, documents normalised."""

    answers: int
    claims: int
    normalised: Normalised


def recover(platform: Platform) -> Recovered:
    """Store what was paid, close what died in flight, drop old copies, normalise what waits."""
    answers = store_spooled(platform)
    dead = close_dead(platform)
    with transaction(platform.engine) as conn:
        expire_hot(conn, platform.settings.hot_raw_days)
    with transaction(platform.engine) as conn:
        ensure_ahead(conn, platform.now())
    return Recovered(answers, dead, finish_pending(platform))
