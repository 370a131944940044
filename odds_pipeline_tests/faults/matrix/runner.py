"""Plays blocks: after every case the platform starts again, makes one clean slot, and is judged.

Belongs here: a case from its fault to its verdict, blocks one after another, several processes.
Does not belong here: faults, the verdict itself (``judge``), the table (``report``).

Units: seconds. A recovery lasts from the fault to the end of the clean slot after it.
"""

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from odds_pipeline.services.recover import recover
from odds_pipeline.simulator.clock import Clock
from odds_pipeline.storage.embedded import EmbeddedServer
from odds_pipeline_tests.conftest import migrate
from odds_pipeline_tests.faults.invariants import Finding, Kind
from odds_pipeline_tests.faults.matrix.block import Block, fresh_database, new_block
from odds_pipeline_tests.faults.matrix.classes import CLASSES
from odds_pipeline_tests.faults.matrix.dagster_programs import driven_clock
from odds_pipeline_tests.faults.matrix.fault_class import Case, Needs
from odds_pipeline_tests.faults.matrix.judge import verdict
from odds_pipeline_tests.faults.small_disks import CannotMount

LONGEST_CASE_S = 900
TEMPLATE = "odds"  # the server's own database, which nobody writes to


@dataclass(frozen=True)
class Result:
    """One case played.

    Args:
        case: which.
        findings: what was found.
        recovery_s: how long recovery took.
        skipped: why it was not played, if so.
        killed: at which named points processes were killed.
        charged: credits by the provider's own count.
        booked: the same by the ledger, at the end of the case.
    """

    case: Case
    findings: list[Finding]
    recovery_s: float = 0.0
    skipped: str = ""
    killed: tuple[str, ...] = ()
    charged: float = 0.0
    booked: float = 0.0


def _forget(_: Sequence[Result]) -> None:
    """Keep nothing."""


def play(block: Block, case: Case, seed: int) -> Result:
    """One case: the fault, the next start, a clean slot, the verdict."""
    block.strike()
    block.leaks.clear()
    block.killed.clear()
    charged, booked = block.charged(), block.booked()
    try:
        found = CLASSES[case.fault_class].play(block, case.random(seed), case.number)
    except CannotMount as refused:
        return Result(case, [], skipped=str(refused))
    with block.opened() as platform:
        recover(platform)
    if not block.collect_clean():
        found = [*found, Finding(Kind.OPEN, "I6: the clean slot was not made")]
    recovery = time.monotonic() - block.struck_at
    with block.opened() as platform:
        found = found + verdict(block, platform)
    return Result(
        case,
        found,
        recovery,
        killed=tuple(block.killed),
        charged=block.charged() - charged,
        booked=block.booked() - booked,
    )


def play_all(cases: Sequence[Case], seed: int, opened: Callable[[], Block]) -> Iterator[Result]:
    """The cases one after another; ``opened`` gives a block, and after a broken case a new one.

    What one case broke is not found again in every one after it.
    """
    block = opened()
    for case in cases:
        try:
            with _in_time(LONGEST_CASE_S):
                result = play(block, case, seed)
        except Exception as ended:
            words = f"the case ended by {type(ended).__name__}: {str(ended).strip()[:500]}"
            result = Result(case, [Finding(Kind.WRONG, words)])
        yield result
        if result.findings:
            block = opened()


def run(
    plans: Sequence[Sequence[Case]],
    seed: int,
    processes: int,
    say: Callable[[str], None],
    keep: Callable[[Sequence[Result]], None] = _forget,
) -> list[Result]:
    """All blocks, some at once, each process on a database server of its own.

    ``keep`` is given each block's results as soon as it is over, in the process that played it.
    """
    shares = [plans[place::processes] for place in range(processes)]
    if processes == 1:
        return _share(shares[0], seed, say, keep)
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        done = [pool.submit(_share, share, seed, _say, keep) for share in shares]
        return [result for one in done for result in one.result()]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _share(
    plans: Sequence[Sequence[Case]],
    seed: int,
    say: Callable[[str], None],
    keep: Callable[[Sequence[Result]], None],
) -> list[Result]:
    results: list[Result] = []
    with TemporaryDirectory(prefix="odds-") as folder, EmbeddedServer(Path(folder)) as url:
        migrate(url)
        server = EmbeddedServer(Path(folder))
        try:
            for cases in plans:
                block = _block(cases, seed, url, server, say)
                keep(block)
                results += block
        finally:
            server.release()
    return results


def _block(
    cases: Sequence[Case],
    seed: int,
    url: str,
    server: EmbeddedServer,
    say: Callable[[str], None],
) -> list[Result]:
    results: list[Result] = []
    began = time.monotonic()
    driven = any(CLASSES[case.fault_class].needs is Needs.DAGSTER for case in cases)
    with _blocks(url, server, driven_clock() if driven else None) as opened:
        for result in play_all(cases, seed, opened):
            results.append(result)
            if not result.findings:
                say(_told(result))
            for finding in result.findings:
                say(f"{result.case}: {finding.kind}: {finding.words}")
            if result.findings:
                say(f"  replay: {replay(seed, [result.case])}")
                say(f"  with those before it: {replay(seed, cases[: len(results)])}")
    broken = sum(bool(result.findings) for result in results)
    seconds = time.monotonic() - began
    say(f"block of {len(results)} cases: {broken} with findings, {seconds:.0f} s")
    return results


def _told(result: Result) -> str:
    if result.skipped:
        return f"{result.case}: skipped: {result.skipped}"
    return f"{result.case}: recovered in {result.recovery_s:.2f} s"


@contextmanager
def _blocks(url: str, server: EmbeddedServer, clock: Clock | None) -> Iterator[Callable[[], Block]]:
    """Blocks on one server, closed together."""
    root = url.rpartition("/")[0]
    with ExitStack() as opened:

        def another() -> Block:
            database = opened.enter_context(fresh_database(root, TEMPLATE))
            return opened.enter_context(new_block(database, server, clock))

        yield another


def replay(seed: int, cases: Sequence[Case]) -> str:
    """The command that plays these cases again, in one block."""
    only = ",".join(map(str, cases))
    return f"python -m odds_pipeline_tests.faults matrix --seed {seed} --only {only}"


@contextmanager
def _in_time(seconds: int) -> Iterator[None]:
    """End a block that hangs; in the main thread only.

    Raises:
        TimeoutError: it was not over in time.
    """
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _too_long(_: int, __: FrameType | None) -> None:
    raise TimeoutError("it was not over in time")
