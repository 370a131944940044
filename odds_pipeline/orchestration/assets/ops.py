"""Group `ops`: the platform's own state, as assets without days.

Belongs here: gaps and credits as numbers that plot, and their checks. Does not belong here:
finding and healing gaps (``services.gaps``), booking (``storage.ledger``).
"""

from datetime import timedelta
from typing import Any

import dagster as dg

from odds_pipeline.orchestration.descriptions import OWNERS, table_metadata
from odds_pipeline.orchestration.failures import one_line_failures
from odds_pipeline.orchestration.figures import Metadata
from odds_pipeline.orchestration.modes import mode_in_force
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.planning.captures import Window
from odds_pipeline.services import gaps
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.sampling import provider_now
from odds_pipeline.services.status import KeyQuota, quota
from odds_pipeline.settings import Settings

GAPS, LEDGER = "collection_gaps", "credit_ledger"
SHOWN = 20
MONTH = timedelta(days=30)
# Booked every hour: two missed in a row are worth a look.
BOOKED = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=6), warn_window=timedelta(hours=2)
)


def ops_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """Collection gaps and the credit ledger."""
    return [_collection_gaps(settings), _credit_ledger()]


def ops_checks() -> list[dg.AssetChecksDefinition]:
    """Gaps are closed and their closure proven; nobody else spends our credits."""
    return [_gaps_closed(), _closure_proven(), _nobody_else_spends()]


def _collection_gaps(settings: Settings) -> dg.AssetsDefinition:
    @dg.asset(
        name=GAPS,
        group_name="ops",
        owners=OWNERS,
        kinds={"python", "postgres"},
        tags={"odds/layer": "paid"},
        metadata=table_metadata("slots"),
        deps=["odds_snapshots"],
        pool="odds_api",
    )
    def collection_gaps(
        context: dg.AssetExecutionContext,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.MaterializeResult[None]:
        """Captures that were missed; materialising heals them from history.

        The most valuable are bought first, within the month's heal budget; each call closes every
        gap whose time its snapshot shows.
        """

        def told(done: int, of: int) -> None:
            context.log.info(f"{done} of {of} gaps closed")

        with one_line_failures(), platform_resource.open() as platform:
            gaps.find_missed(platform, mode_in_force(context.instance, settings))
            done = gaps.heal(platform, progress=told)
            context.log.info(f"ended: {done.reason}")
            metadata = _gap_numbers(platform, done)
        return dg.MaterializeResult(metadata=metadata)

    return collection_gaps


def _gap_numbers(platform: Platform, done: gaps.Healed) -> Metadata:
    now = provider_now(platform)
    left = gaps.open_gaps(platform)
    rows = [
        dg.TableRecord(
            {
                "slot": f"{gap.slot_time:%Y-%m-%d %H:%M}",
                "sport": gap.sport_key,
                "reason": gap.reason,
                "planned for": gap.why or "",
                "value": round(gap.value, 1),
                "credits": gap.credits,
                "note": gap.note or "",
            }
        )
        for gap in sorted(left.gaps, key=lambda gap: -gap.value)[:SHOWN]
    ]
    counted = gaps.counts(platform, Window(now - MONTH, now))
    return {
        "gaps open": len(left.gaps),
        "gaps that can be healed": left.healable,
        "credits to heal them": left.credits,
        "healed now": done.healed,
        "calls now": done.calls,
        "credits charged": float(done.credits),
        "credits left to heal with": float(gaps.heal_allowance(platform)),
        "slots of 30 days": sum(count.slots for count in counted),
        "ended because": done.reason,
        **({"worth most": dg.MetadataValue.table(rows)} if rows else {}),
    }


def _credit_ledger() -> dg.AssetsDefinition:
    @dg.asset(
        name=LEDGER,
        group_name="ops",
        owners=OWNERS,
        kinds={"python", "postgres"},
        tags={"odds/layer": "sql"},
        metadata=table_metadata("credit_ledger"),
        deps=["odds_snapshots", "scores"],
        freshness_policy=BOOKED,
    )
    def credit_ledger(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.MaterializeResult[None]:
        """What the month's credits went on, what is left of them, and where that leads."""
        with one_line_failures(), platform_resource.open() as platform:
            month = quota(platform)
        return dg.MaterializeResult(
            metadata={
                "credits used": float(month.used),
                "credits reserved": float(month.reserved),
                "credits remaining": float(month.remaining),
                "credits forecast (month)": float(month.forecast),
                "quota": month.quota,
                "used by others": float(sum(key.others for key in month.keys)),
                "keys": dg.MetadataValue.table([_key_row(key) for key in month.keys]),
            }
        )

    return credit_ledger


def _key_row(key: KeyQuota) -> dg.TableRecord:
    refused = "; ".join(f"{purpose}: {why}" for purpose, why in key.refused.items())
    return dg.TableRecord(
        {
            "key": key.key,
            "quota": key.quota,
            "used": float(key.used),
            "others": float(key.others),
            "refused now": refused,
            "warning": key.warning or "",
        }
    )


def _gaps_closed() -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=GAPS, description="No capture of the last 30 days is missing that history still has."
    )
    def gaps_closed(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.AssetCheckResult:
        with one_line_failures(), platform_resource.open() as platform:
            left = gaps.open_gaps(platform)
        return _result(
            left.healable == 0,
            dg.AssetCheckSeverity.WARN,
            {"can be healed": left.healable, "open": len(left.gaps), "credits": left.credits},
        )

    return gaps_closed


def _closure_proven() -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=GAPS, description="Every healed slot has a stored snapshot of its time.")
    def closure_proven(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.AssetCheckResult:
        with one_line_failures(), platform_resource.open() as platform:
            now = provider_now(platform)
            unproven = gaps.unproven(platform, Window(now - MONTH, now))
        return _result(not unproven, dg.AssetCheckSeverity.ERROR, {"unproven": len(unproven)})

    return closure_proven


def _nobody_else_spends() -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=LEDGER, description="The provider counts no credits that are not ours.")
    def nobody_else_spends(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.AssetCheckResult:
        with one_line_failures(), platform_resource.open() as platform:
            others = sum(key.others for key in quota(platform).keys)
        return _result(not others, dg.AssetCheckSeverity.WARN, {"used by others": float(others)})

    return nobody_else_spends


def _result(
    passed: bool, severity: dg.AssetCheckSeverity, numbers: dict[str, Any]
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=passed, severity=severity, metadata=numbers)
