"""A day's stored facts as the frames that the quality rules judge.

Belongs here: reading them, once for all rules. Does not belong here: what the frames hold
(``quality.inputs``), rules, the log (``quality_log``).

A book's market is handed over when it changed, not at every capture: quotes are stored on change,
and a rule says of an unchanged market what it said before. So a day of 100 events, 30 books and a
capture every five minutes is some hundred thousand rows instead of five million. What changes at
every capture, the age of each book's market, comes from the snapshots' vectors.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from odds_pipeline.quality.inputs import Needs, typed
from odds_pipeline.storage.archive.thaw import thaw_day
from odds_pipeline.storage.frames import fetch_frame
from odds_pipeline.storage.prepared import ABSENT, FAR_AGE, UNKNOWN_AGE
from odds_pipeline.storage.readers.events import events_between

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Connection = psycopg.Connection[Any]

HALF_DAY = timedelta(hours=12)
DAY = timedelta(days=1)
PRICED = 0

# The bounds are values of their own, so that the planner leaves other months out.
_DAY = "capture_time >= %(since)s AND capture_time < %(until)s"

_ROWS = f"""
SELECT event_no, selection_id, capture_time, known_time, price, point, state
FROM quotes WHERE {_DAY}
"""  # noqa: S608

_SNAPSHOTS = f"""
SELECT event_no, capture_time, known_time, commence_time, day_only, in_play, unlisted, matchup_id,
    layout_id, scope_id, capture_id, ages, far_ages
FROM snapshots WHERE {_DAY}
ORDER BY event_no, capture_time, known_time
"""  # noqa: S608

_SELECTIONS = """
SELECT s.selection_id, s.bookmaker_id::int4 * 65536 + s.market_id AS pair,
    b.bookmaker_key, m.market_key, o.name AS outcome_name, d.name AS description
FROM selections s
JOIN bookmakers b USING (bookmaker_id) JOIN markets m USING (market_id)
JOIN names o ON o.name_id = s.outcome_id LEFT JOIN names d ON d.name_id = s.description_id
WHERE s.selection_id = ANY(%(ids)s)
"""

_EVENTS = """
SELECT e.event_no, e.event_id, sp.sport_key FROM event_ids e JOIN sports sp USING (sport_id)
WHERE e.event_no = ANY(%(ids)s)
"""

_MATCHUPS = "SELECT matchup_id, home_team, away_team FROM matchups WHERE matchup_id = ANY(%(ids)s)"

_SOURCES = """
SELECT c.capture_id, coalesce(r.request ->> 'layout', r.endpoint) AS source
FROM captures c JOIN raw_responses r USING (raw_id)
WHERE c.capture_id = ANY(%(ids)s)
"""

_PAIRS = """
SELECT b.bookmaker_id::int4 * 65536 + m.market_id AS pair, b.bookmaker_key, m.market_key
FROM bookmakers b CROSS JOIN markets m
WHERE b.bookmaker_id::int4 * 65536 + m.market_id = ANY(%(ids)s)
"""

_BEFORE = """
SELECT a.event_no, s.commence_time
FROM unnest(%(ids)s::int4[]) AS a(event_no)
CROSS JOIN LATERAL (
    SELECT commence_time FROM snapshots
    WHERE event_no = a.event_no AND capture_time < %(since)s AND NOT unlisted
    ORDER BY capture_time DESC, known_time DESC LIMIT 1
) s
"""

_SCORES = f"""
SELECT e.event_id, sp.sport_key, t.capture_time AS snapshot_time, t.commence_time,
    t.home_score, t.away_score, p.home_score AS previous_home_score,
    p.away_score AS previous_away_score
