"""``python -m odds_pipeline_tests.faults``: long runs, each with its seed printed for a replay.

matrix   every class of fault at random, all invariants after every case, a summary table
soak     hours of adaptive sampling on a driven clock, with a provider that is often at fault
crashes  hundreds of kills at named points: alone, of two, in a backfill, under two daemons
daemons  the memory of Dagster's daemon and code server over hundreds of ticks
kills    a writer that never rests while it, its database's backends and the server are killed
"""

import argparse
import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from odds_pipeline.storage.embedded import EmbeddedServer
from odds_pipeline_tests.conftest import migrate
from odds_pipeline_tests.faults import daemon_soak, kill_loop, soak
from odds_pipeline_tests.faults.matrix import crashes, drawing, report, runner
from odds_pipeline_tests.faults.matrix.fault_class import Case


def main() -> int:
    """Run one of them; exit code 1 if an invariant is broken."""
    parser = argparse.ArgumentParser(
        prog="python -m odds_pipeline_tests.faults",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    seeded = argparse.ArgumentParser(add_help=False)
    seeded.add_argument("--seed", type=int, default=random.randrange(2**32))
    runs = parser.add_subparsers(required=True, metavar="RUN")
    matrix = runs.add_parser("matrix", parents=[seeded])
    matrix.add_argument("--count", type=int, default=1000, help="faults to inject")
    matrix.add_argument("--processes", type=int, default=1, help="blocks at once")
    matrix.add_argument(
        "--only",
        default="",
        help="these cases in one block: CLASS:NUMBER or CLASS:FIRST-LAST, with commas",
    )
    matrix.add_argument("--write", action="store_true", help="keep the table in docs/faults.md")
    matrix.set_defaults(run=_matrix)
    crashed = runs.add_parser("crashes", parents=[seeded])
    crashed.add_argument("--count", type=int, default=1000, help="processes to kill, at least")
    crashed.add_argument("--processes", type=int, default=1, help="blocks at once")
    crashed.add_argument(
        "--file", type=Path, help="of results; a run that was ended goes on where it stood"
    )
    crashed.add_argument("--write", action="store_true", help="keep the account in docs/faults.md")
    crashed.set_defaults(run=_crashes)
    soaked = runs.add_parser("soak", parents=[seeded])
    soaked.add_argument("--hours", type=float, default=24.0, help="virtual")
    soaked.add_argument("--write", action="store_true", help="keep the account in docs/faults.md")
    soaked.set_defaults(run=_soak)
    daemons = runs.add_parser("daemons")
    daemons.add_argument("--minutes", type=float, default=12.0)
    daemons.add_argument("--write", action="store_true", help="keep the account in docs/faults.md")
    daemons.set_defaults(run=_daemons)
    kills = runs.add_parser("kills", parents=[seeded])
    kills.add_argument("--seconds", type=float, default=100.0)
    kills.set_defaults(run=_kills)
    chosen = parser.parse_args()
    return int(not chosen.run(chosen, parser.prog))


def _matrix(chosen: argparse.Namespace, program: str) -> bool:
    which = f"--only {chosen.only}" if chosen.only else f"--count {chosen.count}"
    command = f"{program} matrix --seed {chosen.seed} {which}"
    _say(command)
    plans = [_named(chosen.only)] if chosen.only else _drawn(chosen.count, chosen.seed)
    results = runner.run(plans, chosen.seed, chosen.processes, _say)
    table = report.table(results)
    _say("\n".join(table))
    if chosen.write:
        report.keep("matrix", command, table)
    return report.is_clean(results)


def _crashes(chosen: argparse.Namespace, program: str) -> bool:
    command = f"{program} crashes --seed {chosen.seed} --count {chosen.count}"
    with TemporaryDirectory(prefix="odds-") as folder:
        file = chosen.file or Path(folder) / "results"
        _say(f"{command} --file {file}" if chosen.file else command)
        results = crashes.run(chosen.count, chosen.seed, chosen.processes, file, _say)
    account = crashes.account(results)
    _say("\n".join(account))
    if chosen.write:
        report.keep("crashes", command, account)
    return report.is_clean(results)


def _drawn(count: int, seed: int) -> list[list[Case]]:
    return drawing.blocks(drawing.draw(count, seed))


def _named(only: str) -> list[Case]:
    cases = []
    for text in only.split(","):
        name, _, numbers = text.rpartition(":")
        first, _, last = numbers.partition("-")
        cases += [Case(name, number) for number in range(int(first), int(last or first) + 1)]
    return cases


def _soak(chosen: argparse.Namespace, program: str) -> bool:
    command = f"{program} soak --hours {chosen.hours:g} --seed {chosen.seed}"
    _say(command)
    with TemporaryDirectory(prefix="odds-") as folder, EmbeddedServer(Path(folder)) as url:
        migrate(url)
        account = soak.run(url, chosen.hours, chosen.seed)
    _say("\n".join(account.lines()))
    if chosen.write:
        report.keep("soak", command, account.lines())
    return account.is_clean


def _daemons(chosen: argparse.Namespace, program: str) -> bool:
    command = f"{program} daemons --minutes {chosen.minutes:g}"
    _say(command)
    with TemporaryDirectory(prefix="odds-") as folder, EmbeddedServer(Path(folder)) as url:
        migrate(url)
        account = daemon_soak.run(url, chosen.minutes, _say)
    _say("\n".join(account.lines()))
    if chosen.write:
        report.keep("daemons", command, account.lines())
    return account.is_flat


def _kills(chosen: argparse.Namespace, program: str) -> bool:
    _say(f"{program} kills --seconds {chosen.seconds:g} --seed {chosen.seed}")
    verdict = kill_loop.run(chosen.seconds, chosen.seed)
    _say("\n".join(verdict.lines()))
    return not verdict.broken


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
