"""Lists in lists in lists.

Belongs here: depth. It stands in a field that nobody knows.
"""

from odds_pipeline.simulator.faults.documents import Json, edited
from odds_pipeline.simulator.faults.fault import Call, Served, fault

_MARK = "\x00deep"


def _nested(call: Call, depth: int) -> Served:
    def edit(events: list[Json]) -> None:
        for event in events[:1]:
            event["depths"] = _MARK

    return edited(call.serve(), edit, {_MARK: "[" * depth + "]" * depth})


@fault(charged=True)
def deep_nesting(call: Call) -> Served:
    """10,000 lists in one another."""
    return _nested(call, 10_000)


@fault(charged=True)
def deeper_nesting(call: Call) -> Served:
    """200,000 lists in one another."""
    return _nested(call, 200_000)
