"""The books side by side, each with the fair price that it had no part in.

Belongs here: putting fair prices beside quotes, for any pair of times. Does not belong here: the
quotes (``storage.readers``), what is fair (``fair``).
"""

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from odds_pipeline.betting.expected_value import expected_value
from odds_pipeline.services.market.boards import Boards, boards
from odds_pipeline.services.market.fair import fair_of
from odds_pipeline.services.market.terms import Terms, terms_of
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import readers
from odds_pipeline.storage.engine import transaction

if TYPE_CHECKING:
    import pandas as pd

_CELL = ["bookmaker_key", "outcome_name", "description", "point"]
_ADDED = ("consensus_probability", "consensus_source", "edge_percentage")


def compare_with_fair(
    platform: Platform,
    event: str,
    market: str,
    at: datetime | None = None,
    known_by: datetime | None = None,
) -> "pd.DataFrame":
    """As ``compare_bookmakers``, with three more columns.

    ``fair_probability`` is the book's own, by ``FAIR_METHOD``; ``consensus_probability`` that of
    the others, ``consensus_source`` whose; ``edge_percentage`` the expected profit of a bet by it,
    after commission. They are missing where the market is not whole, has begun, or has no others.

    Args:
        platform: its database and settings are used.
        event: event id.
        market: market key.
        at: market time; default now.
        known_by: what must have been known by then; default all.

    Raises:
        NotFound: the event is not stored.
    """
    import pandas as pd

    terms = terms_of(platform.settings)
    with transaction(platform.engine) as conn:
        readers.require_event(conn, event, known_by)
        shown = readers.compare_bookmakers(conn, event, market, at, known_by)
        moment = at or platform.now()
        lays = [market, f"{market}_lay"]
        quotes = readers.odds_at_each(conn, [(event, moment)], known_by, markets=lays)
    worked = [_cells(one, terms) for one in boards(quotes)]
    if not worked:
        return shown.assign(**dict.fromkeys(_ADDED))
    cells = pd.concat(worked, ignore_index=True)
    joined = shown.merge(cells, on=_CELL, how="left")
    own = joined.pop("own").astype("float64")
    return joined.assign(fair_probability=own.fillna(joined["fair_probability"]))


def _cells(one: Boards, terms: Terms) -> "pd.DataFrame":
    import pandas as pd

    fair = fair_of(one, terms)
    rates = terms.commission(one.books)[None, :, None]
    worth = 100.0 * expected_value(fair.judging, one.prices, commission=rates)
    rows, books = np.nonzero(one.offered)
    n = one.prices.shape[2]
    each, book = np.repeat(rows, n), np.repeat(books, n)
    source = fair.chosen_source[each].copy()
    source[~np.isfinite(fair.judging[each, book, 0])] = None
    return pd.DataFrame(
        {
            "bookmaker_key": np.array(one.books, dtype=object)[book],
            "outcome_name": one.outcomes[rows].reshape(-1),
            "description": one.keys["description"].to_numpy()[each],
            "point": one.points[rows].reshape(-1),
            "own": fair.own[rows, books].reshape(-1),
            "consensus_probability": fair.judging[rows, books].reshape(-1),
            "consensus_source": source,
            "edge_percentage": worth[rows, books].reshape(-1),
        }
    )
