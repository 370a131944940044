"""Finishes what a dead process left: spooled answers, expired claims, documents that wait.

Belongs here: what every start does first. Does not belong here: the steps themselves.
"""

from dataclasses import dataclass

from odds_pipeline.services.calls import store_answer
from odds_pipeline.services.normalise import Normalised, finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import ledger, slots
from odds_pipeline.storage.engine import transaction


@dataclass(frozen=True, slots=True)
class Recovered:
    """Spooled answers stored, claims closed as gaps, documents normalised."""

    answers: int
    claims: int
    normalised: Normalised


def recover(platform: Platform) -> Recovered:
    """Store what was paid, close what died in flight, normalise what waits."""
    answers = list(platform.spool.waiting())
    for answer in answers:
        store_answer(platform, answer)
    with transaction(platform.engine) as conn:
        dead = slots.expired_claims(conn)
        for slot_id, call_id in dead:
            ledger.charge_unknown(conn, call_id)
            slots.gap(conn, slot_id, "charge unknown")
    return Recovered(len(answers), len(dead), finish_pending(platform))
