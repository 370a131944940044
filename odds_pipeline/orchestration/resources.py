"""What assets and checks are handed: the platform, and a run's memory of its validation.

Belongs here: resources. Does not belong here: what is done with them. Both are plain objects
without configuration, so that no setting, and no secret, can reach the UI or a run's config.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import dagster as dg

from odds_pipeline import composition
from odds_pipeline.log_file import run_log
from odds_pipeline.orchestration.connections import keep_connected
from odds_pipeline.orchestration.workers import record_worker
from odds_pipeline.quality.registry import RuleResult
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.reconcile import Readings
from odds_pipeline.services.validate import validate_day
from odds_pipeline.settings import Settings


class PlatformResource:
    """Opens the platform: ``with platform_resource.open() as platform``.

    Args:
        settings: all settings.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def open(self) -> AbstractContextManager[Platform]:
        """The platform on its database; see ``composition.open_platform`` for what it raises."""
        return composition.open_platform(self.settings)


class Validations:
    """The days a run has validated, so that the log and the checks share one pass."""

    def __init__(self) -> None:
        self._done: dict[date, list[RuleResult]] = {}
        self._readings = Readings()

    def of_day(self, platform: Platform, day: date) -> list[RuleResult]:
        """The results of every rule on a UTC day, judged once in a run."""
        if day not in self._done:
            self._done[day] = validate_day(platform, day, readings=self._readings)
        return self._done[day]


def build_resources(settings: Settings) -> dict[str, Any]:
    """The resources by name; ``validations`` is made anew for each run."""
    return {
        "platform_resource": dg.ResourceDefinition(
            _of_a_known_worker(PlatformResource(settings)),
            description="Database, spool and provider's client.",
        ),
        "validations": dg.ResourceDefinition(
            lambda _: Validations(), description="One validation pass a run and day."
        ),
    }


def _of_a_known_worker(
    resource: PlatformResource,
) -> Callable[[dg.InitResourceContext], Iterator[PlatformResource]]:
    """The resource, given out once it is written down which process does the run.

    What the run logs names it.
    """

    def give(context: dg.InitResourceContext) -> Iterator[PlatformResource]:
        if context.run is None or context.instance is None:
            yield resource  # a tick's
            return
        keep_connected(context.instance)
        record_worker(context.instance, context.run.run_id)
        with run_log(resource.settings, run_id=context.run.run_id, job=context.run.job_name):
            yield resource

    return give