FROM event_statements t
JOIN event_ids e USING (event_no) JOIN sports sp USING (sport_id)
LEFT JOIN LATERAL (
    SELECT home_score, away_score FROM event_statements
    WHERE event_no = t.event_no AND completed AND home_score IS NOT NULL
      AND (capture_time, known_time) < (t.capture_time, t.known_time)
    ORDER BY capture_time DESC, known_time DESC LIMIT 1
) p ON true
WHERE t.{_DAY.replace("AND ", "AND t.")} AND t.completed AND t.home_score IS NOT NULL
"""  # noqa: S608


class OddsFrames(NamedTuple):
    """The frames that captures of odds make."""

    quotes: "pd.DataFrame"
    boards: "pd.DataFrame"
    coverage: "pd.DataFrame"
    snapshots: "pd.DataFrame"


def odds_frames(conn: Connection, day: date) -> OddsFrames:
    """The frames of a UTC day's captures of odds.

    Args:
        conn: a connection inside a transaction.
        day: UTC day of the capture time.
    """
    bounds = day_bounds(day)
    thaw_day(conn, day)
    seen = _read(conn, _SNAPSHOTS, bounds)
    rows = _read(conn, _ROWS, bounds)
    events = _named(conn, _EVENTS, seen["event_no"]).set_index("event_no")
    listed = seen[~seen["unlisted"].astype(bool)].reset_index(drop=True)
    boards = _boards(conn, listed, events)
    return OddsFrames(
        _quotes(conn, rows, listed, events),
        boards,
        _coverage(conn, listed, boards, events),
        _snapshots(conn, listed, events, bounds),
    )


def events_frame(conn: Connection, day: date) -> "pd.DataFrame":
    """Events that start on the day and half a day around it, as known now."""
    start = datetime.combine(day, time(), UTC)
    found = events_between(conn, start - HALF_DAY, start + DAY + HALF_DAY)
    on_day = (found["commence_time"] >= start) & (found["commence_time"] < start + DAY)
    return typed(found.assign(event_id=found["id"], on_day=on_day), Needs.EVENTS)


def scores_frame(conn: Connection, day: date) -> "pd.DataFrame":
    """Final scores stated on the day, each with the one stated before."""
    return typed(fetch_frame(conn, _SCORES, day_bounds(day)), Needs.SCORES)


def day_bounds(day: date) -> dict[str, datetime]:
    """A UTC day as the ends ``since`` (in it) and ``until`` (not in it)."""
    start = datetime.combine(day, time(), UTC)
    return {"since": start, "until": start + DAY}


def _quotes(
    conn: Connection, rows: "pd.DataFrame", seen: "pd.DataFrame", events: "pd.DataFrame"
) -> "pd.DataFrame":
    """Each book's market in full, whenever one of its quotes, or its event, changed."""
    selections = _named(conn, _SELECTIONS, rows["selection_id"])
    rows = rows.merge(selections[["selection_id", "pair"]], on="selection_id")
    changed = _changes(rows, seen)
    members = rows[["event_no", "pair", "selection_id"]].drop_duplicates()
    asked = changed.merge(members, on=["event_no", "pair"])
    states = _states(rows, asked)
    priced = states[states["state"] == PRICED]
    facts = _facts(conn, seen).drop(columns="known_time")
    known = seen[["event_no", "capture_time", "known_time"]].drop_duplicates(
        ["event_no", "capture_time"], keep="last"
    )
    frame = (
        priced.merge(selections.drop(columns="pair"), on="selection_id")
        .merge(facts, on=["event_no", "capture_time"])
        .merge(known, on=["event_no", "capture_time"])
    )
    named = frame.assign(
        event_id=events["event_id"].reindex(frame["event_no"]).to_numpy(),
        sport_key=events["sport_key"].reindex(frame["event_no"]).to_numpy(),
        snapshot_time=frame["capture_time"],
        decimal_price=frame["price"],
        american_price=_american(frame["price"]),
    )
    return typed(named, Needs.QUOTES)


