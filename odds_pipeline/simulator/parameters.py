"""Query parameters of the provider's endpoints, read and refused as the provider does.

Belongs here: reading and validating parameters. Does not belong here: answering.
Units: Unix seconds UTC. Every function raises ``Refusal`` with the provider's code.

Room left for the next step: the include* flags, ``all`` outrights, ``status``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from odds_pipeline.catalog.bookmakers import BOOKMAKERS
from odds_pipeline.catalog.markets import MARKETS
from odds_pipeline.simulator.books import REGIONS, SIMULATED_BOOKS
from odds_pipeline.simulator.credits import region_count
from odds_pipeline.simulator.refusals import Refusal, WrongEndpoint
from odds_pipeline.simulator.snapshots import read_date

Query = Mapping[str, str]

_EVENT_ID = re.compile(r"[0-9a-f]{32}")
# Keys the provider serves by event only: props, alternates, periods and their like.
_BY_EVENT = re.compile(
    r"(player|batter|pitcher)_[a-z0-9_]+"
    r"|(alternate_)?(h2h|h2h_3_way|spreads|totals|team_totals)"
    r"(_(q[1-4]|h[12]|p[1-3]|1st_[1357]_innings))?"
    r"|btts|draw_no_bet|double_chance"
)


@dataclass(frozen=True, slots=True)
class Spelling:
    """How prices and times are spelled in the answer."""

    odds_format: str
    unix_dates: bool


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are asked for; ``None`` does not restrict. Bounds are inclusive."""

    event_ids: frozenset[str] | None
    starts_from: int | None
    starts_to: int | None

    def admits(self, event_id: str, start: int) -> bool:
        """Whether an event with this stated start is asked for."""
        return (
            (self.event_ids is None or event_id in self.event_ids)
            and (self.starts_from is None or start >= self.starts_from)
            and (self.starts_to is None or start <= self.starts_to)
        )


@dataclass(frozen=True, slots=True)
class BoardFilter:
    """Which boards are asked for, and how many regions they are billed as."""

    books: frozenset[str]
    markets: frozenset[str]
    regions_billed: int


def spelling(query: Query) -> Spelling:
    """``oddsFormat`` (default decimal) and ``dateFormat`` (default iso)."""
    odds_format = query.get("oddsFormat", "decimal")
    if odds_format not in {"decimal", "american"}:
        raise Refusal("INVALID_ODDS_FORMAT", odds_format)
    date_format = query.get("dateFormat", "iso")
    if date_format not in {"iso", "unix"}:
        raise Refusal("INVALID_DATE_FORMAT", date_format)
    return Spelling(odds_format, date_format == "unix")


def event_filter(query: Query) -> EventFilter:
    """``eventIds``, ``commenceTimeFrom`` and ``commenceTimeTo``."""
    starts_from = _bound(query, "commenceTimeFrom", "INVALID_COMMENCE_TIME_FROM")
    starts_to = _bound(query, "commenceTimeTo", "INVALID_COMMENCE_TIME_TO")
    if starts_from is not None and starts_to is not None and starts_from > starts_to:
        raise Refusal("INVALID_COMMENCE_TIME_RANGE")
    return EventFilter(_event_ids(query), starts_from, starts_to)


def featured_boards(query: Query) -> BoardFilter:
    """``regions`` or ``bookmakers``, and ``markets`` that the sport-wide endpoint serves."""
    return _boards(query, event_only_allowed=False)


def event_boards(query: Query) -> BoardFilter:
    """``regions`` or ``bookmakers``, and ``markets`` of any kind."""
    return _boards(query, event_only_allowed=True)


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
    text = query.get("all", "false")
    if text not in {"true", "false"}:
        raise Refusal("INVALID_ALL_SPORTS_PARAM", text)
    return text == "true"


def _boards(query: Query, *, event_only_allowed: bool) -> BoardFilter:
    named, regions = _listed(query, "bookmakers"), _listed(query, "regions")
    if not named and not regions:
        raise Refusal("MISSING_REGION")
    _refuse_others("INVALID_REGION", regions, frozenset(REGIONS))
    _refuse_others("INVALID_BOOKMAKERS", named, BOOKMAKERS.keys() | SIMULATED_BOOKS.keys())
    books = named or {
        key for key, book in SIMULATED_BOOKS.items() if not regions.isdisjoint(book.regions)
    }
    return BoardFilter(
        books=frozenset(books),
        markets=_markets(query, event_only_allowed=event_only_allowed),
        regions_billed=region_count(len(regions), len(named)),
    )


def _markets(query: Query, *, event_only_allowed: bool) -> frozenset[str]:
    if "markets" not in query:
        return frozenset({"h2h"})
    asked = _listed(query, "markets")
    if not asked:
        raise Refusal("MISSING_MARKET")
    featured = {key for key in asked if key in MARKETS and MARKETS[key].featured}
    by_event = {
        key for key in asked - featured if key in MARKETS or _BY_EVENT.fullmatch(key) is not None
    }
    if unknown := asked - featured - by_event:
        raise Refusal("INVALID_MARKET", ", ".join(sorted(unknown)))
    if by_event and not event_only_allowed:
        raise WrongEndpoint(", ".join(sorted(by_event)))
    return frozenset(asked)


def _event_ids(query: Query) -> frozenset[str] | None:
    asked = _listed(query, "eventIds")
    wrong = sorted(text for text in asked if not _EVENT_ID.fullmatch(text))
    if wrong:
        raise Refusal("INVALID_EVENT_IDS", ", ".join(wrong))
    return frozenset(asked) or None


def _bound(query: Query, name: str, error_code: str) -> int | None:
    text = query.get(name)
    if not text:
        return None
    instant = read_date(text)
    if instant is None:
        raise Refusal(error_code)
    return instant


def _refuse_others(error_code: str, asked: set[str], allowed: frozenset[str] | set[str]) -> None:
    if wrong := asked - allowed:
        raise Refusal(error_code, ", ".join(sorted(wrong)))


def _listed(query: Query, name: str) -> set[str]:
    return {part for part in query.get(name, "").split(",") if part}
