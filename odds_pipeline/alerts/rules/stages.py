"""Stages that do worse than they used to. Seconds; shares 0 to 1."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from odds_pipeline.catalog.alerts import Alert, AlertType, Severity

FEWEST_NOW, FEWEST_BEFORE = 5, 20
SLOWER_TIMES = 3.0
LEAST_SECONDS = 0.5
FEWER_SUCCEED = 0.2


class StageFigures(NamedTuple):
    """How a stage ran over a span: ``None`` where nothing ran."""

    runs: int
    median_seconds: float | None
    p95_seconds: float | None
    success: float | None
    rows: int
    errors: str | None


class StageHistory(NamedTuple):
    """A stage's last hours beside the days before them."""

    stage: str
    recent: StageFigures
    usual: StageFigures


def degradation(history: StageHistory) -> str | None:
    """How a stage does worse than it used to, in words; ``None`` if it does not, or is too new.

    Worse is: a fifth more of its runs fail than before; or its median run takes longer than nearly
    all (p95) did before, three times the median of then, and half a second.
    """
    recent, usual = history.recent, history.usual
    if recent.runs < FEWEST_NOW or usual.runs < FEWEST_BEFORE:
        return None
    assert recent.success is not None
    assert usual.success is not None
    if recent.success < usual.success - FEWER_SUCCEED:
        failed = f" ({recent.errors})" if recent.errors else ""
        return f"{recent.success:.0%} of its runs succeed{failed}, before {usual.success:.0%} did"
    if recent.median_seconds is None or usual.median_seconds is None or usual.p95_seconds is None:
        return None
    limit = max(usual.p95_seconds, SLOWER_TIMES * usual.median_seconds, LEAST_SECONDS)
    if recent.median_seconds > limit:
        return (
            f"a run takes {recent.median_seconds:.2f} s, before it took "
            f"{usual.median_seconds:.2f} s, and rarely more than {usual.p95_seconds:.2f} s"
        )
    return None


def stage_alerts(histories: Iterable[StageHistory], now: datetime) -> Iterator[Alert]:
    """One alert a stage and UTC day."""
    for history in histories:
        worse = degradation(history)
        if worse is None:
            continue
        yield Alert(
            AlertType.DEGRADED_STAGE,
            Severity.WARNING,
            f"The stage {history.stage} does worse than it used to: {worse}.",
            object_kind="stage",
            object_id=history.stage,
            occasion=f"{now:%Y-%m-%d}",
            threshold=history.usual.median_seconds,
            actual=history.recent.median_seconds,
        )