def _changes(rows: "pd.DataFrame", seen: "pd.DataFrame") -> "pd.DataFrame":
    """When each book's market changed, and until when it then stood like that.

    It counts as changed when one of its quotes did, and when its event went in play or was given
    another start.
    """
    import pandas as pd

    place = ["event_no", "pair"]
    own = rows[[*place, "capture_time"]].drop_duplicates()
    event = seen.groupby("event_no", sort=False)
    turned = (seen["in_play"] != event["in_play"].shift()) | (
        seen["commence_time"] != event["commence_time"].shift()
    )
    turns = seen.loc[turned & event["in_play"].shift().notna(), ["event_no", "capture_time"]]
    turns = turns.drop_duplicates().merge(own[place].drop_duplicates(), on="event_no")
    changes = pd.concat([own, turns[[*place, "capture_time"]]]).drop_duplicates()
    changes = changes.sort_values([*place, "capture_time"], ignore_index=True)
    following = changes.groupby(place, sort=False)["capture_time"].shift(-1)
    return changes.assign(until_time=_last_before(seen, changes["event_no"], following)).assign(
        # A row may stand behind the last listing; a span never ends before it begins.
        until_time=lambda spans: spans[["until_time", "capture_time"]].max(axis=1)
    )


def _last_before(
    seen: "pd.DataFrame", events: "pd.Series[int]", moments: "pd.Series[Any]"
) -> "pd.Series[Any]":
    """Each event's last capture before a moment, or its last one where the moment is missing."""
    import pandas as pd

    captures = seen[["event_no", "capture_time"]].drop_duplicates().sort_values("capture_time")
    end = seen["capture_time"].max() + DAY
    wanted = pd.DataFrame({"event_no": events, "moment": moments.fillna(end)}).sort_values("moment")
    found = pd.merge_asof(
        wanted.reset_index(),
        captures.rename(columns={"capture_time": "last"}),
        left_on="moment",
        right_on="last",
        by="event_no",
        allow_exact_matches=False,
    )
    return found.set_index("index")["last"].reindex(events.index)


def _states(rows: "pd.DataFrame", asked: "pd.DataFrame") -> "pd.DataFrame":
    """For each asked (event, selection, capture) the newest row up to it; none: left out."""
    import numpy as np
    import pandas as pd

    series, _ = pd.factorize(np.concatenate([_series(rows), _series(asked)]))
    moments, _ = pd.factorize(pd.concat([rows["capture_time"], asked["capture_time"]]), sort=True)
    codes = series.astype(np.int64) * (moments.max(initial=0) + 1) + moments
    stored, wanted = codes[: len(rows)], codes[len(rows) :]
    order = np.lexsort((_stamps(rows["known_time"]), stored))
    found = np.searchsorted(stored[order], wanted, side="right") - 1
    row = order[np.maximum(found, 0)]
    same = (found >= 0) & (series[row] == series[len(rows) :])
    values = rows[["price", "point", "state"]].take(row[same]).reset_index(drop=True)
    known: pd.DataFrame = asked[same].reset_index(drop=True)
    return pd.concat([known, values], axis=1)


def _series(rows: "pd.DataFrame") -> "np.ndarray[Any, Any]":
    """One number for each event's selection: both are four bytes wide."""
    import numpy as np

    events, selections = (rows[name].to_numpy(np.int64) for name in ("event_no", "selection_id"))
    numbered: np.ndarray[Any, Any] = (events << 32) | selections
    return numbered


def _stamps(times: "pd.Series[Any]") -> "np.ndarray[Any, Any]":
    """Times as plain numbers: as they are, each would become an object."""
    plain: np.ndarray[Any, Any] = times.dt.tz_localize(None).to_numpy()
    return plain


