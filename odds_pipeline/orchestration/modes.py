"""Which schedule or sensor drives which sampling mode, and which mode is in force.

Belongs here: their names, and what the instance says of them. Does not belong here: what they do
(``schedules``, ``sensors``), switching them (``instigators``).

The mode in force is what is switched on in Dagster, in the UI as by `odds config set-mode`;
``SAMPLING_MODE`` only says what is on before anybody has switched anything.
"""

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorStatus

from odds_pipeline.planning.policies import SamplingMode
from odds_pipeline.settings import Settings

FIXED_SCHEDULE = "collect_odds"
MODE_SENSORS = {
    SamplingMode.ADAPTIVE: "collect_adaptive",
    SamplingMode.PLANNED: "collect_planned",
}
MODE_INSTIGATORS = {SamplingMode.FIXED: FIXED_SCHEDULE, **MODE_SENSORS}


def mode_in_force(instance: dg.DagsterInstance, settings: Settings) -> SamplingMode:
    """The mode that is switched on; the configured one where none was switched by anybody."""
    switched = {state.instigator_name: state.status for state in instance.all_instigator_state()}
    for mode, name in MODE_INSTIGATORS.items():
        if switched.get(name) is InstigatorStatus.RUNNING:
            return mode
    return settings.sampling_mode
