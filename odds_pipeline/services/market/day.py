"""Prices a day's moments of capture: fair prices and edges, in order, each kept once.

Belongs here: reading, the order of the steps, keeping. Does not belong here: what a price or an
edge is (``fair``, ``find``), which moments wait (``storage.pricings``).

A moment is priced by what was known when it is priced. Doing a day again makes the same rows;
what became known since (late captures, voids, lifts, models) supersedes the rows it changes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from odds_pipeline.services.alerting import raising
from odds_pipeline.services.market.boards import Boards, Ints, boards
from odds_pipeline.services.market.closing_of_edges import Ended, ended
from odds_pipeline.services.market.fair import Fair, fair_of, rows_of
from odds_pipeline.services.market.find import (
    EPOCH,
    consensus_of,
    model_opinions,
    sure_bets,
    values,
)
from odds_pipeline.services.market.middles import middles
from odds_pipeline.services.market.terms import Terms, terms_of
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.stages import stopwatch
from odds_pipeline.storage import (
    edge_sights,
    edges,
    fair_prices,
    known_time,
    locks,
    model_probabilities,
    pricings,
    readers,
    voids,
)
from odds_pipeline.storage.edge_sights import Sight
from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.numbers import numbers
from odds_pipeline.storage.pricings import Captured, Priced
from odds_pipeline.storage.readers.flagged import flagged

if TYPE_CHECKING:
    import pandas as pd

# Events of moments a transaction takes: what it holds in memory, and what a kill may lose.
BATCH = 400
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class DayPriced:
    """What pricing a day came to; ``moments`` that were priced already are not among them."""

    moments: int = 0
    quotes: int = 0
    fair_prices: int = 0
    sights: int = 0
    edges_changed: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Fair prices and sights of moments; the sights hold those of edges that ended."""

    quotes: "pd.DataFrame"
    fair: "pd.DataFrame"
    sights: list[Sight]