def _facts(conn: Connection, seen: "pd.DataFrame") -> "pd.DataFrame":
    """What each event's newest snapshot of a capture time says of it."""
    last = seen.drop_duplicates(["event_no", "capture_time"], keep="last")
    last = last[
        [
            *("event_no", "capture_time", "known_time", "commence_time", "in_play"),
            *("matchup_id", "capture_id"),
        ]
    ]
    matchups = _named(conn, _MATCHUPS, last["matchup_id"])
    sources = _named(conn, _SOURCES, last["capture_id"])
    return last.merge(matchups, on="matchup_id", how="left").merge(sources, on="capture_id")


def _boards(conn: Connection, seen: "pd.DataFrame", events: "pd.DataFrame") -> "pd.DataFrame":
    """Every book's market in every snapshot that shows it, with its age in seconds."""
    import numpy as np
    import pandas as pd

    pairs = _layouts(conn, seen["layout_id"].unique().tolist())
    row, place, age = [], [], []
    for layout, part in seen.groupby("layout_id", sort=False):
        here = pairs[int(str(layout))]
        if not here:
            continue
        ages = np.array(part["ages"].tolist(), dtype=np.float64)
        ages = _with_far(ages, part["far_ages"].tolist())
        present = ages != ABSENT
        rows, columns = np.nonzero(present)
        row.append(part.index.to_numpy()[rows])
        place.append(np.asarray(here, dtype=np.int64)[columns])
        age.append(ages[present])
    rows = np.concatenate([np.zeros(0, np.int64), *row])
    pair, ages = np.concatenate([np.zeros(0, np.int64), *place]), np.concatenate([[], *age])
    names = _named(conn, _PAIRS, pd.Series(np.unique(pair)))
    code = pd.Index(names["pair"]).get_indexer(pd.Index(pair))
    at = seen.take(rows).reset_index(drop=True)
    number = events.index.get_indexer(pd.Index(at["event_no"]))
    return typed(
        pd.DataFrame(
            {
                "event_id": _categories(events["event_id"], number),
                "sport_key": _categories(events["sport_key"], number),
                "snapshot_time": at["capture_time"],
                "known_time": at["known_time"],
                "in_play": at["in_play"],
                "bookmaker_key": _categories(names["bookmaker_key"], code),
                "market_key": _categories(names["market_key"], code),
                "age": np.where(ages == UNKNOWN_AGE, np.nan, ages),
            }
        ),
        Needs.BOARDS,
    )


def _with_far(
    ages: "np.ndarray[Any, Any]", far: Sequence[Mapping[str, float] | None]
) -> "np.ndarray[Any, Any]":
    """Ages that do not fit the vector, in their places."""
    for number, kept in enumerate(far):
        for place, seconds in (kept or {}).items():
            if ages[number, int(place)] == FAR_AGE:
                ages[number, int(place)] = seconds
    return ages


def _coverage(
    conn: Connection, seen: "pd.DataFrame", boards: "pd.DataFrame", events: "pd.DataFrame"
) -> "pd.DataFrame":
    """For each capture that asked for books by name: how many events had each of their markets."""
    import pandas as pd

    asked = _asked(conn, seen["scope_id"].unique().tolist())
    sports = events["sport_key"].reindex(seen["event_no"]).set_axis(seen.index)
    captures = (
        seen.assign(sport_key=sports)
        .groupby(["capture_time", "scope_id", "sport_key"], sort=False)
        .size()
        .rename("events")
        .reset_index()
        .rename(columns={"capture_time": "snapshot_time"})
    )
    key = ["sport_key", "snapshot_time", "bookmaker_key", "market_key"]
    offered = boards.groupby(key, observed=True, sort=False).size().rename("offered").reset_index()
    offered = offered.astype(dict.fromkeys(("sport_key", "bookmaker_key", "market_key"), "str"))
    wanted = captures.merge(asked, on="scope_id")
    found = wanted.merge(offered, on=key, how="left")
    counted = found.assign(offered=found["offered"].fillna(0))
    if counted.empty:
        counted = pd.DataFrame(columns=[*key, "events", "offered"])
    return typed(counted, Needs.COVERAGE)


