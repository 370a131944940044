"""What a backtest bets on: what was on offer at its decisions, and how the events ended.

Belongs here: the selection and reading it, from what is stored or from a dataset. Does not belong
here: betting on it (``backtests``), freezing it (``datasets``), the queries (``storage``).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from odds_pipeline.catalog.sports import usual_length
from odds_pipeline.errors import NotFound, UsageError
from odds_pipeline.planning.captures import day_window
from odds_pipeline.services.closes import EVENTS_AT_ONCE, closing_prices, judging
from odds_pipeline.services.datasets.frozen import Frozen
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import readers
from odds_pipeline.storage.engine import transaction

if TYPE_CHECKING:
    import pandas as pd

DAY_S = 86_400
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Selection:
    """What to bet on.

    Args:
        sport_key: the sport.
        first: first UTC day of starts.
        last: last one, included.
        offsets: how long before the start as stated then each decision is taken.
        at_close: also decide at the last moment before the start; of an event whose start is known
            to the day only, at the end of that day.
        bookmakers: only these; all without.
        markets: only these; all without.
        max_age: greatest age of the newest snapshot at the decision.
        known_by: only what was stored by then; all without.
        at: events as they were stated by then; now without.
        valid_only: leave out prices that a quality rule found wrong.
    """

    sport_key: str
    first: date
    last: date
    offsets: tuple[timedelta, ...]
    at_close: bool = False
    bookmakers: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    max_age: timedelta | None = None
    known_by: datetime | None = None
    at: datetime | None = None
    valid_only: bool = False


def selection_as_json(selection: Selection) -> dict[str, Any]:
    """A selection as JSON has it: days and times in ISO form, spans in seconds."""
    return asdict(selection) | {
        "first": selection.first.isoformat(),
        "last": selection.last.isoformat(),
        "offsets": [offset.total_seconds() for offset in selection.offsets],
        "max_age": None if selection.max_age is None else selection.max_age.total_seconds(),
        "known_by": None if selection.known_by is None else selection.known_by.isoformat(),
        "at": None if selection.at is None else selection.at.isoformat(),
    }


class Data(NamedTuple):
    """What a run takes: what was on offer and how the events ended, and what judges its bets.

    ``later`` is what was on offer when bets reached the books; ``None`` where they take no time.
    """

    offered: "pd.DataFrame"
    ended: "pd.DataFrame"
    closes: "pd.DataFrame"
    later: "pd.DataFrame | None" = None


def data(
    platform: Platform,
    on: Selection | Frozen,
    latency: timedelta = timedelta(),
    progress: Progress | None = None,
) -> Data:
    """What is bet on, from what is stored or from a dataset.

    Args:
        platform: its database is read.
        on: the selection, or the dataset.
        latency: how long a bet takes to reach the book.
        progress: called with how many events of how many have been read.

    Raises:
        NotFound: no event, or nothing on offer.
        UsageError: a latency that the dataset was not frozen with.
    """
    if isinstance(on, Frozen):
        require_latency(on, latency)
        closes = judging(on.closing, on.ended, on.sports)
        return Data(on.offered, on.ended, closes, on.arrivals if latency else None)
    offered, ended = read(platform, on, progress)
    markets = [str(key) for key in offered["market_key"].unique()]
    closes = closing_prices(platform, ended, markets, on.known_by, on.valid_only, on.sport_key)
    later = arrivals(platform, on, latency) if latency else None
    return Data(offered, ended, closes, later)


def require_latency(on: Selection | Frozen, latency: timedelta) -> None:
    """Refuse a latency that a dataset cannot tell of.

    Raises:
        UsageError: it was frozen with another one, or with none.
    """
    if not latency or isinstance(on, Selection) or on.latency == latency:
        return
    held = f"{on.latency.total_seconds():g} s" if on.latency else "none"
    raise UsageError(
        f"dataset {on.dataset.snapshot_id} was frozen with a latency of {held}, not "
        f"{latency.total_seconds():g} s: freeze one with `--latency {latency.total_seconds():g}`"
    )


def arrivals(platform: Platform, selection: Selection, latency: timedelta) -> "pd.DataFrame":
    """What was on offer when bets reached the books, under the moments of their decisions.

    Raises:
        NotFound: no event.
        UsageError: a negative latency, which would be a bet before its decision.
    """
    if latency < timedelta():
        raise UsageError(f"latency: {latency.total_seconds():g} s is before the decision")
    return _on_offer(platform, _events(platform, selection), selection, latency)


def read(
    platform: Platform, selection: Selection, progress: Progress | None = None
) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """What was on offer at the decisions, and how the events ended.

    A bet is settled when its event usually ends; one that was called off is void, one without a
    score stays open. Decisions that an earlier final start overtook are left out.

    Raises:
        NotFound: no event, or nothing on offer.
    """
    events = _events(platform, selection)
    quotes = _on_offer(platform, events, selection, timedelta(), progress)
    ended = _ended(events)
    settled = ended.set_index("event_id")["settled_at"].reindex(quotes["event_id"]).to_numpy()
    quotes = quotes[~(quotes["decision_time"].to_numpy() >= settled)].reset_index(drop=True)
    if quotes.empty:
        raise NotFound("nothing was on offer at these decisions")
    return quotes, ended


def _events(platform: Platform, selection: Selection) -> "pd.DataFrame":
    start, end = day_window(selection.first).begin, day_window(selection.last).end
    with transaction(platform.engine) as conn:
        events = readers.events_between(
            conn, start, end, selection.sport_key, at=selection.at, known_by=selection.known_by
        )
    if events.empty:
        raise NotFound(f"no {selection.sport_key} events start in these days")
    return events


def _on_offer(
    platform: Platform,
    events: "pd.DataFrame",
    selection: Selection,
    delay: timedelta,
    progress: Progress | None = None,
) -> "pd.DataFrame":
    """What was on offer so long after the decisions, under the moments of these."""
    import pandas as pd

    parts = []
    for begin in range(0, len(events), EVENTS_AT_ONCE):
        some = events.iloc[begin : begin + EVENTS_AT_ONCE]
        parts.extend(_decisions(platform, some, selection, delay))
        if progress is not None:
            progress(min(begin + EVENTS_AT_ONCE, len(events)), len(events))
    quotes = pd.concat(parts, ignore_index=True)
    return quotes.assign(decision_time=quotes["decision_time"] - delay) if delay else quotes


def dataset_hash(offered: "pd.DataFrame", ended: "pd.DataFrame") -> str:
    """SHA-256 of what a run sees and is settled by; the same in every process."""
    digest = hashlib.sha256()
    columns = [
        *("event_id", "decision_time", "bookmaker_key", "market_key", "outcome_name", "point"),
        *("price", "capture_time"),
    ]
    for frame, names in ((offered, columns), (ended, list(ended.columns))):
        ordered = frame[names].sort_values(names, kind="stable")
        digest.update(ordered.to_csv(index=False, date_format="%Y-%m-%dT%H:%M:%S.%f").encode())
    return digest.hexdigest()


def _decisions(
    platform: Platform, events: "pd.DataFrame", selection: Selection, delay: timedelta
) -> "list[pd.DataFrame]":
    """What some events had on offer so long after each decision.

    Decisions are taken at the offsets, and at the close of each kind of start.
    """
    asked: list[tuple[Sequence[str], Sequence[timedelta]]] = [
        (list(events["id"]), selection.offsets)
    ]
    if selection.at_close:
        day_only = events["start_precision"] == "day"
        asked.append((list(events["id"][~day_only]), [timedelta()]))
        asked.append((list(events["id"][day_only]), [-timedelta(seconds=DAY_S - 1)]))
    with transaction(platform.engine) as conn:
        return [
            readers.decision_frame(
                conn,
                ids,
                [offset - delay for offset in offsets],
                known_by=selection.known_by,
                max_age=selection.max_age,
                bookmakers=selection.bookmakers or None,
                markets=selection.markets or None,
                valid_only=selection.valid_only,
            )
            for ids, offsets in asked
            if ids and offsets
        ]


def _ended(events: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    length = events["sport_key"].map(lambda key: pd.Timedelta(usual_length(key)))
    whole_day = pd.to_timedelta((events["start_precision"] == "day").astype("int64"), unit="D")
    final = events["status"] == "final"
    return pd.DataFrame(
        {
            "event_id": events["id"],
            "home_team": events["home_team"],
            "away_team": events["away_team"],
            "home_score": events["home_score"].astype("float64").where(final),
            "away_score": events["away_score"].astype("float64").where(final),
            "void": (events["status"] == "cancelled").astype(bool),
            "settled_at": events["commence_time"] + length + whole_day,
        }
    )
