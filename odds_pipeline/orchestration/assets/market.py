"""Group `market`: what quotes are worth, and what is to be learned from that.

Belongs here: which service makes a day of each. Does not belong here: pricing itself
(``services.market``), numbers and pictures (``market_figures``).
"""

from collections.abc import Sequence
from datetime import date

import dagster as dg

from odds_pipeline.orchestration import market_figures as figures
from odds_pipeline.orchestration.descriptions import Decorator, daily_asset, whole_asset
from odds_pipeline.orchestration.failures import one_line_failures
from odds_pipeline.orchestration.figures import Metadata
from odds_pipeline.orchestration.materialise import day_by_day
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.services.platform import Platform

Run = dg.AssetExecutionContext


def market_assets(days: dg.DailyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Fair prices, edges, closes, movements, scorecards; statistics of edges, calibration."""
    return [
        _fair_odds(days),
        _edges(days),
        _closing_lines(days),
        _line_movements(days),
        _bookmaker_scorecards(days),
        _edge_statistics(),
        _calibration(),
    ]


def _daily(table: str, days: dg.DailyPartitionsDefinition, deps: Sequence[str]) -> Decorator:
    return daily_asset(
        days,
        group="market",
        table=table,
        layer="sql",
        deps=deps,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )


def _fair_odds(days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    @_daily("fair_prices", days, ["odds", "data_quality_log"])
    def fair_odds(
        context: Run, platform_resource: dg.ResourceParam[PlatformResource]
    ) -> dg.MaterializeResult[None]:
        """What every pre-match outcome was worth at each capture of the day, margin removed.

        Captures priced before are priced again only where something about them became known
        since: a late capture, a void, a model.
        """
        return day_by_day(context, platform_resource, _price)

    return fair_odds


def _edges(days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    @_daily("edges", days, ["fair_odds"])
    def edges(
        context: Run, platform_resource: dg.ResourceParam[PlatformResource]
    ) -> dg.MaterializeResult[None]:
        """+EV, arbitrages, middles and low holds seen on the day: age, verdict, stakes, life.

        One row an opportunity, however often it is seen; closed when it is gone, never deleted.
        """
        return day_by_day(context, platform_resource, _edge_figures)

    return edges


def _closing_lines(days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    @_daily("closing_prices", days, ["odds", "scores"])
    def closing_lines(
        context: Run, platform_resource: dg.ResourceParam[PlatformResource]
    ) -> dg.MaterializeResult[None]:
        """Opening and closing price of each book's outcomes of the events that start on the day.

        Each with its capture and gap to the start, or the reason why there is none.
        """
        return day_by_day(context, platform_resource, _close)

    return closing_lines


def _line_movements(days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    @_daily("line_movements", days, ["odds"])
    def line_movements(
        context: Run, platform_resource: dg.ResourceParam[PlatformResource]
    ) -> dg.MaterializeResult[None]:
        """How each book's markets of the events that start on the day moved until then."""
        return day_by_day(context, platform_resource, _move)

    return line_movements


def _bookmaker_scorecards(days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    @_daily("bookmaker_scorecards", days, ["odds"])
    def bookmaker_scorecards(
        context: Run, platform_resource: dg.ResourceParam[PlatformResource]
    ) -> dg.MaterializeResult[None]:
        """Each book's margin, speed, share of best prices, first moves and uptime on the day."""
        return day_by_day(context, platform_resource, _score)

    return bookmaker_scorecards


def _edge_statistics() -> dg.AssetsDefinition:
    @whole_asset(group="market", table="edge_statistics", deps=["edges", "closing_lines"])
    def edge_statistics(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.MaterializeResult[None]:
        """What past edges were worth, by kind, book, market and tag: life, result and CLV."""
        with one_line_failures(), platform_resource.open() as platform:
            return dg.MaterializeResult(metadata=figures.edge_statistics(platform))

    return edge_statistics


def _calibration() -> dg.AssetsDefinition:
    @whole_asset(group="market", table="calibrations", deps=["closing_lines"])
    def calibration(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.MaterializeResult[None]:
        """Which margin removal foretold results best, by sport, market, book and class of book."""
        with one_line_failures(), platform_resource.open() as platform:
            return dg.MaterializeResult(metadata=figures.calibration(platform))

    return calibration


def _price(context: Run, platform: Platform, day: date) -> Metadata:
    from odds_pipeline.services.market.day import price_day

    done = price_day(
        platform,
        day,
        progress=lambda done, of: context.log.info(f"{day}: {done} of {of} captures priced"),
    )
    return figures.fair_odds(platform, day, done)


def _edge_figures(_: Run, platform: Platform, day: date) -> Metadata:
    from odds_pipeline.services.market.day import price_day

    price_day(platform, day)  # nothing is left to do where `fair_odds` ran before
    return figures.edges(platform, day)


def _close(_: Run, platform: Platform, day: date) -> Metadata:
    from odds_pipeline.services.market.lines import close_day

    return figures.closing_lines(close_day(platform, day))


def _move(_: Run, platform: Platform, day: date) -> Metadata:
    from odds_pipeline.services.market.movements import move_day

    return figures.line_movements(platform, move_day(platform, day))


def _score(_: Run, platform: Platform, day: date) -> Metadata:
    from odds_pipeline.services.market.scorecards import score_day

    return figures.scorecards(score_day(platform, day), day)
