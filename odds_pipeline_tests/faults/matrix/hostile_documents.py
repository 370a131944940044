"""Hostile documents through the normaliser: each ends as ok or with its reason.

Belongs here: the class. Does not belong here: making such documents (``sources.hostile``).
"""

from datetime import timedelta
from random import Random
from uuid import UUID

from odds_pipeline.catalog.observations import CaptureBasis, OddsFormat
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.storage import raw
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.faults.invariants import Finding, Kind
from odds_pipeline_tests.faults.matrix.block import Block
from odds_pipeline_tests.sources.fuzz import REQUEST, START
from odds_pipeline_tests.sources.hostile import CSV_KINDS, document


def hostile_document(block: Block, random: Random, _: int) -> list[Finding]:
    """One document of a random kind, with some of its parts broken."""
    hostile = document(random)
    is_file = hostile.endpoint in CSV_KINDS
    record = raw.RawRecord(
        UUID(int=random.getrandbits(128)),
        "file" if is_file else "the_odds_api",
        hostile.endpoint,
        REQUEST,
        hostile.body,
        START + timedelta(seconds=random.randrange(10**7)),
        CaptureBasis.FILE if is_file else CaptureBasis.CLOCK,
        odds_format=None if is_file else OddsFormat.AMERICAN,
    )
    with block.opened() as platform:
        block.strike()
        with transaction(platform.engine) as conn:
            stored = raw.store(conn, record)
        finish_pending(platform)
        with transaction(platform.engine) as conn:
            ended = conn.execute(
                """SELECT n.status, n.error, EXISTS (SELECT FROM quarantine q
                    WHERE q.raw_id = n.raw_id AND q.reason <> '')
                FROM normalisations n WHERE n.raw_id = %s""",
                (stored.raw_id,),
            ).fetchone()
    if ended is None:
        return [Finding(Kind.PARTIAL, "a hostile document was not marked")]
    status, error, quarantined = ended
    if status == "failed" and not (error and quarantined):
        return [Finding(Kind.PARTIAL, "a hostile document was refused without a reason")]
    return []
