"""The verdict after a case: I1 to I4 and I6 by the invariants, I5 by a search.

I7 is for the cases that have runs (``dagster_programs``).

Belongs here: what is looked at, and where secrets are searched. Does not belong here: the
invariants of the data (``faults.invariants``), how a secret is recognised (``canary``).
"""

from collections.abc import Iterator
from pathlib import Path

from odds_pipeline.services.platform import Platform
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.canary import found_in, found_in_files, found_opened, values_in_database
from odds_pipeline_tests.faults import invariants
from odds_pipeline_tests.faults.invariants import Finding, Kind
from odds_pipeline_tests.faults.matrix.block import Block


def verdict(block: Block, platform: Platform) -> list[Finding]:
    """Every invariant that does not hold, after recovery and one clean slot; empty if all do."""
    return [
        *invariants.judge(platform, block.charged(), block.stage.acknowledged, block.planned_after),
        *(Finding(Kind.SECRET, f"I5: {place}") for place in _secrets(block, platform)),
    ]


def _secrets(block: Block, platform: Platform) -> Iterator[str]:
    yield from block.leaks
    secrets = (block.stage.key, *block.retired[-1:], block.password)
    with transaction(platform.engine) as conn:
        for where, value in values_in_database(conn):
            for secret in secrets:
                yield from found_opened(secret, value, where)
    for secret in secrets:
        yield from found_in_files(secret, block.stage.home)
        yield from found_in(secret, _all_of(block.outside / "said"), "what a process said")


def _all_of(file: Path) -> bytes:
    return file.read_bytes() if file.exists() else b""
