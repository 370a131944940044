"""Opening and closing prices of a day's events: with margin removed, and how each ended.

Belongs here: putting together what readers and ``betting`` say. Does not belong here: what opens
and closes (``storage.readers``), keeping (``storage.closing_prices``).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np

from odds_pipeline.betting.margin import overround
from odds_pipeline.betting.margin_removal.methods import remove_margin
from odds_pipeline.services.market.boards import boards, home_line
from odds_pipeline.services.market.results import results, unsettled_reasons
from odds_pipeline.services.market.terms import Terms, terms_of
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import closing_prices, readers
from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.numbers import numbers

if TYPE_CHECKING:
    import pandas as pd

OPENING, CLOSING = "opening", "closing"
_CELL = ["event_id", "market_key", "description", "bookmaker_key", "outcome_name", "point"]


@dataclass(frozen=True, slots=True)
class DayClosed:
    """What a day's closing prices come to; reasons count the closing prices that are missing."""

    events: int
    prices: int
    missing: dict[str, int]
    settled: int
    median_gap_seconds: float | None


def close_day(platform: Platform, day: date) -> DayClosed:
    """Make the opening and closing prices of the events that start on a UTC day.

    Events that have not begun are left out. Doing a day again makes the same rows.

    Args:
        platform: its database and settings are used.
        day: UTC day of the start stated last.
    """
    begin = datetime.combine(day, time(), UTC)
    with transaction(platform.engine) as conn:
        events = readers.events_between(conn, begin, begin + timedelta(days=1))
        begun = events[events["commence_time"] <= platform.now()]
        rows = lines_of(conn, begun, terms_of(platform.settings))
        names = set(rows["outcome_name"]) | set(rows["description"]) if len(rows) else set()
        known = numbers(conn, begun["id"], names)
        closing_prices.replace(conn, day, rows, known)
    return _summary(begun, rows)


def lines_of(conn: Connection, events: "pd.DataFrame", terms: Terms) -> "pd.DataFrame":
    """Opening and closing prices of events: one row a phase, book, market and outcome.

    Args:
        conn: a connection inside a transaction.
        events: columns of ``events_between``.
        terms: the margin removal.

    Returns:
        Columns of ``closing_lines`` with ``phase``, ``overround``, ``fair_probability``,
        ``method``, ``result`` and ``unsettled_reason``.
    """
    import pandas as pd

    ids = events["id"].tolist()
    if not ids:
        return pd.DataFrame()
    opening = readers.opening_lines(conn, ids).assign(phase=OPENING)
    closing = readers.closing_lines(conn, ids).assign(phase=CLOSING)
    named = events.set_index("id")[["home_team", "away_team", "commence_time"]]
    opening = opening.join(named["commence_time"], on="event_id")
    columns = [*closing.columns.drop("start_precision")]
    lines = pd.concat([opening[columns], closing[columns]], ignore_index=True)
    lines = lines.join(named[["home_team", "away_team"]], on="event_id")
    return without_margin(lines, terms).assign(
        line=home_line(lines),
        method=terms.method,
        result=results(lines, events),
        unsettled_reason=unsettled_reasons(lines, events).where(lines["price"].notna()),
    )


def without_margin(lines: "pd.DataFrame", terms: Terms) -> "pd.DataFrame":
    """The lines with each book's overround and fair probability; missing where it is not whole.

    Prices of one market that were not captured together are not one market.
    """
    import pandas as pd

    together = ["phase", "capture_time"]
    place = pd.Series(
        pd.factorize(pd.MultiIndex.from_frame(lines[together]))[0] + 1, index=lines.index
    )
    quotes = lines.assign(place=place, in_play=False, age_seconds=0.0, quote_age_seconds=np.nan)
    found = []
    for one in boards(quotes[lines["price"].notna()]):
        fair = remove_margin(one.prices, terms.method).probabilities
        margin = overround(one.prices)
        rows, books = np.nonzero(np.isfinite(margin))
        n = one.prices.shape[2]
        each, book = np.repeat(rows, n), np.repeat(books, n)
        keys = one.keys.take(each)
        found.append(
            pd.DataFrame(
                {
                    "place": keys["place"].to_numpy(),
                    "event_id": keys["event_id"].to_numpy(),
                    "market_key": keys["market_key"].to_numpy(),
                    "description": keys["description"].to_numpy(),
                    "bookmaker_key": np.array(one.books, dtype=object)[book],
                    "outcome_name": one.outcomes[rows].reshape(-1),
                    "point": one.points[rows].reshape(-1),
                    "overround": margin[each, book],
                    "fair_probability": fair[rows, books].reshape(-1),
                }
            )
        )
    if not found:
        return lines.assign(overround=np.nan, fair_probability=np.nan)
    worked = pd.concat(found, ignore_index=True)
    return (
        lines.assign(place=place)
        .merge(worked, on=["place", *_CELL], how="left")
        .drop(columns="place")
    )


def _summary(events: "pd.DataFrame", rows: "pd.DataFrame") -> DayClosed:
    if rows.empty:
        return DayClosed(len(events), 0, {}, 0, None)
    closing = rows[rows["phase"] == CLOSING]
    priced = closing[closing["price"].notna()]
    gaps = priced["gap_seconds"].dropna()
    reasons = closing["missing_reason"].dropna().value_counts()
    return DayClosed(
        len(events),
        len(priced),
        {str(reason): int(count) for reason, count in reasons.items()},
        int(priced["result"].notna().sum()),
        float(gaps.median()) if len(gaps) else None,
    )
