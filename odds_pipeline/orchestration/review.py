"""The job by which a person decides about a day's quarantine in the UI.

Belongs here: its run config, and showing the day's checks anew. Does not belong here: what a
decision does (``services.review``).
"""

import dagster as dg
from pydantic import Field

from odds_pipeline.orchestration.checks import evaluations
from odds_pipeline.orchestration.descriptions import OWNERS
from odds_pipeline.orchestration.failures import one_line_failures
from odds_pipeline.orchestration.plain_config import PlainConfig, typed_day
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.orchestration.tags import MAX_RUNTIME
from odds_pipeline.services import review
from odds_pipeline.services.review import Action
from odds_pipeline.services.validate import validate_day

REVIEW = "review_quarantine"


class Decision(PlainConfig):
    """What is decided about a day's quarantined items."""

    day: str = Field(description="UTC day of the captures, as 2026-01-31.")
    action: Action = Field(
        description="RELEASE: it is right, use it. VOID: it is wrong, never use it. KEEP: looked "
        "at, stays as it is."
    )
    reason: str = Field(description="Why, for whoever asks later.")
    by: str = Field(description="Who decides.")
    items: list[str] = Field(
        default=[],
        description="Only these, as `odds quality list` names them: 17 is an issue (a mere flag "
        "too), q17 a quarantined part. Empty: all that stands in quarantine on that day.",
    )
    rule: str = Field(default="", description="Only what this rule found; empty: whichever.")


def review_job() -> dg.JobDefinition:
    """The job; its launchpad shows the config with these descriptions."""

    @dg.op(name="decide")
    def decide(
        context: dg.OpExecutionContext,
        config: Decision,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> None:
        """Release, void or keep, write down who and why, and judge the day again."""
        with one_line_failures(), platform_resource.open() as platform:
            day = typed_day(config.day, "day")
            if config.items:
                decided = [
                    review.decide(platform, item, config.action, config.reason, config.by).item
                    for item in config.items
                ]
            else:
                decided = review.decide_day(
                    platform, day, config.action, config.reason, config.by, config.rule or None
                )
            strict = platform.settings.reject_invalid_odds
            for shown in evaluations(context.instance, validate_day(platform, day), day, strict):
                context.instance.report_runless_asset_event(shown)
        names = [review.name_of(item) for item in decided]
        context.log.info(f"{config.action} by {config.by}: {', '.join(names) or 'nothing waits'}")
        context.add_output_metadata(
            {
                "items": len(decided),
                "decided": ", ".join(names),
                "action": str(config.action),
                "reason": config.reason,
                "by": config.by,
            }
        )

    @dg.job(
        name=REVIEW,
        description="Release, void or keep what a day's quarantine holds; says who and why.",
        owners=OWNERS,
        tags={MAX_RUNTIME: str(20 * 60)},
        executor_def=dg.in_process_executor,
    )
    def review_quarantine() -> None:
        decide()

    return review_quarantine
