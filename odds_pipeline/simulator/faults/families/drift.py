"""The provider changed its answers without a word.

Belongs here: fields and markets that come, go, move and change their type.
"""

import copy

from odds_pipeline.simulator.faults.documents import Json, edited, markets_in, outcomes_in
from odds_pipeline.simulator.faults.fault import Call, Served, fault


@fault(charged=True)
def new_field(call: Call) -> Served:
    """Events, markets and outcomes have a field that nobody knows."""

    def edit(events: list[Json]) -> None:
        for part in (*events, *markets_in(events), *outcomes_in(events)):
            part["novelty"] = {"since": 2027, "list": [1, None, "x"]}

    return edited(call.serve(), edit)


@fault(charged=True)
def missing_field(call: Call) -> Served:
    """The first event has no `commence_time`, every other one no price of its first outcome."""

    def edit(events: list[Json]) -> None:
        for event in events[:1]:
            event.pop("commence_time", None)
        for event in events[1:]:
            for outcome in list(outcomes_in([event]))[:1]:
                outcome.pop("price", None)

    return edited(call.serve(), edit)


@fault(charged=True)
def renamed_field(call: Call) -> Served:
    """`price` is called `odds`."""

    def edit(events: list[Json]) -> None:
        for outcome in outcomes_in(events):
            outcome["odds"] = outcome.pop("price", None)

    return edited(call.serve(), edit)


@fault(charged=True)
def changed_type(call: Call) -> Served:
    """Prices are objects, and the first event's bookmakers an object by key."""

    def edit(events: list[Json]) -> None:
        for outcome in outcomes_in(events):
            outcome["price"] = {"value": outcome.get("price")}
        for event in events[:1]:
            event["bookmakers"] = {one["key"]: one for one in event.get("bookmakers", ())}

    return edited(call.serve(), edit)


@fault(charged=True)
def new_market(call: Call) -> Served:
    """Every bookmaker has a market that was not asked for and that nobody knows."""

    def edit(events: list[Json]) -> None:
        for event in events:
            for bookmaker in event.get("bookmakers", ()):
                fresh = copy.deepcopy(bookmaker["markets"][:1])
                bookmaker["markets"] += [{**market, "key": "h2h_moonshot"} for market in fresh]

    return edited(call.serve(), edit)
