"""How the outcomes of events ended, as far as their final scores say, and why some have no result.

Belongs here: which rule settles which market, row by row. Does not belong here: the rules
(``betting.settlement``), bets and their corrections (the bettor's book).

Settled are head-to-heads, spreads and totals of whole games, alternate lines too. Scores are those
the provider states, overtime included: a market of regulation time is settled where overtime cannot
have made that margin. Where only winner and margin are known, totals are not settled.
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
from odds_pipeline.catalog.sports import h2h_outcomes, overtime_margin

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

_NAMES = {1.0: "won", 0.5: "half won", 0.0: "push", -0.5: "half lost", -1.0: "lost"}
SPREADS = ("spreads", "alternate_spreads")
TOTALS = ("totals", "alternate_totals")
REGULATION = "h2h_3_way"

NOT_FINAL = "no final score is known"
NO_PLAYERS = "results of players are not kept"
NO_PARTS = "results of parts of a game are not kept"
NO_RULE = "no rule settles this market"
OVERTIME = "overtime may have made the score"
NO_TOTAL = "only the margin is known"
NO_SIDE = "the outcome is no side of the event"
NO_POINT = "the point is no multiple of 0.25"

# Parts of a game in the provider's keys: halves, quarters, periods, innings, sets.
_PART = r"_(?:h|q|p|s)\d+$|_\d+(?:st|nd|rd|th)_|_innings?$"


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
    return _settled(lines, events)[0]


def unsettled_reasons(lines: "pd.DataFrame", events: "pd.DataFrame") -> "pd.Series[str]":
    """Why each row has no result; missing where it has one.

    Args:
        lines: columns ``event_id``, ``market_key``, ``outcome_name``, ``point``.
        events: columns of ``events_between``.
    """
    import pandas as pd

    return pd.Series(_settled(lines, events)[1], index=lines.index, dtype=object)


def _settled(lines: "pd.DataFrame", events: "pd.DataFrame") -> tuple[Floats, NDArray[np.object_]]:
    """Each row's share of the stake, and why it has none."""
    final = events[events["status"] == "final"].set_index("id")
    held = lines[["event_id"]].join(final, on="event_id")
    home, away, stated = (
        held[side].to_numpy(dtype=np.float64, na_value=np.nan)
        for side in ("home_score", "away_score", "home_margin")
    )
    lead = np.where(np.isnan(home - away), stated, home - away)
    name, market = lines["outcome_name"], lines["market_key"]
    is_away = (name == held["away_team"]).to_numpy()
    known_side = is_away | (name == held["home_team"]).to_numpy()
    draw = (name == "Draw").to_numpy()
    over, under = ((name == side).to_numpy() for side in ("Over", "Under"))
    margin = np.where(is_away, -lead, lead)
    sports = {key: key for key in held["sport_key"].dropna().unique()}
    three_way = _of_sport(held, {key: float(h2h_outcomes(key) == 3) for key in sports}) == 1.0
    in_overtime = np.abs(lead) <= _of_sport(held, {key: overtime_margin(key) for key in sports})
    point = lines["point"].to_numpy(dtype=np.float64)
    point = np.where(np.mod(4.0 * point, 1.0) == 0.0, point, np.nan)
    h2h, regulation = (market == "h2h").to_numpy(), (market == REGULATION).to_numpy()
    spread, total = market.isin(SPREADS).to_numpy(), market.isin(TOTALS).to_numpy()
    # A score that is level after overtime was level before it.
    unclear = regulation & in_overtime & (lead != 0.0)
    cases = [
        (h2h & three_way & (known_side | draw), settle_three_way(margin, draw)),
        (h2h & ~three_way & known_side, settle_two_way(margin)),
        (regulation & (known_side | draw) & ~unclear, settle_three_way(margin, draw)),
        (spread & known_side, settle_spread(margin, point)),
        (total & (over | under), settle_total(home + away, point, over)),
    ]
    shares = np.select([case for case, _ in cases], [share for _, share in cases], np.nan)
    pointed = spread | total
    reasons = [
        (~np.isnan(shares), None),
        (market.str.startswith("player_").to_numpy(), NO_PLAYERS),
        (market.str.contains(_PART).to_numpy(), NO_PARTS),
        (~(h2h | regulation | pointed), NO_RULE),
        (np.isnan(lead), NOT_FINAL),
        (pointed & np.isnan(point), NO_POINT),
        (~(known_side | draw | (total & (over | under))), NO_SIDE),
        (unclear, OVERTIME),
        (total & np.isnan(home + away), NO_TOTAL),
    ]
    told = np.select(
        [case for case, _ in reasons],
        [np.full(len(lines), text, dtype=object) for _, text in reasons],
        NO_SIDE,
    )
    return np.asarray(shares, dtype=np.float64), told


def _of_sport(held: "pd.DataFrame", told: dict[str, float]) -> Floats:
    """What is told of each row's sport; NaN where the sport is not known."""
    return np.asarray(held["sport_key"].map(told), dtype=np.float64)
