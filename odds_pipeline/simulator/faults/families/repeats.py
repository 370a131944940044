"""Parts come twice, or do not come.

Belongs here: how often a part is there.
"""

import json

from odds_pipeline.simulator.faults.documents import Json, edited, markets_in, outcomes_in
from odds_pipeline.simulator.faults.fault import Call, Served, fault

_MARK = "\x00twice"


@fault(charged=True)
def duplicate_keys(call: Call) -> Served:
    """The first outcome of every event has two prices in one JSON object."""

    def edit(events: list[Json]) -> None:
        for event in events:
            for outcome in list(outcomes_in([event]))[:1]:
                outcome["price_"] = _MARK

    once = edited(call.serve(), edit)
    twice = once.body.replace(b'"price_":' + json.dumps(_MARK).encode(), b'"price":-12345')
    return once.saying(twice)


@fault(charged=True)
def duplicate_outcomes(call: Call) -> Served:
    """Every market names its first outcome twice, at two prices."""

    def edit(events: list[Json]) -> None:
        for market in markets_in(events):
            outcomes = market.get("outcomes", [])
            outcomes += [{**outcome, "price": -12345} for outcome in outcomes[:1]]

    return edited(call.serve(), edit)


@fault(charged=True)
def duplicate_events(call: Call) -> Served:
    """Every event is listed twice."""

    def edit(events: list[Json]) -> None:
        events.extend(list(events))

    return edited(call.serve(), edit)


@fault(charged=False)
def empty_list(call: Call) -> Served:
    """An empty list, which costs nothing, although there are events."""
    return call.refuse(200, [])


@fault(charged=True)
def no_bookmakers(call: Call) -> Served:
    """Events without bookmakers."""

    def edit(events: list[Json]) -> None:
        for event in events:
            event["bookmakers"] = []

    return edited(call.serve(), edit)


@fault(charged=True)
def half_the_events(call: Call) -> Served:
    """The later half of the events is missing from a list that looks whole."""

    def edit(events: list[Json]) -> None:
        del events[(len(events) + 1) // 2 :]

    return edited(call.serve(), edit)
