"""What is frozen, and what is said of it.

Belongs here: both, and how they are kept as JSON. Does not belong here: reading it (``gather``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from odds_pipeline.services.selections import Selection


@dataclass(frozen=True, slots=True)
class Terms:
    """What is frozen.

    Args:
        sports: sport keys.
        first: first UTC day of starts.
        last: last one, included.
        offsets: how long before the start as stated then each decision is taken.
        at_close: also decide at the last moment before the start.
        bookmakers: only these; all without.
        markets: only these; all without.
        max_age: greatest age of the newest snapshot at the decision.
        valid_only: leave out prices that a quality rule found wrong.
        latency: freeze what was on offer so long after each decision, too; none without.
    """

    sports: tuple[str, ...]
    first: date
    last: date
    offsets: tuple[timedelta, ...]
    at_close: bool = False
    bookmakers: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    max_age: timedelta | None = None
    valid_only: bool = False
    latency: timedelta = timedelta()

    def selection(self, sport: str, at: datetime | None, known_by: datetime | None) -> Selection:
        """Of one sport, as of both moments."""
        return Selection(
            sport,
            self.first,
            self.last,
            self.offsets,
            self.at_close,
            self.bookmakers,
            self.markets,
            self.max_age,
            known_by,
            at,
            self.valid_only,
        )

    def as_json(self, at: datetime) -> dict[str, Any]:
        """As the list and the manifest have it: days and times in ISO form, spans in seconds."""
        late = {"latency": self.latency.total_seconds()} if self.latency else {}
        return late | {
            "sports": list(self.sports),
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "offsets": [offset.total_seconds() for offset in self.offsets],
            "at_close": self.at_close,
            "bookmakers": list(self.bookmakers),
            "markets": list(self.markets),
            "max_age": None if self.max_age is None else self.max_age.total_seconds(),
            "valid_only": self.valid_only,
            "at": at.astimezone(UTC).isoformat(),
        }

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> "Terms":
        """Read back what ``as_json`` wrote."""
        return cls(
            tuple(told["sports"]),
            date.fromisoformat(told["first"]),
            date.fromisoformat(told["last"]),
            tuple(timedelta(seconds=offset) for offset in told["offsets"]),
            told["at_close"],
            tuple(told["bookmakers"]),
            tuple(told["markets"]),
            None if told["max_age"] is None else timedelta(seconds=told["max_age"]),
            told["valid_only"],
            timedelta(seconds=told.get("latency", 0.0)),
        )


@dataclass(frozen=True, slots=True)
class Labels:
    """What a person says of a dataset; nothing of it changes what is in it.

    Args:
        league: the sport keys without.
        week: the week or round it is about.
        model_version: of the model it was frozen for.
        description: what it is for.
        tags: words it can be found by.
    """

    league: str | None = None
    week: str | None = None
    model_version: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
