"""Who moves first: the moves that several books made the same way, book by book.

Belongs here: the moves of a market's books, put on one clock. Does not belong here: what steam is
(``betting.movement``), how a market moved as a whole (``movements``).

A move is a change of the fair probability's logit by more than ``SMALLEST`` (a point of probability
at evens); where the line moved, of the chance at the line before, if the distribution of scores is
known, else none. It happened when the book's market was last read, not when it was captured. Where
captures lie as far apart as ``WITHIN``, who was first cannot be told, and nothing is.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from odds_pipeline.betting.arrays import Floats
from odds_pipeline.betting.lines.distribution import handicap_of_total
from odds_pipeline.betting.lines.known import known_distribution
from odds_pipeline.betting.lines.move import move_cover
from odds_pipeline.betting.movement.lead_lag import first_movers
from odds_pipeline.betting.movement.series import logit
from odds_pipeline.betting.movement.steam import Moves, steam

if TYPE_CHECKING:
    import pandas as pd

BOOKS, WITHIN, SMALLEST = 3, 1800.0, 0.04
MARKET = ["event_id", "market_key", "description"]
SERIES = [*MARKET, "bookmaker_key"]


def steam_moves(found: "pd.DataFrame", sports: Mapping[str, str]) -> "pd.DataFrame":
    """The part of each book's market in moves of several books.

    Args:
        found: columns of ``movements.states``.
        sports: sport key by event id.

    Returns:
        One row a series: ``SERIES``, ``lags`` (a tuple of seconds behind the first book, one for
        each move it took part in) and ``first_moves`` (those it began alone); both are missing
        where the captures lie too far apart to tell.
    """
    import pandas as pd

    rows = found.sort_values([*SERIES, "capture_time"], kind="stable").reset_index(drop=True)
    rows = rows.assign(step=_steps(rows, sports))
    told: list[tuple[object, ...]] = []
    for key, own in rows.groupby(MARKET, dropna=False, sort=False):
        told += [(*key, *part) for part in _parts(own)]
    found = pd.DataFrame(told, columns=[*SERIES, "lags", "first_moves"])
    return found.astype(dict.fromkeys(SERIES, "str"))


def _steps(rows: "pd.DataFrame", sports: Mapping[str, str]) -> Floats:
    """Change of the logit since the capture before of the same series; NaN where none is known."""
    series = rows.groupby(SERIES, dropna=False, sort=False)
    before = series[["probability", "point"]].shift()
    point, was = (column.to_numpy(dtype=np.float64) for column in (rows["point"], before["point"]))
    chance = rows["probability"].to_numpy(dtype=np.float64).copy()
    for place in _moved_lines(rows, point, was, sports):
        sport, market, own = place
        distribution = known_distribution(sport, market)
        if distribution is None:
            chance[own] = np.nan
            continue
        over = np.full(len(own), market == "totals")
        now, then = (
            np.where(over, handicap_of_total(line[own], over), line[own]) for line in (point, was)
        )
        chance[own] = move_cover(distribution, chance[own], now, then)
    return logit(chance) - logit(before["probability"])


def _moved_lines(
    rows: "pd.DataFrame", point: Floats, was: Floats, sports: Mapping[str, str]
) -> "list[tuple[str, str, np.ndarray[tuple[int], np.dtype[np.int64]]]]":
    """Rows whose line is not the one before, by sport and market."""
    moved = np.flatnonzero(np.isfinite(was) & (point != was))
    key = [
        rows["event_id"].take(moved).map(sports).to_numpy(),
        rows["market_key"].to_numpy()[moved],
    ]
    groups: dict[tuple[str, str], list[int]] = {}
    for place, sport, market in zip(moved, *key, strict=True):
        groups.setdefault((str(sport), str(market)), []).append(int(place))
    return [(*named, np.array(places, dtype=np.int64)) for named, places in groups.items()]


def _parts(own: "pd.DataFrame") -> list[tuple[object, ...]]:
    """Each book of one market with its lags and first moves."""
    import pandas as pd

    books, names = pd.factorize(own["bookmaker_key"])
    step = own["step"].to_numpy(dtype=np.float64)
    read = _seconds(own["read_time"])
    moved = np.flatnonzero(np.abs(step) > SMALLEST)
    moved = moved[np.argsort(read[moved], kind="stable")]
    captures = np.unique(_seconds(own["capture_time"]))
    every = float(np.median(np.diff(captures))) if len(captures) > 1 else np.inf
    found = steam(Moves(read[moved], books[moved], step[moved]), BOOKS, WITHIN, every)
    if found.episodes is None:
        return [(name, None, None) for name in names]
    first = first_movers(found.episodes, len(names)).first
    lags: list[list[float]] = [[] for _ in names]
    for episode in found.episodes:
        for book, time in zip(episode.books, episode.times, strict=True):
            lags[book].append(time - episode.begin)
    return [(name, tuple(lags[book]), int(first[book])) for book, name in enumerate(names)]


def _seconds(times: "pd.Series[Any]") -> Floats:
    return times.astype("int64").to_numpy(dtype=np.float64) / 1e6
