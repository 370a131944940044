"""Editing the JSON of a proper answer.

Belongs here: finding events and outcomes in an answer of any endpoint, and writing JSON that no
proper encoder writes. Does not belong here: what is changed (``families``).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from odds_pipeline.simulator.faults.fault import Served

Json = dict[str, Any]


def edited(
    served: Served, edit: Callable[[list[Json]], object], verbatim: Mapping[str, str] | None = None
) -> Served:
    """The answer with its events changed in place.

    Args:
        served: a proper answer.
        edit: changes the list of events.
        verbatim: JSON strings of the edited answer and the text that stands in their place,
            quotes and all.
    """
    document = json.loads(served.body)
    events = _events(document)
    edit(events)
    text = json.dumps(events if isinstance(document, list) else document, separators=(",", ":"))
    for token, literal in (verbatim or {}).items():
        text = text.replace(json.dumps(token), literal)
    return served.saying(text.encode())


def outcomes_in(events: list[Json]) -> Iterator[Json]:
    """Every outcome of the events."""
    for market in markets_in(events):
        yield from market.get("outcomes", ())


def markets_in(events: list[Json]) -> Iterator[Json]:
    """Every market of the events."""
    for event in events:
        for bookmaker in event.get("bookmakers", ()):
            yield from bookmaker["markets"]


def _events(document: Any) -> list[Json]:  # noqa: ANN401 (any JSON)
    if isinstance(document, dict):
        inner = document.get("data", document)
        return inner if isinstance(inner, list) else [inner]
    return list(document)