def price_day(
    platform: Platform,
    day: date,
    *,
    again: bool = False,
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> DayPriced:
    """Price the moments of a UTC day that wait.

    Args:
        platform: its database and settings are used.
        day: UTC day of the captures.
        again: price every moment of the day, also those that do not wait.
        progress: told moments done and moments to do.
    """
    terms = terms_of(platform.settings)
    with transaction(platform.engine) as conn:
        moments = pricings.waiting(conn, day, terms.reach, again=again)
        captured = pricings.captured(conn, moments)
    done = DayPriced(moments=len(moments))
    if not moments:
        return done
    finished = 0
    with stopwatch(platform) as watch, watch.timed("price") as run:
        for batch in _batches(moments, captured):
            done = _sum(done, _price(platform, batch, captured, terms))
            run.rows = done.quotes
            finished += len(batch)
            progress(finished, len(moments))
    return done


def _batches(moments: Sequence[datetime], captured: Sequence[Captured]) -> Iterator[list[datetime]]:
    sizes = dict.fromkeys(moments, 0)
    for one in captured:
        sizes[one.capture_time] += 1
    batch: list[datetime] = []
    size = 0
    for moment in moments:
        if batch and size + sizes[moment] > BATCH:
            yield batch
            batch, size = [], 0
        batch.append(moment)
        size += sizes[moment]
    if batch:
        yield batch


def _sum(done: DayPriced, more: DayPriced) -> DayPriced:
    return DayPriced(
        done.moments,
        done.quotes + more.quotes,
        done.fair_prices + more.fair_prices,
        done.sights + more.sights,
        done.edges_changed + more.edges_changed,
    )


def _price(
    platform: Platform, moments: Sequence[datetime], captured: Sequence[Captured], terms: Terms
) -> DayPriced:
    first, last = moments[0], moments[-1]
    here = [one for one in captured if first <= one.capture_time <= last]
    with transaction(platform.engine) as conn:
        locks.take(conn, locks.PRICER)
        known_by = known_time.resolve(conn, None)
        found = _found(conn, here, known_by, terms)
        events = {one.event_id for one in here}
        known = numbers(conn, events, _names(found))
        fair = fair_prices.write(conn, found.fair, known, moments, known_by)
        changed = edge_sights.write(conn, found.sights, known, moments, known_by)
        edges.refresh(conn, changed, known_by)
        edges.close_started(conn, last)
        raising.priced(conn, platform, moments, changed)
        pricings.mark(conn, known_by, _marks(moments, here, found))
    return DayPriced(0, len(found.quotes), fair, len(found.sights), len(changed))


def _found(
    conn: Connection, captured: Sequence[Captured], known_by: datetime, terms: Terms
) -> Found:
    asked = [(one.event_id, one.capture_time) for one in captured if not one.gone]
    quotes = readers.odds_at_each(conn, asked, known_by, terms.reach)
    quotes = quotes.assign(flagged=flagged(conn, quotes, known_by))
    said = None
    if model_probabilities.any_known(conn):
        said = model_probabilities.said(conn, asked, known_by)
    priced = [(one, fair_of(one, terms)) for one in boards(quotes)]
    since = _changed_since(conn, quotes)
    frames = [
        rows_of(one, fair, terms, since[one.keys["place"].to_numpy(dtype=np.int64)])
        for one, fair in priced
    ]
    sports = {one.event_id: one.sport_key for one in captured}
    sights = [
        *(sight for one, fair in priced for sight in _sights(one, fair, said, terms)),
        *(sight for one, fair in priced for sight in middles(one, fair, sports, terms)),
    ]
    there = (
        edge_sights.there(
            conn, {one.event_id for one in captured}, min(one.capture_time for one in captured)
        )
        if captured
        else []
    )
    sights += ended(Ended(there, sights, captured, asked, quotes))
    return Found(quotes, _together(frames), sights)


def _sights(one: Boards, fair: Fair, said: "pd.DataFrame | None", terms: Terms) -> Iterator[Sight]:
    yield from values(one, fair, consensus_of(fair, terms), terms)
    yield from sure_bets(one, terms)
    if said is not None:
        for opinion in model_opinions(one, said):
            yield from values(one, fair, opinion, terms)


def _changed_since(conn: Connection, quotes: "pd.DataFrame") -> Ints:
    """By place: since when a market is known so at the earliest, where voids took quotes out."""
    last = int(quotes["place"].max()) if len(quotes) else 0
    since = np.full(last + 1, np.iinfo(np.int64).min, dtype=np.int64)
    voided = quotes.loc[quotes["missing_reason"].notna(), "place"].to_numpy(dtype=np.int64)
    newest = voids.newest_known(conn) if len(voided) else None
    if newest is not None:
        since[voided] = (newest - EPOCH) // _MICROSECOND
    return since


def _together(frames: "Sequence[pd.DataFrame]") -> "pd.DataFrame":
    import pandas as pd

    full = [frame for frame in frames if len(frame)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame()


def _names(found: Found) -> set[str | None]:
    names: set[str | None] = set()
    if len(found.fair):
        names |= set(found.fair["outcome_name"]) | set(found.fair["description"])
    for sight in found.sights:
        names |= {sight.outcome_name, sight.description}
    return names


def _marks(moments: Sequence[datetime], captured: Sequence[Captured], found: Found) -> list[Priced]:
    asked = [one.capture_time for one in captured if not one.gone]
    quotes = dict.fromkeys(moments, 0)
    for place, count in found.quotes["place"].value_counts().items():
        quotes[asked[int(str(place)) - 1]] += int(count)
    prices = dict.fromkeys(moments, 0)
    if len(found.fair):
        for capture, count in found.fair["capture"].value_counts().items():
            prices[EPOCH + int(str(capture)) * _MICROSECOND] += int(count)
    seen = dict.fromkeys(moments, 0)
    for sight in found.sights:
        seen[sight.capture_time] += sight.state == "seen"
    return [Priced(moment, quotes[moment], prices[moment], seen[moment]) for moment in moments]
