"""What must hold of the group `market`, as asset checks.

Belongs here: the checks and their limits. Does not belong here: quality of quotes (``checks``),
counting (``storage``).
"""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import dagster as dg

from odds_pipeline.orchestration.failures import one_line_failures
from odds_pipeline.orchestration.partitions import day_of
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import market_checks as counts
from odds_pipeline.storage.engine import Connection, transaction

WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR


class Count(NamedTuple):
    """What a check counts: a name, what must hold, how bad it is, and the count of a day."""

    asset: str
    name: str
    description: str
    severity: dg.AssetCheckSeverity
    of_day: Callable[[Connection, date], int]


_DAILY = (
    Count(
        "fair_odds",
        "every_capture_is_priced",
        "No capture of the day's odds waits to be priced.",
        WARN,
        counts.unpriced,
    ),
    Count(
        "fair_odds",
        "fair_probabilities_sum_to_one",
        "Each market's fair probabilities sum to 1 within 1e-9, whatever their source.",
        ERROR,
        counts.improper_sums,
    ),
    Count(
        "edges",
        "edges_are_of_their_sights",
        "Each opportunity says what its sights say, and none is open past its event's start.",
        ERROR,
        counts.unfounded_edges,
    ),
    Count(
        "edges",
        "stakes_pay_what_they_claim",
        "In every outcome an executable arbitrage's stakes pay the profit it claims, to the cent.",
        ERROR,
        counts.underpaid_arbitrages,
    ),
    Count(
        "closing_lines",
        "no_close_after_the_start",
        "No closing price was captured at or after the start.",
        ERROR,
        counts.late_closes,
    ),
    Count(
        "closing_lines",
        "every_close_or_its_reason",
        "Every row has a price or says why there is none.",
        ERROR,
        counts.unexplained_closes,
    ),
    Count(
        "closing_lines",
        "every_result_or_its_reason",
        "Every price has a result or says why there is none.",
        WARN,
        counts.unsettled_closes,
    ),
    Count(
        "line_movements",
        "movements_end_before_the_start",
        "No movement goes on at or after the start.",
        ERROR,
        counts.late_movements,
    ),
    Count(
        "bookmaker_scorecards",
        "books_kept_a_margin",
        "No book's market had a mean overround below 0 all day, exchanges apart.",
        WARN,
        counts.marginless_books,
    ),
    *(
        Count(
            asset,
            f"{asset}_as_described",
            "Every row fits the pandera schema of its table: columns, types, nulls and ranges.",
            ERROR,
            of_day,
        )
        for asset, of_day in (
            ("closing_lines", counts.misfitting_closes),
            ("line_movements", counts.misfitting_movements),
            ("bookmaker_scorecards", counts.misfitting_scorecards),
        )
    ),
)


def market_checks(days: dg.DailyPartitionsDefinition) -> list[dg.AssetChecksDefinition]:
    """One check a count of a day, and those of what is learned from all days."""
    whole = [_statistics(), _valued(), _better_than_chance()]
    return [*(_daily(count, days) for count in _DAILY), *whole]


def _daily(count: Count, days: dg.DailyPartitionsDefinition) -> dg.AssetChecksDefinition:
    spec = dg.AssetCheckSpec(
        count.name, asset=count.asset, description=count.description, partitions_def=days
    )

    @dg.multi_asset_check(name=count.name, specs=[spec])
    def check(
        context: dg.AssetCheckExecutionContext,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> "dg.AssetCheckResult":
        with one_line_failures(), platform_resource.open() as platform:
            found = {key: _of(platform, count, day_of(key)) for key in context.partition_keys}
        return _result(count, found)

    return check


def _of(platform: Platform, count: Count, day: date) -> int:
    with transaction(platform.engine) as conn:
        return count.of_day(conn, day)


def _result(count: Count, found: dict[str, int]) -> dg.AssetCheckResult:
    wrong = sum(found.values())
    return dg.AssetCheckResult(
        check_name=count.name,
        asset_key=dg.AssetKey(count.asset),
        passed=not wrong,
        severity=count.severity,
        metadata={"found": wrong, "limit": 0, "days": len(found)},
    )


def _statistics() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="edge_statistics",
        description="No group of edges won or lost more than its expected yield by more than "
        "chance: with many groups a few may.",
    )
    def yields_are_as_expected(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.AssetCheckResult:
        judged, off = _pair(platform_resource, counts.surprising_yields)
        return dg.AssetCheckResult(
            passed=off <= max(1, judged // 10),
            severity=WARN,
            metadata={"groups": judged, "outside their interval": off},
        )

    return yields_are_as_expected


def _valued() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="edge_statistics",
        description="Every closed edge, spreads and totals among them, has a closing line value "
        "and a result, or says why not.",
    )
    def every_edge_is_valued_or_says_why_not(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.AssetCheckResult:
        closed, unvalued = _pair(platform_resource, counts.unvalued_edges)
        return dg.AssetCheckResult(
            passed=not unvalued,
            severity=WARN,
            metadata={"closed edges": closed, "without value and reason": unvalued},
        )

    return every_edge_is_valued_or_says_why_not


def _better_than_chance() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="calibration",
        description="Every margin removal foretells better than equal chances where it was judged "
        "on a hundred markets or more.",
    )
    def better_than_equal_chances(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.AssetCheckResult:
        judged, worse = _pair(platform_resource, counts.worse_than_chance)
        return dg.AssetCheckResult(
            passed=not worse,
            severity=WARN,
            metadata={"groups": judged, "worse than equal chances": worse},
        )

    return better_than_equal_chances


def _pair(
    resource: PlatformResource, count: Callable[[Connection], tuple[int, int]]
) -> tuple[int, int]:
    with one_line_failures(), resource.open() as platform, transaction(platform.engine) as conn:
        return count(conn)
