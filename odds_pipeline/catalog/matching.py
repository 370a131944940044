"""Which events of different sources may be one: sport, teams and time only ever suggest it.

Belongs here: the suggestions, and how sure each is. Does not belong here: deciding (a person
does, or a rule they give), what follows from a decision (``storage.merges``).

Units: UTC times; dates are local dates of the league.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import NamedTuple
from zoneinfo import ZoneInfo

from odds_pipeline.catalog.natural_key import plain_name
from odds_pipeline.catalog.sports import zone_of
from odds_pipeline.catalog.teams import team_named

SAME_START = timedelta(hours=2)  # beyond it two starts of the same sides are two games
DAYS_APART = 1


class Known(NamedTuple):
    """An event as a source states it.

    Args:
        event_id: its id.
        provided: whether a provider gave the id; otherwise it is the event's natural key.
        document: number of the document that states it: one document names no event twice.
        sport_key: its sport.
        home: home side as spelled.
        away: away side as spelled.
        start: its start, or the midnight (UTC) of its date.
        day_only: the start is known to the day.
    """

    event_id: str
    provided: bool
    document: int
    sport_key: str
    home: str
    away: str
    start: datetime
    day_only: bool


class Suggestion(NamedTuple):
    """Two events that may be one; ``kept`` is the one whose id the united event would go by."""

    kept: Known
    member: Known
    sure: bool
    reason: str


Named = Callable[[str, str], str]


def catalog_name(sport_key: str, spelling: str) -> str:
    """A team's name as the catalog has it, else as it is spelled."""
    return team_named(sport_key, spelling) or spelling


def suggestions(events: Iterable[Known], named: Named = catalog_name) -> list[Suggestion]:
    """The pairs of events that may be one, in a fixed order.

    A pair has the same sport and starts that allow it: both exact and at most two hours apart, or
    dates at most one day apart (an archive's date is the league's local one). It is *sure* if the
    names are the same, the dates too, and neither event could be another one as well; two ids of
    providers are never sure. Pairs whose names only resemble each other are suggested where
    neither event has a partner of its own names.

    Args:
        events: those to compare, each once.
        named: a team's name by sport and spelling.
    """
    listed = sorted(events, key=lambda event: (event.start, event.event_id))
    by_sides: dict[tuple[str, str, str], list[Known]] = defaultdict(list)
    for event in listed:
        home, away = (plain_name(named(event.sport_key, n)) for n in (event.home, event.away))
        by_sides[event.sport_key, home, away].append(event)
    found = [pair for group in by_sides.values() for pair in _of_same_sides(group)]
    partnered = {event.event_id for pair in found for event in (pair.kept, pair.member)}
    found += _of_like_sides([e for e in listed if e.event_id not in partnered], named)
    return sorted(found, key=lambda pair: (pair.kept.start, pair.kept.event_id, pair.member))


def _of_same_sides(group: Sequence[Known]) -> Iterator[Suggestion]:
    apart = {
        (a, b): days
        for a, b in combinations(group, 2)
        if a.document != b.document and (days := _days_apart(a, b)) is not None
    }
    on_the_day = {event for pair, days in apart.items() if not days for event in pair}
    # A partner on the day leaves none of the day before or after.
    left = {pair: days for pair, days in apart.items() if not days or on_the_day.isdisjoint(pair)}
    partners: dict[str, int] = defaultdict(int)
    for pair in left:
        for event in pair:
            partners[event.event_id] += 1
    for (a, b), days in left.items():
        kept, member = _kept_first(a, b)
        several = max(partners[a.event_id], partners[b.event_id])
        if a.provided and b.provided:
            yield Suggestion(kept, member, False, "two ids of providers for one start")
        elif days:
            yield Suggestion(kept, member, False, "same sides, but a day apart")
        elif several > 1:
            yield Suggestion(kept, member, False, f"same sides, {several} games to choose from")
        else:
            yield Suggestion(kept, member, True, "same sides and start")


def _of_like_sides(events: Sequence[Known], named: Named) -> Iterator[Suggestion]:
    """Pairs whose names resemble each other, among events of one sport and day."""
    by_day: dict[tuple[str, date], list[Known]] = defaultdict(list)
    for event in events:
        by_day[event.sport_key, _local_date(event)].append(event)
    for group in by_day.values():
        for a, b in combinations(group, 2):
            if a.document == b.document or (a.provided and b.provided) or _days_apart(a, b) != 0:
                continue
            pairs = [
                (named(a.sport_key, x), named(b.sport_key, y))
                for x, y in ((a.home, b.home), (a.away, b.away))
            ]
            if all(resemble(*pair) for pair in pairs):
                kept, member = _kept_first(a, b)
                other = "; ".join(f"{x} ~ {y}" for x, y in pairs if plain_name(x) != plain_name(y))
                yield Suggestion(kept, member, False, f"same start, but the names differ: {other}")


def resemble(one: str, other: str) -> bool:
    """Whether two names may be the same team's: one holds the other's words, or its initials."""
    a, b = plain_name(one).split(), plain_name(other).split()
    short, long = sorted((a, b), key=len)
    if set(short) <= set(long):
        return True
    if "".join(short) == "".join(long):
        return True
    initials = "".join(word[0] for word in long)
    # `gws giants` and `greater western sydney giants`
    return bool(short) and initials.startswith(short[0]) and set(short[1:]) <= set(long)


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The only one of the names that resembles a name; ``None`` if none or several do."""
    like = sorted({one for one in names if resemble(name, one)})
    return like[0] if len(like) == 1 else None


def _kept_first(a: Known, b: Known) -> tuple[Known, Known]:
    """The event that keeps its id: a provider's first, then the exact start, then the older."""
    kept, member = sorted((a, b), key=lambda e: (not e.provided, e.day_only, e.document))
    return kept, member


def _days_apart(a: Known, b: Known) -> int | None:
    """Days between two events' dates; ``None`` where their starts cannot be one."""
    if not a.day_only and not b.day_only:
        return 0 if abs(a.start - b.start) <= SAME_START else None
    days = abs((_local_date(a) - _local_date(b)).days)
    return days if days <= DAYS_APART else None


def _local_date(event: Known) -> date:
    if event.day_only:
        return event.start.date()
    return event.start.astimezone(ZoneInfo(zone_of(event.sport_key))).date()
