"""The connection to the database: cut, stalled or cut before the answer, anywhere.

Belongs here: at a random number of bytes, at a random statement, at a COMMIT. Does not belong
here: the proxy (``tcp_proxy``).
"""

import threading
from random import Random
from urllib.parse import urlsplit

from odds_pipeline.errors import OddsPipelineError
from odds_pipeline_tests.faults.invariants import Finding, Kind
from odds_pipeline_tests.faults.matrix.block import Block
from odds_pipeline_tests.faults.tcp_proxy import Direction, Do, TcpProxy

# About what one slot sends and gets, so that most breaks fall into it.
BYTES = {Direction.TO_SERVER: 140_000, Direction.TO_CLIENT: 25_000}
STATEMENTS = (
    *(b"INSERT INTO raw_responses", b"INSERT INTO credit_ledger", b"UPDATE slots"),
    *(b"INSERT INTO quotes", b"INSERT INTO normalisations", b"DELETE FROM"),
)
STALLED_S = 0.3
SLOTS = 12  # at most, until the break fires


def broken_at_a_byte(block: Block, random: Random, _: int) -> list[Finding]:
    """At a random byte of a slot's conversation, in either direction."""
    direction = random.choice(list(Direction))
    after = int(BYTES[direction] * random.random() ** 2)
    return _broken(block, random, direction, _how(random), after=after)


def broken_at_a_statement(block: Block, random: Random, number: int) -> list[Finding]:
    """At one of the statements of the write path."""
    seen = STATEMENTS[number % len(STATEMENTS)]
    return _broken(block, random, Direction.TO_SERVER, _how(random), seen=seen)


def broken_at_a_commit(block: Block, random: Random, _: int) -> list[Finding]:
    """At a random one of a slot's COMMITs: what became of it is unknown."""
    return _broken(
        block, random, Direction.TO_SERVER, _how(random), seen=b"COMMIT", skip=random.randint(0, 8)
    )


def _how(random: Random) -> Do:
    return random.choice(list(Do))


def _broken(
    block: Block,
    random: Random,
    direction: Direction,
    do: Do,
    *,
    after: int = 0,
    seen: bytes = b"",
    skip: int = 0,
) -> list[Finding]:
    address = urlsplit(block.stage.database_url)
    assert address.port is not None
    resumes = random.random() < 0.5  # a stall that ends, or one that ends in a reset
    with TcpProxy("127.0.0.1", address.port) as proxy:
        far = block.stage.database_url.replace(f":{address.port}/", f":{proxy.port}/")
        with block.opened(far) as platform:
            proxy.at(direction, do, after=after, seen=seen, skip=skip)
            ended = threading.Event()
            watching = threading.Thread(target=_after_stall, args=(proxy, ended, resumes))
            watching.start()
            try:
                for slot in block.take(SLOTS):
                    block.strike()
                    block.collect(platform, slot)
                    if proxy.fired:
                        break
            except OddsPipelineError as failure:
                block.note(failure)
            finally:
                ended.set()
                watching.join()
        return [] if proxy.fired else [Finding(Kind.WRONG, "the break did not fire")]


def _after_stall(proxy: TcpProxy, ended: threading.Event, resumes: bool) -> None:
    """Let nobody wait for ever: relay again, or cut, what has been still for a moment."""
    while not ended.wait(STALLED_S):
        if proxy.fired:
            (proxy.resume if resumes else proxy.cut)()