def _asked(conn: Connection, scopes: list[int]) -> "pd.DataFrame":
    """The books' markets that scopes name."""
    return fetch_frame(
        conn,
        """SELECT scope_id, bookmaker_key, market_key FROM scopes
        CROSS JOIN LATERAL unnest(bookmakers) AS b(bookmaker_key)
        CROSS JOIN LATERAL unnest(markets) AS m(market_key)
        WHERE scope_id = ANY(%(ids)s)""",
        {"ids": scopes},
    )


def _snapshots(
    conn: Connection,
    seen: "pd.DataFrame",
    events: "pd.DataFrame",
    bounds: Mapping[str, datetime],
) -> "pd.DataFrame":
    last = seen.drop_duplicates(["event_no", "capture_time"], keep="last")
    before = _named(conn, _BEFORE, last["event_no"], bounds).set_index("event_no")
    earlier = before["commence_time"].reindex(last["event_no"]).set_axis(last.index)
    previous = last.groupby("event_no", sort=False)["commence_time"].shift()
    return typed(
        last.assign(
            event_id=events["event_id"].reindex(last["event_no"]).to_numpy(),
            sport_key=events["sport_key"].reindex(last["event_no"]).to_numpy(),
            snapshot_time=last["capture_time"],
            previous_commence_time=previous.fillna(earlier),
        ),
        Needs.SNAPSHOTS,
    )


def _layouts(conn: Connection, layouts: list[int]) -> dict[int, list[int]]:
    rows = conn.execute(
        "SELECT layout_id, pairs FROM layouts WHERE layout_id = ANY(%s)", (layouts,)
    )
    return dict(rows.fetchall())


def _categories(names: "pd.Series[str]", codes: "np.ndarray[Any, Any]") -> "pd.Categorical[Any]":
    """Names by place, as categories (several places may have one name)."""
    import pandas as pd

    places, known = pd.factorize(names)
    return pd.Categorical.from_codes(places[codes], categories=known)


def _american(prices: "pd.Series[float]") -> "pd.Series[Any]":
    import numpy as np
    import pandas as pd

    from odds_pipeline.betting.odds_arrays import american_from_decimal

    american = american_from_decimal(prices.to_numpy())
    whole = pd.Series(american.data, index=prices.index, dtype="Int64")
    return whole.mask(np.ma.getmaskarray(american))


def _named(
    conn: Connection,
    query: str,
    ids: "pd.Series[Any]",
    more: Mapping[str, object] | None = None,
) -> "pd.DataFrame":
    numbers = [int(number) for number in ids.dropna().unique()]
    return fetch_frame(conn, query, {"ids": numbers} | dict(more or {}))


def _read(conn: Connection, query: str, values: Mapping[str, object]) -> "pd.DataFrame":
    """Rows of numbers and times in plain types: many, so in the binary form and without nulls."""
    import pandas as pd

    cursor = conn.execute(query, values, binary=True)
    assert cursor.description is not None
    names = [column.name for column in cursor.description]
    columns = list(zip(*cursor.fetchall(), strict=True)) or [()] * len(names)
    return pd.DataFrame(
        {name: _column(name, column) for name, column in zip(names, columns, strict=True)}
    )


def _column(name: str, values: Sequence[Any]) -> "pd.Series[Any]":
    import numpy as np
    import pandas as pd

    if name.endswith("_time"):
        times = pd.to_datetime(pd.Series(values, dtype=object), utc=True)
        return times.astype("datetime64[us, UTC]")
    if name in ("ages", "far_ages"):
        return pd.Series(list(values), dtype=object)
    if name == "matchup_id":
        return pd.Series(list(values), dtype="Int64")
    flags = dict.fromkeys(("in_play", "unlisted", "day_only"), np.bool_)
    kinds = {"price": np.float64, "point": np.float64, **flags}
    return pd.Series(np.array(values, dtype=kinds.get(name, np.int64)))
