"""A backend of the database ends under a collector's hands: terminated, or killed outright.

Belongs here: both classes. Does not belong here: the whole server (``lost_server``).
"""

import os
import signal
import time
from contextlib import suppress
from multiprocessing.process import BaseProcess
from random import Random
from typing import Any

import psycopg

from odds_pipeline_tests.faults import writer
from odds_pipeline_tests.faults.invariants import Finding, Kind
from odds_pipeline_tests.faults.matrix.block import Block

WITHIN_S = 0.25
SLOTS = 4
PATIENCE_S = 60.0
_BACKENDS = """SELECT pid FROM pg_stat_activity WHERE application_name = 'odds_pipeline'
AND backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()"""


def backend_terminated(block: Block, random: Random, _: int) -> list[Finding]:
    """`pg_terminate_backend` on every connection of a writer, at a random moment."""
    process = writing(block)
    time.sleep(random.random() * WITHIN_S)
    with block.admin() as conn:
        block.strike()
        for pid in _backends(conn):
            conn.execute("SELECT pg_terminate_backend(%s)", [pid])
    return go_on(block, process)


def backend_killed(block: Block, random: Random, _: int) -> list[Finding]:
    """kill -9 of one backend: the server throws every connection out and recovers."""
    process = writing(block)
    time.sleep(random.random() * WITHIN_S)
    with block.admin() as conn:
        backends = _backends(conn)
        block.strike()
        if backends:
            os.kill(random.choice(backends), signal.SIGKILL)
            with suppress(psycopg.OperationalError):
                conn.execute("SELECT pg_sleep(%s)", [PATIENCE_S])
    found = go_on(block, process)
    _until_it_accepts(block)
    return found


def writing(block: Block) -> BaseProcess:
    """A writer that does not give up on a lost database, after its first slot is told."""
    before = _told(block)
    process = block.start(writer.write_through, *_bounds(block))
    deadline = time.monotonic() + PATIENCE_S
    while _told(block) == before and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.002)
    return process


def go_on(block: Block, process: BaseProcess) -> list[Finding]:
    """Let the writer finish its slots; what it could not do."""
    process.join(PATIENCE_S)
    code = process.exitcode
    if code is None:
        process.kill()
        process.join()
        return [Finding(Kind.OPEN, f"the writer was not done after {PATIENCE_S:g} s")]
    return [] if code == 0 else [Finding(Kind.OPEN, f"the writer ended with exit code {code}")]


def _until_it_accepts(block: Block) -> None:
    """Wait for the server, as whoever starts the platform again would: the writer may be done."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            with block.admin():
                return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)


def _bounds(block: Block) -> tuple[int, int]:
    slots = block.take(SLOTS)
    return slots.start, slots.stop


def _told(block: Block) -> int:
    told = block.stage.acknowledged
    return told.stat().st_size if told.exists() else 0


def _backends(conn: psycopg.Connection[Any]) -> list[int]:
    return [row[0] for row in conn.execute(_BACKENDS).fetchall()]
