"""The sampling modes as Dagster runs them, and which one is in force.

Belongs here: the schedule or sensor of each mode, and reading the instance for the one that runs.
Does not belong here: how a mode plans (``planning.policies``), starting and stopping
(``switches``).
"""

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorStatus

from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.settings import Settings

# The fixed mode is a schedule, any other one a sensor that follows the starts.
TICKERS = {
    mode: "collect_odds" if mode is SamplingMode.FIXED else f"collect_{mode}"
    for mode in SamplingMode
}
_CHOSEN = "odds/sampling_mode"


def mode_in_force(instance: dg.DagsterInstance, settings: Settings) -> SamplingMode:
    """The mode that runs; while none does, the one that was chosen last, or is configured."""
    stored = {state.instigator_name: state.status for state in instance.all_instigator_state()}
    running = [
        mode for mode, ticker in TICKERS.items() if stored.get(ticker) is InstigatorStatus.RUNNING
    ]
    return running[0] if running else _chosen(instance) or settings.sampling_mode


def remember(instance: dg.DagsterInstance, mode: SamplingMode) -> None:
    """Keep the choice while nothing runs."""
    instance.daemon_cursor_storage.set_cursor_values({_CHOSEN: str(mode)})


def _chosen(instance: dg.DagsterInstance) -> SamplingMode | None:
    kept = instance.daemon_cursor_storage.get_cursor_values({_CHOSEN}).get(_CHOSEN)
    return None if kept is None else SamplingMode(kept)
