"""Every named fault of the provider, met by all tries of a call.

Belongs here: ordering them. Does not belong here: the faults (``simulator.faults.families``).
"""

from random import Random

from odds_pipeline.errors import OddsPipelineError
from odds_pipeline.simulator.faults.registry import load_faults
from odds_pipeline_tests.faults.invariants import Finding, Kind
from odds_pipeline_tests.faults.matrix.block import HURRY, Block

NAMES = sorted(load_faults())
Random(0).shuffle(NAMES)  # so that a short run meets faults of every family
ODDS = "/v4/sports/{sport}/odds"


def provider_at_fault(block: Block, random: Random, number: int) -> list[Finding]:
    """Each fault in turn, met by one try or by all."""
    name = NAMES[number % len(NAMES)]
    faults = block.stage.provider.faults
    before = faults.played().get(name, 0)
    faults.next(name, times=random.choice((1, HURRY.tries)), endpoint=ODDS)
    (slot,) = block.take(1)
    block.strike()
    with block.opened(limits=HURRY) as platform:
        try:
            block.collect(platform, slot)
        except OddsPipelineError as failure:
            block.note(failure)
    faults.clear()
    if faults.played().get(name, 0) == before:
        return [Finding(Kind.WRONG, f"nothing met {name}")]
    return []
