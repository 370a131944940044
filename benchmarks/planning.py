"""How long planning a year takes, and what each sampling plan gives for its credits.

The games are a year of an assumed league (seven an evening). Seconds are wall time; the plans'
own figures stand in docs/collection.md, made of 406 real games by `python -m benchmarks.planning`.
"""

import csv
import gzip
import io
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.harness import Result, repeat, seconds
from odds_pipeline.planning.captures import DAY, Window
from odds_pipeline.planning.comparison import Scenario, Slate, compare, typical_slate
from odds_pipeline.planning.policies import Cadence, SamplingMode, plan
from odds_pipeline.planning.selection import choose

YEAR = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
SERIES = "odds_api/series_nba_au_daily_2026-03-03_06-01.csv.gz"
REAL = Window(datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC))
QUOTA = 2_000
QUOTES_A_GAME = 8 * 3 * 2


def measure() -> list[Result]:
    """Planning a year in each mode, and choosing within a small budget month by month."""
    starts = typical_slate(YEAR.begin, 365)
    found = [_seconds(str(mode), mode, starts) for mode in SamplingMode]
    note = f"{len(starts):,} games; planned, each month cut to {QUOTA} credits"
    cut = repeat("plan and choose", lambda _: seconds(lambda: _year_within(starts)))
    return [*found, Result("planning.within_budget", "s a year", cut, notes=(note,))]


def comparison(starts: list[datetime]) -> list[Scenario]:
    """The plans side by side over the real series, scaled to a month."""
    slate = Slate(REAL, starts, 3, 2, QUOTES_A_GAME)
    return compare(slate, Cadence(), QUOTA)


def real_starts(shared_data: Path) -> list[datetime]:
    """The starts of the recorded series' games."""
    text = gzip.decompress((shared_data / SERIES).read_bytes()).decode()
    rows = {row["event_id"]: row["commence_time"] for row in csv.DictReader(io.StringIO(text))}
    return sorted(map(datetime.fromisoformat, rows.values()))


def table(scenarios: list[Scenario]) -> str:
    """The comparison as the docs have it."""
    lines = [
        "| plan | calls a month | credits a month | mean gap | p95 gap | left out |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {one.name} | {one.calls:,.0f} | {one.credits:,.0f} | {_minutes(one.mean_gap)} "
        f"| {_minutes(one.p95_gap)} | {one.refused:,} |"
        for one in scenarios
    ]
    return "\n".join(lines) + "\n"


def _seconds(name: str, mode: SamplingMode, starts: list[datetime]) -> Result:
    side = repeat(name, lambda _: seconds(lambda: plan(mode, Cadence(), YEAR, starts)))
    return Result(f"planning.{name}", "s a year", side, notes=(f"{len(starts):,} games",))


def _year_within(starts: list[datetime]) -> None:
    for place in range(12):
        begin = YEAR.begin + place * 30 * DAY
        window = Window(begin, begin + 30 * DAY)
        captures = plan(SamplingMode.PLANNED, Cadence(), window, starts)
        choose(captures, [s for s in starts if s >= begin], QUOTA // 3)


def _minutes(gap: timedelta | None) -> str:
    return "-" if gap is None else f"{gap.total_seconds() / 60:.1f} min"


if __name__ == "__main__":
    sys.stdout.write(table(comparison(real_starts(Path(sys.argv[1])))))
