"""Decides when an event has left the feed, as pure logic on an event's marks.

A listing (a capture that names every event of its scope) in which a listed event is missing
closes that event's quotes inside the listing's scope: one `unlisted` snapshot, on the transition
only. Because later listings without the event are not stored again, a late capture that lists the
event must be followed by the absence that the next listings had already shown.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from odds_pipeline.catalog.observations import Scope
from odds_pipeline.storage.scoping import covers_start, overlap
from odds_pipeline.storage.timeline import Mark, Timeline


class Listing(NamedTuple):
    """One stored capture that names every event of its scope, or every one of those asked for."""

    capture_time: datetime
    capture_id: int
    scope_id: int
    known_time: datetime
    asked: tuple[str, ...] | None = None


def last_listed(timeline: Timeline, moment: datetime) -> Mark | None:
    """The newest mark at or before ``moment`` that listed the event, of scopes that still do."""
    return next((mark for mark in _standing(timeline, moment) if mark.listed), None)


def leaves_feed(timeline: Timeline, listing: Listing, scopes: Mapping[int, Scope]) -> bool:
    """Whether this listing, in which the event is missing, closes quotes that stand open.

    Args:
        timeline: the event's marks.
        listing: the listing without the event.
        scopes: scope values by number.
    """
    scope = scopes[listing.scope_id]
    newest = last_listed(timeline, listing.capture_time)
    if newest is None:
        return False
    if listing.asked is None and not covers_start(
        scope, newest.commence_time, listing.capture_time
    ):
        return False
    for mark in _standing(timeline, listing.capture_time):
        if mark.listed and overlap(scopes[mark.scope_id], scope):
            return True
        if not mark.listed and mark.scope_id == listing.scope_id:
            return False
    return False


def restated(timeline: Timeline, listing: Listing) -> list[int]:
    """Scopes of later documents that list the event at the very instant of this listing."""
    return [
        mark.scope_id
        for mark in timeline.marks
        if mark.listed
        and mark.capture_time == listing.capture_time
        and mark.stated_at > listing.known_time
    ]


def _standing(timeline: Timeline, moment: datetime) -> Iterator[Mark]:
    """The newest mark of each scope at or before ``moment``, newest first.

    What a scope said before its newest mark is closed by it, and no longer kept in memory.
    """
    marks = timeline.marks
    place = bisect_right(marks, moment, key=_capture_time)
    told = set()
    for index in range(place - 1, -1, -1):
        mark = marks[index]
        if mark.scope_id not in told:
            told.add(mark.scope_id)
            yield mark


def _capture_time(mark: Mark) -> datetime:
    return mark.capture_time
