"""How the outcomes of events ended, as far as their final scores say.

Belongs here: which rule settles which market, row by row. Does not belong here: the rules
(``betting.settlement``), bets and their corrections (the bettor's book).

Settled are head-to-heads, spreads and totals of whole games, alternate lines too. Scores are those
the provider states, overtime included; markets of a part of the game or of players wait for
results of their own.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from odds_pipeline.betting.settlement import (
    settle_spread,
    settle_three_way,
    settle_total,
    settle_two_way,
)
from odds_pipeline.catalog.sports import h2h_outcomes

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

_NAMES = {1.0: "won", 0.5: "half won", 0.0: "push", -0.5: "half lost", -1.0: "lost"}
SPREADS = ("spreads", "alternate_spreads")
TOTALS = ("totals", "alternate_totals")


def results(lines: "pd.DataFrame", events: "pd.DataFrame") -> "pd.Series[str]":
    """won, half won, push, half lost or lost for each row; missing where that is not known.

    Args:
        lines: columns ``event_id``, ``market_key``, ``outcome_name``, ``point``.
        events: columns of ``events_between``.
    """
    import pandas as pd

    shares = result_shares(lines, events)
    return pd.Series(shares, index=lines.index).map(_NAMES)


def result_shares(lines: "pd.DataFrame", events: "pd.DataFrame") -> Floats:
    """As ``results``, as the share of the stake won or lost; NaN where that is not known."""
    final = events[events["status"] == "final"].set_index("id")
    held = lines[["event_id"]].join(final, on="event_id")
    home, away = (
        held[side].to_numpy(dtype=np.float64, na_value=np.nan)
        for side in ("home_score", "away_score")
    )
    name, market = lines["outcome_name"], lines["market_key"]
    is_away = (name == held["away_team"]).to_numpy()
    known_side = is_away | (name == held["home_team"]).to_numpy()
    draw = (name == "Draw").to_numpy()
    margin = np.where(is_away, away - home, home - away)
    three_way = (
        held["sport_key"]
        .map({key: h2h_outcomes(key) == 3 for key in held["sport_key"].dropna().unique()})
        .eq(True)
        .to_numpy()
    )
    point = lines["point"].to_numpy(dtype=np.float64)
    point = np.where(np.mod(4.0 * point, 1.0) == 0.0, point, np.nan)
    over = (name == "Over").to_numpy()
    h2h = (market == "h2h").to_numpy()
    cases = [
        (h2h & three_way & (known_side | draw), settle_three_way(margin, draw)),
        (h2h & ~three_way & known_side, settle_two_way(margin)),
        (market.isin(SPREADS).to_numpy() & known_side, settle_spread(margin, point)),
        (
            market.isin(TOTALS).to_numpy() & name.isin(["Over", "Under"]).to_numpy(),
            settle_total(home + away, point, over),
        ),
    ]
    settled = np.select([case for case, _ in cases], [share for _, share in cases], np.nan)
    return np.asarray(np.where(np.isnan(home) | np.isnan(away), np.nan, settled))
