"""Group `ops`: the platform's own state, of now and not of a day.

Belongs here: the credit ledger, the gaps of collection and the platform's health, with their
checks. Does not belong here: spending, healing and looking themselves (``services``).
"""

from datetime import timedelta

import dagster as dg

from odds_pipeline.orchestration.descriptions import ops_asset
from odds_pipeline.orchestration.failures import one_line_failures
from odds_pipeline.orchestration.figures import gaps_metadata, health_metadata, ledger_metadata
from odds_pipeline.orchestration.modes import mode_in_force
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.planning.captures import Window
from odds_pipeline.services import gaps
from odds_pipeline.services.health import health, watch
from odds_pipeline.services.recover import recover
from odds_pipeline.services.status import Quota, quota
from odds_pipeline.storage.stage_runs import STAGES

GAPS, LEDGER, HEALTH = "collection_gaps", "credit_ledger", "platform_health"
LATE = timedelta(hours=3)


def ops_assets() -> list[dg.AssetsDefinition]:
    """The gaps of collection, the credit ledger and the platform's health."""
    return [_collection_gaps(), _credit_ledger(), _platform_health()]


def ops_checks() -> list[dg.AssetChecksDefinition]:
    """What their figures must hold."""
    return [
        _no_open_gaps(),
        _closed_for_good(),
        _within_the_budget(),
        _one_user(),
        _healthy("captures_come", ("fetch", "scheduler"), "Captures that are due are made."),
        _healthy("nothing_waits", ("normalise", "alerts"), "No response and no alert waits long."),
        _healthy("stages_as_usual", STAGES, "No stage is slower or fails more than it used to."),
    ]


def _collection_gaps() -> dg.AssetsDefinition:
    @ops_asset(table="slots", layer="paid", deps=["odds_snapshots"])
    def collection_gaps(
        context: dg.AssetExecutionContext,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.MaterializeResult[None]:
        """Planned captures that were missed in the last 30 days, and healing them.

        Materialising it finds every missed capture, then buys snapshots from history that close
        gaps, the most valuable for its credits first, within the month's heal budget.
        """
        with one_line_failures(), platform_resource.open() as platform:
            recover(platform)
            gaps.find_missed(platform, mode_in_force(context.instance, platform.settings))
            done = gaps.heal(
                platform,
                progress=lambda closed, of: context.log.info(f"{closed} of {of} gaps closed"),
            )
            context.log.info(f"{done.healed} healed for {done.credits:g} credits: {done.reason}")
            return dg.MaterializeResult(metadata=gaps_metadata(platform, done))

    return collection_gaps


def _credit_ledger() -> dg.AssetsDefinition:
    @ops_asset(
        table="credit_ledger",
        layer="sql",
        deps=["odds_snapshots", "events", "scores"],
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=LATE),
    )
    def credit_ledger(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.MaterializeResult[None]:
        """The month's credits: used, set aside, left, where they lead, and who is refused."""
        with one_line_failures(), platform_resource.open() as platform:
            return dg.MaterializeResult(metadata=ledger_metadata(quota(platform)))

    return credit_ledger


def _platform_health() -> dg.AssetsDefinition:
    @ops_asset(
        table="stage_runs",
        layer="sql",
        deps=["odds_snapshots", "data_quality_log", "edges"],
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=LATE),
    )
    def platform_health(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.MaterializeResult[None]:
        """Is everything running? Fetches, stages, database, growth, gaps, stale books, alerts.

        Materialising it looks, and raises alerts of what is broken. `odds monitor` shows the same.
        """
        with one_line_failures(), platform_resource.open() as platform:
            return dg.MaterializeResult(metadata=health_metadata(platform, watch(platform)))

    return platform_health


def _healthy(name: str, parts: tuple[str, ...], meaning: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=HEALTH, name=name, description=meaning)
    def healthy(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.AssetCheckResult:
        with one_line_failures(), platform_resource.open() as platform:
            problems = [each for each in health(platform).problems if each.part in parts]
        errors = any(each.severity == "error" for each in problems)
        return dg.AssetCheckResult(
            passed=not problems,
            severity=dg.AssetCheckSeverity.ERROR if errors else dg.AssetCheckSeverity.WARN,
            description="; ".join(f"{each.part}: {each.words}" for each in problems) or None,
            metadata={"problems": len(problems), "limit": 0},
        )

    return healthy


def _no_open_gaps() -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=GAPS, description="No planned capture of the last 30 days is missing.")
    def no_open_gaps(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.AssetCheckResult:
        with one_line_failures(), platform_resource.open() as platform:
            found = gaps.open_gaps(platform)
        return dg.AssetCheckResult(
            passed=not found.gaps,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"{len(found.gaps)} open, {found.healable} of them can be healed",
            metadata={"open": len(found.gaps), "can be healed": found.healable, "limit": 0},
        )

    return no_open_gaps


def _closed_for_good() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=GAPS,
        description="Each healed slot has a snapshot of its time: in (slot - feed step, slot].",
    )
    def closure_is_proven(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.AssetCheckResult:
        with one_line_failures(), platform_resource.open() as platform:
            now = platform.now()
            unproven = gaps.unproven(platform, Window(now - gaps.LOOK_BACK, now))
        return dg.AssetCheckResult(
            passed=not unproven, metadata={"healed without a snapshot": len(unproven), "limit": 0}
        )

    return closure_is_proven


def _within_the_budget() -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=LEDGER, description="No key has used 80 % of its credits.")
    def within_the_budget(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.AssetCheckResult:
        month = _month(platform_resource)
        warnings = [key.warning for key in month.keys if key.warning is not None]
        return dg.AssetCheckResult(
            passed=not warnings,
            severity=dg.AssetCheckSeverity.WARN,
            description="; ".join(warnings) or None,
            metadata={"used (%)": 100 * month.used / max(month.quota, 1), "limit (%)": 80},
        )

    return within_the_budget


def _one_user() -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=LEDGER, description="Nobody else spends credits with our keys.")
    def nobody_else_spends(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.AssetCheckResult:
        others = sum(key.others for key in _month(platform_resource).keys)
        return dg.AssetCheckResult(
            passed=others <= 0,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"{others:g} credits of this month were spent by somebody else",
            metadata={"credits spent by others": others, "limit": 0},
        )

    return nobody_else_spends


def _month(resource: PlatformResource) -> Quota:
    with one_line_failures(), resource.open() as platform:
        return quota(platform)
