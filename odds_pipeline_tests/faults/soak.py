"""A day and more of adaptive sampling on a driven clock, with a provider that is often at fault.

Belongs here: the collecting process, minute by minute, and the account at the end. Does not belong
here: single faults and their verdicts (``matrix``).

The collector does each minute what Dagster's sensors do: it asks what is due and captures it, lists
events and asks for scores when they are due, marks what was missed and heals it. Faults that stop a
key for hours by the database's clock, which is not driven, are left out.

Units: virtual time; memory in MiB.
"""

import gc
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import NamedTuple

import psutil

from odds_pipeline.composition import open_platform
from odds_pipeline.errors import OddsPipelineError
from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.services import gaps
from odds_pipeline.services.collect import LIVE, collect_events, collect_odds, collect_scores
from odds_pipeline.services.lifecycle import scores_tick
from odds_pipeline.services.listings import listing_tick
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.recover import recover
from odds_pipeline.services.sampling import GRACE, tick
from odds_pipeline.settings import load_settings
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.faults.fault import Fault
from odds_pipeline.simulator.faults.registry import load_faults
from odds_pipeline.simulator.faults.switch import Faults
from odds_pipeline.sources.the_odds_api.client import OddsApiClient
from odds_pipeline.sources.the_odds_api.transport import Limits, Timing
from odds_pipeline_tests.faults.invariants import Finding, Kind
from odds_pipeline_tests.faults.matrix.block import Block, new_block
from odds_pipeline_tests.faults.matrix.judge import verdict

