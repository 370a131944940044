"""Which snapshot speaks for each book's market, and when the book was last read in it.

Belongs here: the newest covering snapshot, its ``last_update``. Does not belong here: prices.
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.storage.array_text import array_text
from odds_pipeline.storage.prepared import ABSENT, FAR_AGE, UNKNOWN_AGE
from odds_pipeline.storage.readers.archived.columns import times
from odds_pipeline.storage.readers.archived.search import MISSING, SECOND_US, last_of_each, matches
from odds_pipeline.storage.readers.archived.series import covering

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from odds_pipeline.storage.readers.archived.search import Bools, Ints

Connection = psycopg.Connection[Any]

_STATED_AT = """
SELECT capture_id, (extract(epoch FROM known_time) * 1000000)::bigint
FROM captures WHERE capture_id = ANY(%s::int[]) ORDER BY capture_id
"""

_POSITIONS = """
SELECT layout_id, pair, place - 1
FROM layouts, unnest(pairs) WITH ORDINALITY AS p(pair, place)
WHERE layout_id = ANY(%s::int[]) ORDER BY layout_id, pair
"""


@dataclass(frozen=True, slots=True)
class Covered:
    """One row a question and book's market, by event and book's market.

    Args:
        place: the question.
        event, pair: event and book's market.
        top: the snapshot's row among all tops.
        capture: its capture time.
        last_update: when the book was read.
        listed: False where the event had left the feed.
    """

    place: "Ints"
    event: "Ints"
    pair: "Ints"
    top: "Ints"
    capture: "Ints"
    last_update: "Ints"
    listed: "Bools"


def covered(conn: Connection, tops: "pa.Table", pairs: "Ints") -> Covered:
    """The newest snapshot of each question that covers each book's market."""
    import numpy as np

    scope, place = tops["scope_id"].to_numpy(), tops["place"].to_numpy()
    inside = covering(conn, np.unique(scope), np.unique(pairs))
    rows = {one: np.flatnonzero(scope == one) for one in inside}
    top = _joined(np.repeat(rows[one], len(inside[one])) for one in inside)
    pair = _joined(np.tile(inside[one], len(rows[one])) for one in inside)
    capture = times(tops, "capture_time")
    order = np.lexsort(
        (
            tops["capture_id"].to_numpy()[top],
            _stated_at(conn, tops)[top],
            capture[top],
            pair,
            place[top],
        )
    )
    kept = last_of_each(order, pair, place[top])
    event = tops["event_no"].to_numpy()
    kept = kept[np.lexsort((pair[kept], event[top[kept]]))]
    top, pair = top[kept], pair[kept]
    return Covered(
        place[top],
        event[top].astype(np.int64),
        pair,
        top,
        capture[top],
        _last_update(conn, tops, top, pair),
        ~tops["unlisted"].to_numpy()[top],
    )


def _joined(parts: "Iterable[Ints]") -> "Ints":
    import numpy as np

    return np.concatenate([np.empty(0, dtype=np.int64), *parts])


def _stated_at(conn: Connection, tops: "pa.Table") -> "Ints":
    """The known time of each snapshot's own capture: it orders captures of one instant."""
    import numpy as np

    place = tops["place"].to_numpy()
    if len(np.unique(place)) == len(place):
        return np.zeros(len(place), dtype=np.int64)
    numbers = tops["capture_id"].to_numpy()
    rows = conn.execute(_STATED_AT, (array_text(np.unique(numbers)),)).fetchall()
    known = np.array(rows, dtype=np.int64).reshape(-1, 2)
    found: Ints = known[np.searchsorted(known[:, 0], numbers), 1]
    return found


def _last_update(conn: Connection, tops: "pa.Table", top: "Ints", pair: "Ints") -> "Ints":
    """As the SQL function ``last_update_of`` reads the vectors."""
    import numpy as np

    found = np.full(len(top), MISSING)
    wanted, position = _positions(conn, tops["layout_id"].to_numpy()[top], pair)
    top = top[wanted]
    ages = tops["ages"].combine_chunks()
    begin = ages.offsets.to_numpy()[:-1].astype(np.int64)
    age = ages.values.to_numpy()[begin[top] + position].astype(np.int64)
    whole = times(tops, "capture_time")[top] // SECOND_US
    plain = (age != ABSENT) & (age != UNKNOWN_AGE) & (age != FAR_AGE)
    found[wanted[plain]] = (whole[plain] - age[plain]) * SECOND_US
    for row in np.flatnonzero(age == FAR_AGE):
        far = json.loads(tops["far_ages"][int(top[row])].as_py())
        seconds = float(far[str(position[row])])
        found[wanted[row]] = int(whole[row]) * SECOND_US - round(seconds * SECOND_US)
    return found


def _positions(conn: Connection, layout: "Ints", pair: "Ints") -> "tuple[Ints, Ints]":
    """Rows whose layout has their pair, and where in the vector."""
    import numpy as np

    rows = conn.execute(_POSITIONS, (array_text(np.unique(layout)),)).fetchall()
    known = np.array(rows, dtype=np.int64).reshape(-1, 3)
    keys = (known[:, 0] << 32) | known[:, 1]
    at, wanted = matches(keys, (layout.astype(np.int64) << 32) | pair)
    return wanted, known[at, 2]
