"""What the newest captures left standing, kept in memory for the captures that follow.

Belongs here: the newest state of the events that are in the feed, and when it may be used. Does
not belong here: whether the database still says so (``remembered``), the rules (``timeline``).

It serves captures that lie after everything stored, as live ones do: each event's tail is what a
load from the database would give. Any other batch is applied to what is stored.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from odds_pipeline.storage.prepared import CERTAIN, PreparedBoard, PreparedEvent
from odds_pipeline.storage.scoping import LISTED_AFTER_START
from odds_pipeline.storage.timeline import Mark, Timeline, day_start

# Rows of all tails: some 100 MB. Beyond it everything is forgotten.
LARGEST = 250_000


class Shown(NamedTuple):
    """What an event's newest capture showed of it, without a doubt, under which scope."""

    mark: Mark
    boards: Mapping[int, PreparedBoard]


class Standing:
    """The end of the stored story.

    Args:
        newest: capture time after which nothing is stored; ``None`` where nothing is.
    """

    def __init__(self, newest: datetime | None) -> None:
        self.newest = newest
        self.lines: dict[int, Timeline] = {}
        self.events_of: dict[int, set[int]] = defaultdict(set)
        self.whole_sports: set[int] = set()
        self._shown: dict[int, Shown] = {}

    def precedes(self, moment: datetime) -> bool:
        """Whether a capture of this moment lies after everything stored."""
        return self.newest is None or moment > self.newest

    def boards(self) -> dict[int, Mapping[int, PreparedBoard]]:
        """The boards each event showed last."""
        return {event_no: shown.boards for event_no, shown in self._shown.items()}

    def show(self, event: PreparedEvent, mark: Mark, line: Timeline) -> None:
        """Note what a capture shows of an event.

        What leaves a doubt, or lies before another capture, leaves nothing to compare with.
        """
        late = bool(line.marks) and line.marks[-1].capture_time > mark.capture_time
        if event.unsure == CERTAIN and not late:
            self._shown[event.event_no] = Shown(mark, event.boards)
        else:
            self.hide(event.event_no)

    def hide(self, event_no: int) -> None:
        """Compare the event's next capture as a whole."""
        self._shown.pop(event_no, None)

    def shown(self, event_no: int, mark: Mark) -> Mapping[int, PreparedBoard] | None:
        """The boards shown before the mark, where boards that say the same changed nothing.

        That is so under the same scope and on the same UTC day.
        """
        before = self._shown.get(event_no)
        if before is None or before.mark.scope_id != mark.scope_id:
            return None
        since, now = before.mark.capture_time, mark.capture_time
        return before.boards if since <= now and day_start(since) == day_start(now) else None

    def advance(
        self, newest: datetime, lines: Iterable[Timeline], sport_of: Mapping[int, int]
    ) -> None:
        """Take in a batch that was written: all of it captured by ``newest``."""
        self.newest = newest if self.newest is None else max(self.newest, newest)
        for event_no, sport_id in sport_of.items():
            self.events_of[sport_id].add(event_no)
        for line in lines:
            line.shorten()
            self.lines[line.event_no] = line
        oldest = self.newest - LISTED_AFTER_START
        gone = {n for n, line in self.lines.items() if not _in_feed(line, oldest)}
        for event_no in gone:
            del self.lines[event_no]
            self.hide(event_no)
        for events in self.events_of.values():
            events -= gone

    def size(self) -> int:
        """How many rows are kept."""
        return sum(len(line.rows) for line in self.lines.values())


def _in_feed(line: Timeline, oldest_start: datetime) -> bool:
    """Whether a listing still to come may miss the event."""
    return any(mark.listed and mark.commence_time >= oldest_start for mark in line.marks)