START = datetime(2026, 3, 10, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
AT_FAULT = 0.15  # of all calls
HEAL_EVERY = 10  # minutes
LONGEST_SILENCE = timedelta(minutes=30)  # the longest interval of adaptive sampling
STOP_A_KEY = {"unauthorised", "quota_exhausted"}
FETCHES = "odds_pipeline.fetch"  # logs a line a call
MIB = 2**20


class Moment(NamedTuple):
    """What the collector says after a minute: its memory, and what nothing explains."""

    memory: float
    unexplained: list[str]


@dataclass
class Account:
    """How the slots ended, how the memory went, what was found, what the provider played."""

    hours: float
    slots: Counter[str] = field(default_factory=Counter)
    memory: dict[str, float] = field(default_factory=dict)
    unexplained: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    faults: int = 0
    charged: float = 0.0

    @property
    def is_clean(self) -> bool:
        """Whether every slot has its end and nothing is unexplained."""
        return not (self.findings or self.unexplained)

    def lines(self) -> list[str]:
        """The account in words."""
        total = self.slots.total()
        memory = ", ".join(f"{when} {mib:.0f} MiB" for when, mib in self.memory.items())
        return [
            f"{self.hours:g} virtual hours, {total} slots, {self.faults} calls met a fault, "
            f"{self.charged:g} credits:",
            "",
            *(f"- {count} {how}" for how, count in sorted(self.slots.items())),
            f"- memory of the collecting process: {memory}",
            f"- {len(self.unexplained)} unexplained errors, {len(self.findings)} findings",
            *(f"- {words}" for words in self.unexplained[:20]),
            *(f"- {finding.kind}: {finding.words}" for finding in self.findings),
        ]


def run(database_url: str, hours: float, seed: int) -> Account:
    """Collect for so long on a fresh database, then count.

    Args:
        database_url: of a migrated database.
        hours: virtual.
        seed: of the faults.
    """
    clock = SteppedClock(START)
    names = [name for name in load_faults() if name not in STOP_A_KEY]
    faults = _UntilOver(seed, dict.fromkeys(names, AT_FAULT / len(names)))
    account = Account(hours)
    with new_block(database_url, clock=clock, faults=faults) as block:
        minutes = round(hours * 60)
        with _collector(block) as ask:
            for minute in range(minutes + 1):
                clock.set(START + minute * MINUTE)
                said = ask(clock.now())
                account.unexplained += said.unexplained
                when = {0: "start", 60: "1 h", minutes // 2: "middle", minutes: "end"}.get(minute)
                if when is not None:
                    account.memory[when] = said.memory
        account.faults = sum(faults.played().values())
        _count(block, account, faults)
    return account


def _count(block: Block, account: Account, faults: "_UntilOver") -> None:
    """The slots by their end, and every invariant, after a start and one clean answer."""
    faults.over = True
    with block.opened() as opened:
        platform = replace(opened, now=block.stage.provider.clock.now)
        recover(platform)
        gaps.find_missed(platform, SamplingMode.ADAPTIVE)
        block.collect(platform, 10_000)
        account.findings = verdict(block, platform)
        account.charged = block.charged()
    with block.admin() as conn:
        rows = conn.execute(
            """SELECT slot_time, status || coalesce(': ' || reason, '') FROM slots
            WHERE purpose = %s AND slot_time BETWEEN %s AND %s ORDER BY slot_time""",
            (LIVE, START, block.stage.provider.clock.now() - GRACE),
        ).fetchall()
    account.slots = Counter(how for _, how in rows)
    times = [START, *(moment for moment, _ in rows)]
    for before, after in pairwise(times):
        if after - before > LONGEST_SILENCE:
            words = f"I6: no slot between {before} and {after}"
            account.findings.append(Finding(Kind.OPEN, words))


@contextmanager
def _collector(block: Block) -> Iterator[Callable[[datetime], Moment]]:
    """A collecting process; ask it to work at a time."""
    ours, theirs = Pipe()
    process = block.start(collect_when_told, theirs)
    theirs.close()

    def ask(now: datetime) -> Moment:
        ours.send(now)
        said: Moment = ours.recv()
        return said

    try:
        yield ask
        ours.send(None)
        process.join()
    finally:
        process.kill()
        process.join()


def collect_when_told(environment: Mapping[str, str], _: Path, orders: Connection) -> None:
    """In the child: at each time that is sent do what is due, and answer with a ``Moment``."""
    os.environ.update(environment)
    clock = SteppedClock(START)
    errors = _Errors()
    logging.getLogger().addHandler(errors)
    settings = load_settings()
    timing = Timing(clock=clock.now, sleep=lambda _: None)
    limits = Limits(deadline_s=1.0, tries=3)
    with open_platform(settings) as opened:
        key = settings.odds_api_key
        assert key is not None
        client = OddsApiClient(settings.provider_url, key, limits, timing)
        platform = replace(opened, now=clock.now, provider=lambda: client)
        recover(platform)
        while (now := orders.recv()) is not None:
            clock.set(now)
            for work in _due(platform, now):
                errors.watch(work)
            gc.collect()
            memory = psutil.Process().memory_info().rss / MIB
            orders.send(Moment(memory, errors.taken()))


def _due(platform: Platform, now: datetime) -> Iterator[Callable[[], object]]:
    """What the sensors would do now."""
    if listing_tick(platform).sports:
        yield lambda: collect_events(platform)
    if scores_tick(platform).sports:
        yield lambda: collect_scores(platform)
    for due in tick(platform, SamplingMode.ADAPTIVE).due:
        yield lambda due=due: collect_odds(  # type: ignore[misc]
            platform, [due.sport_key], due.slot_time, due.purpose
        )
    if now.minute % HEAL_EVERY == 0:
        gaps.find_missed(platform, SamplingMode.ADAPTIVE)
        yield lambda: gaps.heal(platform)


class _UntilOver(Faults):
    """Faults by their shares, until the day is over."""

    over = False

    def draw(self, endpoint: str) -> Fault | None:
        """The fault of one call."""
        return None if self.over else super().draw(endpoint)


class _Errors(logging.Handler):
    """Collects what nothing explains: lines logged as errors, and exceptions that are not ours.

    One of ours is explained: its slot stands as a gap with the reason, and is counted there.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line; a fetch that failed is told by its slot."""
        if record.name == FETCHES:
            return
        self._said.append(f"{record.name}: {record.getMessage()}"[:300])

    def watch(self, work: Callable[[], object]) -> None:
        """Do something and keep what it raises."""
        try:
            work()
        except OddsPipelineError:
            return
        except Exception as raised:
            self._said.append(f"{type(raised).__name__}: {raised}"[:300])

    def taken(self) -> list[str]:
        """What was kept since the last time."""
        said, self._said = self._said, []
        return said
