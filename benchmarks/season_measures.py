"""The season benchmarks together: replay, storage, questions; and the large season's plans.

Belongs here: which parts belong to which run. Does not belong here: the parts (one file each).

``season`` asks a season on a half-hour grid (8.6 million observed quotes), ``season_large`` one on
a five-minute grid (51 million); ``ODDS_BENCH_KEEP`` names a folder that keeps what was built.
"""

from benchmarks import (
    season_archive,
    season_backtest,
    season_databases,
    season_plans,
    season_questions,
    season_storage,
    season_whole,
)
from benchmarks.harness import Result, Side
from benchmarks.season import FIVE_MINUTES, HALF_HOUR, Spec
from benchmarks.season_databases import Databases

MEMORY_MIB = 1024
# Of the large season the reference answers for each so many events.
SAMPLED = 20


def measure() -> list[Result]:
    """The half-hour grid, and bytes by rate of change on a stretch of the five-minute grid."""
    with season_databases.opened(Spec(HALF_HOUR)) as databases:
        return [
            *replay(databases),
            *season_storage.measure(),
            *season_whole.measure(databases),
            *season_questions.measure(databases),
            *season_archive.measure(databases),
            season_backtest.measure(databases),
        ]


def measure_backtest() -> list[Result]:
    """The backtest of the half-hour grid alone."""
    with season_databases.opened(Spec(HALF_HOUR)) as databases:
        return [season_backtest.measure(databases)]


def write_plans() -> list[Result]:
    """The page of plans alone, on the five-minute grid."""
    with season_databases.opened(Spec(FIVE_MINUTES)) as databases:
        season_plans.write(databases)
    return []


def measure_large() -> list[Result]:
    """The five-minute grid; writes the page of plans."""
    with season_databases.opened(Spec(FIVE_MINUTES)) as databases:
        season_plans.write(databases)
        return [
            *replay(databases),
            *season_whole.measure(databases, quotes=20, facts=12),
            *season_questions.measure(databases, SAMPLED),
            *season_archive.measure(databases, SAMPLED),
            season_backtest.measure(databases, SAMPLED),
        ]


def replay(databases: Databases) -> list[Result]:
    """The season from raw beside stretches of it through the ORM, and the memory it took."""
    built = databases.built
    notes = (
        f"{built.quotes:,} quotes of {built.captures:,} bodies, a change a step "
        f"{built.changed / built.quotes:.1%}, replayed in {built.replay_seconds:,.0f} s; a figure "
        "is a fifth of it, the ORM's a stretch of the same bodies right after",
        f"making the bodies and the reference's rows {built.generated:,.0f} quotes/s, storing "
        f"raw {built.stored:,.0f} quotes/s: neither is in the figures",
    )
    sides = Side("ours", built.replay), Side("ORM", built.orm)
    peak = Side("ours", (built.peak_mib,)), Side("allowed", (float(MEMORY_MIB),))
    return [
        Result("season.replay", "quotes/s", *sides, True, 50, notes),
        Result("season.replay_memory", "MiB", *peak, target=1, notes=("resident, at the peak",)),
    ]
