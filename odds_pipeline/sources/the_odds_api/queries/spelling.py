"""How single parameters are spelled, and which values cannot be asked for at all.

Belongs here: one function a kind of parameter. Does not belong here: requests.
"""

import re
from collections.abc import Iterable, Set
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import quote

from odds_pipeline.errors import UsageError

MAX_DAYS_FROM = 3

_KEY = re.compile(r"[A-Za-z0-9_.-]+")
_EVENT_ID = re.compile(r"[0-9a-f]{32}")


class Detail(StrEnum):
    """What is sent beside the prices only when it is asked for; none changes the cost."""

    LINKS = "includeLinks"  # pages of the bookmaker, market or bet slip
    SIDS = "includeSids"  # the bookmaker's own ids
    BET_LIMITS = "includeBetLimits"  # largest stake, exchanges mostly
    MULTIPLIERS = "includeMultipliers"  # of fantasy operators; odds of one event only
    ROTATION_NUMBERS = "includeRotationNumbers"  # of the event's two sides


LISTED = frozenset({Detail.ROTATION_NUMBERS})
PRICED = frozenset(Detail) - {Detail.MULTIPLIERS}
EVENT_PRICED = frozenset(Detail)


def strict_time(moment: datetime) -> str:
    """A time in the only spelling the provider takes; fractions of a second are cut off.

    Raises:
        UsageError: the time has no zone.
    """
    if moment.tzinfo is None:
        raise UsageError(f"time {moment.isoformat()} has no zone; give one in UTC")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def segment(sport: str) -> str:
    """A sport key as a part of the path.

    Raises:
        UsageError: it is empty.
    """
    if not sport:
        raise UsageError("a sport key is empty; name one, for example basketball_nba")
    return quote(sport, safe="")


def event_segment(event_id: str) -> str:
    """An event id as a part of the path.

    Raises:
        UsageError: it is not an id of the provider's.
    """
    if not _EVENT_ID.fullmatch(event_id):
        raise UsageError(f"event id {event_id[:40]!r} is not 32 digits 0-9 a-f")
    return event_id


def keys(kind: str, stated: Iterable[str]) -> str:
    """Keys as one list, sorted, each once.

    Raises:
        UsageError: one of them is no key; a comma in it would ask for two.
    """
    listed = sorted(set(stated))
    for key in listed:
        if not _KEY.fullmatch(key):
            raise UsageError(f"{kind} key {key[:40]!r} is not letters, digits and underscores")
    return ",".join(listed)


def sellers(bookmakers: tuple[str, ...], regions: tuple[str, ...]) -> dict[str, str]:
    """Whose prices: by key where keys are given, else by region.

    Raises:
        UsageError: neither is given.
    """
    if bookmakers:
        return {"bookmakers": keys("bookmaker", bookmakers)}
    if regions:
        return {"regions": keys("region", regions)}
    raise UsageError("odds are asked for without bookmakers or regions; give one of them")


def days(days_from: int | None) -> dict[str, str]:
    """How many past days of scores.

    Raises:
        UsageError: the provider does not keep them that long.
    """
    if days_from is None:
        return {}
    if not 1 <= days_from <= MAX_DAYS_FROM:
        raise UsageError(f"days_from is {days_from}; the provider keeps 1 to 3 days")
    return {"daysFrom": str(days_from)}


def flags(details: Set[Detail], offered: Set[Detail]) -> dict[str, str]:
    """The flags of what is wanted beside the prices.

    Raises:
        UsageError: the endpoint does not offer it.
    """
    for detail in sorted(details - offered):
        raise UsageError(f"{detail} is not offered here; only {', '.join(sorted(offered))}")
    return {str(detail): "true" for detail in sorted(details)}


def filters(
    event_ids: tuple[str, ...], starts_from: datetime | None, starts_to: datetime | None
) -> dict[str, str]:
    """Which events of a sport.

    Raises:
        UsageError: an id is not the provider's, or the span ends before it begins.
    """
    chosen = {}
    if event_ids:
        chosen["eventIds"] = ",".join(sorted({event_segment(event_id) for event_id in event_ids}))
    if starts_from is not None:
        chosen["commenceTimeFrom"] = strict_time(starts_from)
    if starts_to is not None:
        chosen["commenceTimeTo"] = strict_time(starts_to)
    if starts_from is not None and starts_to is not None and starts_from > starts_to:
        raise UsageError("starts_from is after starts_to; swap them")
    return chosen
