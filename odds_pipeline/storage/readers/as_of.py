"""What was on offer at a moment, as frames and as rows.

Belongs here: columns of frames made of states. Does not belong here: what the states were
(``states``), what is made of the frames (``prices``, ``decisions``).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from math import isnan
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from odds_pipeline.storage.frames import flags_of, numbers_of, seconds_of, texts_of, times_of
from odds_pipeline.storage.readers.flagged import without_flagged
from odds_pipeline.storage.readers.moments import opened
from odds_pipeline.storage.readers.priced import priced_states
from odds_pipeline.storage.readers.states import (
    LONG_AGO,
    Asked,
    Filters,
    States,
)

if TYPE_CHECKING:
    import pandas as pd

    from odds_pipeline.storage.columns import Array

Connection = psycopg.Connection[Any]

# Up to so many questions the plan for a few serves, made once a connection; beyond it each plan
# is made for its own number.
FEW = 20
VOIDED = "voided"


def offered(
    conn: Connection,
    asked: Sequence[Asked],
    known_by: datetime,
    max_quote_age: timedelta | None = None,
    filters: Filters = Filters(),  # noqa: B008 (immutable)
    *,
    archived: bool,
) -> "tuple[pd.DataFrame, Array]":
    """Every price on offer, and which of the questions each row answers, from 0.

    Raises:
        StorageError: an archive's file is missing or damaged.
    """
    states = priced_states(conn, asked, known_by, filters, archived=archived)
    return _frame(states, asked, max_quote_age)


def _frame(
    states: States, asked: Sequence[Asked], max_quote_age: timedelta | None
) -> "tuple[pd.DataFrame, Array]":
    import numpy as np
    import pandas as pd

    question = states.snapshots.question[states.snapshot]
    moments = np.array([one.at.replace(tzinfo=None) for one in asked], dtype="datetime64[us]")
    at = moments[question]
    quote_age = seconds_of(at - states.last_update)
    columns = _columns(states, [one.event for one in asked], at, quote_age)
    frame = pd.DataFrame(columns, copy=False)
    if max_quote_age is not None:
        young = quote_age <= max_quote_age.total_seconds()
        frame, question = frame[young].reset_index(drop=True), question[young]
    return frame, question


def _columns(
    states: States, events: Sequence[str], at: "Array", quote_age: "Array"
) -> dict[str, Any]:
    """The columns of the frame ``quotes`` (``catalog.fields``), in its order."""
    import numpy as np

    shown, texts = states.snapshots, states.names.texts
    snapshot, voided = states.snapshot, states.voided
    captured = shown.capture_time[snapshot]
    # One array to take from: making one costs more than a small frame's other columns.
    others = texts_of([None, VOIDED, *events, *shown.home_team, *shown.away_team])
    home = snapshot + (2 + len(events))
    return {
        "event_id": others.take(shown.question[snapshot] + 2),
        "bookmaker_key": texts.bookmaker.take(states.name),
        "market_key": texts.market.take(states.name),
        "outcome_name": texts.outcome.take(states.name),
        "description": texts.description.take(states.name),
        "point": np.where(voided, np.nan, states.point),
        "price": np.where(voided, np.nan, states.price),
        "american_price": numbers_of(states.american, (states.american == 0) | voided),
        "capture_time": times_of(captured),
        "known_time": times_of(np.maximum(shown.known_time[snapshot], states.known_time)),
        "last_update": times_of(states.last_update),
        "age_seconds": seconds_of(at - captured),
        "quote_age_seconds": quote_age,
        "in_play": flags_of(shown.in_play[snapshot]),
        "commence_time": times_of(shown.commence_time[snapshot]),
        "home_team": others.take(home),
        "away_team": others.take(home + len(shown.home_team)),
        "missing_reason": others.take(voided.astype("int64")),
    }


def odds_at(
    conn: Connection,
    events: str | Iterable[str],
    at: datetime | None = None,
    known_by: datetime | None = None,
    max_age: timedelta | None = None,
    max_quote_age: timedelta | None = None,
    *,
    bookmakers: Iterable[str] | None = None,
    markets: Iterable[str] | None = None,
    outcome: str | None = None,
    valid_only: bool = False,
) -> "pd.DataFrame":
    """Every price on offer at ``at``: one row an event, bookmaker, market and outcome.

    A voided quote has no price and point, and ``missing_reason`` says ``voided``; with
    ``valid_only`` so has one that a quality rule found wrong, and it says ``flagged``.

    Args:
        conn: a connection inside a transaction.
        events: event id, or ids.
        at: market time, aware; default now.
        known_by: what must have been stored by then; default all.
        max_age: greatest ``at`` - capture time of the newest snapshot covering the quote.
        max_quote_age: greatest ``at`` - last_update; a quote without last_update is left out.
        bookmakers: only these; default all.
        markets: only these; default all.
        outcome: only this one; default all.
        valid_only: leave out the prices that a quality rule found wrong, as known by then.

    Raises:
        UsageError: a time without zone.
        NotYetNormalised: ``known_by`` reaches documents that still wait.
        StorageError: an archive's file is missing or damaged.
    """
    filters = Filters(listed(bookmakers), listed(markets), outcome)
    states, asked, known = _states_at(conn, events, at, known_by, max_age, filters)
    frame, _ = _frame(states, asked, max_quote_age)
    return without_flagged(conn, frame, known) if valid_only else frame


class Offer(NamedTuple):
    """A price on offer; voided, it has neither price nor point. Times are aware, in UTC."""

    event_id: str
    bookmaker_key: str
    market_key: str
    outcome_name: str
    description: str | None
    point: float | None
    price: float | None
    capture_time: datetime
    last_update: datetime | None


def offers_at(
    conn: Connection,
    events: str | Iterable[str],
    at: datetime | None = None,
    known_by: datetime | None = None,
    max_age: timedelta | None = None,
    *,
    bookmakers: Iterable[str] | None = None,
    markets: Iterable[str] | None = None,
    outcome: str | None = None,
) -> list[Offer]:
    """The rows of ``odds_at`` without a frame's cost: for questions that are small.

    Raises:
        UsageError: a time without zone.
        NotYetNormalised: ``known_by`` reaches documents that still wait.
        StorageError: an archive's file is missing or damaged.
    """
    filters = Filters(listed(bookmakers), listed(markets), outcome)
    states, asked, _ = _states_at(conn, events, at, known_by, max_age, filters)
    shown, names = states.snapshots, states.names.all
    of_snapshots = [
        (asked[question].event, captured.replace(tzinfo=UTC))
        for question, captured in zip(
            shown.question.tolist(), shown.capture_time.tolist(), strict=True
        )
    ]
    columns = (states.snapshot, states.name, states.point, states.price)
    rows = zip(
        *(column.tolist() for column in (*columns, states.last_update, states.voided)), strict=True
    )
    found = []
    for snapshot, name, point, price, updated, voided in rows:
        event, captured = of_snapshots[snapshot]
        _, bookmaker, market, outcome_name, description, _ = names[name]
        found.append(
            Offer(
                *(event, bookmaker, market, outcome_name, description),
                None if voided or isnan(point) else point,
                None if voided else price,
                captured,
                None if updated is None else updated.replace(tzinfo=UTC),
            )
        )
    return found


def _states_at(
    conn: Connection,
    events: str | Iterable[str],
    at: datetime | None,
    known_by: datetime | None,
    max_age: timedelta | None,
    filters: Filters,
) -> tuple[States, list[Asked], datetime]:
    """The priced states of events that are asked for at one moment, and by when known."""
    ids = [events] if isinstance(events, str) else sorted(set(events))
    few = len(ids) <= FEW
    opening = opened(conn, at, known_by, kept_plans=few)
    oldest = LONG_AGO if max_age is None else opening.at - max_age
    asked = [Asked(event, opening.at, oldest) for event in ids]
    states = priced_states(
        conn, asked, opening.known_by, filters, archived=opening.archived, kept_plan=few
    )
    return states, asked, opening.known_by


def listed(keys: Iterable[str] | None) -> list[str] | None:
    """The keys as a query takes them; ``None`` stays."""
    return None if keys is None else list(keys)
