"""Query parameters of the provider's endpoints, read and refused as the provider does.

Belongs here: reading and validating parameters. Does not belong here: which boards are asked for
(``asked_boards``), answering. Units: Unix seconds UTC. Every function raises ``Refusal`` with the
provider's code.
"""

import re
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum

from odds_pipeline.simulator.refusals import Refusal
from odds_pipeline.simulator.snapshots import read_date

Query = Mapping[str, str]

_EVENT_ID = re.compile(r"[0-9a-f]{32}")
_SPORT_KEY = re.compile(r"[a-z0-9_]+")
_PARTICIPANT_ID = re.compile(r"par_[0-9a-z]{26}")
_STATUSES = frozenset({"pre", "live"})
_YES_NO = {"true": True, "false": False}


class Include(StrEnum):
    """Fields that are given only when asked for; the value is the parameter's name."""

    LINKS = "includeLinks"
    SIDS = "includeSids"
    BET_LIMITS = "includeBetLimits"
    ROTATION_NUMBERS = "includeRotationNumbers"
    MULTIPLIERS = "includeMultipliers"

    @property
    def error_code(self) -> str:
        """The refusal of a value that is neither true nor false."""
        return f"INVALID_INCLUDE_{self.name}"


# What each kind of endpoint reads; a flag it does not know is ignored, as any unknown parameter.
EVENT_INCLUDES = (Include.ROTATION_NUMBERS,)
ODDS_INCLUDES = (Include.LINKS, Include.SIDS, Include.BET_LIMITS, Include.ROTATION_NUMBERS)
EVENT_ODDS_INCLUDES = (*ODDS_INCLUDES, Include.MULTIPLIERS)


@dataclass(frozen=True, slots=True)
class Spelling:
    """How prices and times are spelled in the answer, and which further fields it has."""

    odds_format: str
    unix_dates: bool
    included: frozenset[Include] = frozenset()


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are asked for; ``None`` does not restrict. Bounds are inclusive."""

    event_ids: frozenset[str] | None = None
    starts_from: int | None = None
    starts_to: int | None = None
    statuses: frozenset[str] | None = None

    def admits(self, event_id: str, start: int, instant: int) -> bool:
        """Whether an event with this stated start is asked for at an instant."""
        status = "live" if start <= instant else "pre"
        return (
            (self.event_ids is None or event_id in self.event_ids)
            and (self.starts_from is None or start >= self.starts_from)
            and (self.starts_to is None or start <= self.starts_to)
            and (self.statuses is None or status in self.statuses)
        )


def spelling(query: Query, includes: Collection[Include] = ()) -> Spelling:
    """``oddsFormat`` (default decimal), ``dateFormat`` (default iso) and the endpoint's flags."""
    odds_format = query.get("oddsFormat", "decimal")
    if odds_format not in {"decimal", "american"}:
        raise Refusal("INVALID_ODDS_FORMAT", odds_format)
    date_format = query.get("dateFormat", "iso")
    if date_format not in {"iso", "unix"}:
        raise Refusal("INVALID_DATE_FORMAT", date_format)
    included = frozenset(
        flag for flag in includes if _yes_or_no(query, flag.value, flag.error_code)
    )
    return Spelling(odds_format, date_format == "unix", included)


def event_filter(query: Query) -> EventFilter:
    """``eventIds``, ``commenceTimeFrom``, ``commenceTimeTo`` and ``status``."""
    starts_from = _bound(query, "commenceTimeFrom", "INVALID_COMMENCE_TIME_FROM")
    starts_to = _bound(query, "commenceTimeTo", "INVALID_COMMENCE_TIME_TO")
    if starts_from is not None and starts_to is not None and starts_from > starts_to:
        raise Refusal("INVALID_COMMENCE_TIME_RANGE")
    statuses = listed(query, "status")
    refuse_others("INVALID_STATUS", statuses, _STATUSES)
    return EventFilter(
        _event_ids(query), starts_from, starts_to, frozenset(statuses) if statuses else None
    )


def event_id(text: str) -> str:
    """The id in the path."""
    if not _EVENT_ID.fullmatch(text):
        raise Refusal("INVALID_EVENT_ID")
    return text


def days_from(query: Query) -> int | None:
    """``daysFrom``, 1 to 3."""
    text = query.get("daysFrom")
    if text is None:
        return None
    if text not in {"1", "2", "3"}:
        raise Refusal("INVALID_SCORES_DAYS_FROM")
    return int(text)


def historical_date(query: Query) -> int:
    """``date``: one spelling only, no offsets and no fractions."""
    text = query.get("date")
    if not text:
        raise Refusal("MISSING_HISTORICAL_TIMESTAMP")
    instant = read_date(text)
    if instant is None:
        raise Refusal("INVALID_HISTORICAL_TIMESTAMP")
    return instant


def all_sports(query: Query) -> bool:
    """``all``."""
    return _yes_or_no(query, "all", "INVALID_ALL_SPORTS_PARAM")


def sport_key(text: str) -> str:
    """The sport in the path, well spelled."""
    if not _SPORT_KEY.fullmatch(text):
        raise Refusal("INVALID_SPORT", text)
    return text


def participant_ids(query: Query) -> frozenset[str] | None:
    """``participantIds``; ``None`` does not restrict."""
    asked = listed(query, "participantIds")
    wrong = {text for text in asked if not _PARTICIPANT_ID.fullmatch(text)}
    refuse_others("INVALID_PARTICIPANT_ID", wrong, frozenset())
    return frozenset(asked) or None


def _event_ids(query: Query) -> frozenset[str] | None:
    asked = listed(query, "eventIds")
    wrong = sorted(text for text in asked if not _EVENT_ID.fullmatch(text))
    if wrong:
        raise Refusal("INVALID_EVENT_IDS", ", ".join(wrong))
    return frozenset(asked) or None


def _yes_or_no(query: Query, name: str, error_code: str) -> bool:
    text = query.get(name, "false")
    if text not in _YES_NO:
        raise Refusal(error_code, text)
    return _YES_NO[text]


def _bound(query: Query, name: str, error_code: str) -> int | None:
    text = query.get(name)
    if not text:
        return None
    instant = read_date(text)
    if instant is None:
        raise Refusal(error_code)
    return instant


def listed(query: Query, name: str) -> set[str]:
    """The values of a comma-separated parameter."""
    return {part for part in query.get(name, "").split(",") if part}


def refuse_others(error_code: str, asked: Set[str], allowed: Set[str]) -> None:
    """Refuse a call that names anything but the allowed values."""
    if wrong := asked - allowed:
        raise Refusal(error_code, ", ".join(sorted(wrong)))
