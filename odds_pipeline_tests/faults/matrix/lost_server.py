"""The database server ends: killed outright and started again, at once or after seconds.

Belongs here: both classes. Does not belong here: single backends (``lost_backend``).
"""

import time
from random import Random

import psutil

from odds_pipeline_tests.faults.invariants import Finding
from odds_pipeline_tests.faults.matrix.block import Block
from odds_pipeline_tests.faults.matrix.lost_backend import WITHIN_S, go_on, writing

DOWN_S = (1.0, 4.0)


def server_killed(block: Block, random: Random, _: int) -> list[Finding]:
    """kill -9 of the server and all its processes; it is started again at once."""
    return _lost(block, random, 0.0)


def server_down(block: Block, random: Random, _: int) -> list[Finding]:
    """The same, but it stays away for some seconds."""
    return _lost(block, random, random.uniform(*DOWN_S))


def _lost(block: Block, random: Random, down: float) -> list[Finding]:
    assert block.server is not None
    process = writing(block)
    time.sleep(random.random() * WITHIN_S)
    pid = block.server.status().pid
    assert pid is not None
    postmaster = psutil.Process(pid)
    tree = [postmaster, *postmaster.children(recursive=True)]
    block.strike()
    for one in tree:
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(tree)
    time.sleep(down)
    block.server.acquire()
    return go_on(block, process)
