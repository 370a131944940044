"""Every check, in the order in which they are shown."""

from collections.abc import Iterator

from odds_pipeline.services.doctor import configuration, database, machine, provider, scheduler
from odds_pipeline.services.doctor.examination import Examination
from odds_pipeline.services.doctor.findings import Check, Finding

CHECKS: tuple[Check, ...] = (
    *configuration.CHECKS,
    *machine.CHECKS,
    *database.CHECKS,
    *scheduler.CHECKS,
    *provider.CHECKS,
)


def judge(seen: Examination) -> Iterator[Finding]:
    """The finding of every check that applies to what was seen."""
    for check in CHECKS:
        finding = check(seen)
        if finding is not None:
            yield finding
