"""Edges of one moment's boards, as sights: +EV, arbitrage and low hold.

Belongs here: which prices disagree enough, and what a sight says of them. Does not belong here:
mathematics (``betting``), middles (``middles``), verdicts (``verdicts``), what becomes of sights
(``day``).

An edge is named after what it is about, so the same one has the same ``opportunity_id`` whenever
and wherever it is found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2s
from typing import TYPE_CHECKING, Any

import numpy as np

from odds_pipeline.betting.arbitrage import arbitrage, best_prices, rounded_stakes
from odds_pipeline.betting.expected_value import expected_value
from odds_pipeline.betting.kelly.single import kelly_fraction
from odds_pipeline.betting.odds_arrays import after_commission
from odds_pipeline.services.market.boards import Boards, Floats
from odds_pipeline.services.market.fair import Fair
from odds_pipeline.services.market.labels import category, tags
from odds_pipeline.services.market.terms import Terms
from odds_pipeline.services.market.verdicts import Verdict, of_bet, of_legs
from odds_pipeline.storage.edge_sights import Leg, Sight

if TYPE_CHECKING:
    import pandas as pd

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EV, ARBITRAGE, LOW_HOLD = "ev", "arbitrage", "low_hold"
CONSENSUS = "consensus"
PERCENT = 100.0
_WORD = [
    *("place", "event_id", "market_key", "outcome_name", "description", "point"),
    *("probability", "model_version"),
]


@dataclass(frozen=True, slots=True)
class Opinion:
    """Somebody's fair price of boards, and how it is called.

    Args:
        strategy: what judges: ``consensus`` or ``model:`` and its name.
        version: of the model, or method and source of the consensus, by market.
        probabilities: (markets, books, n); NaN where there is no opinion.
        least: the same by the margin removal least favourable to the bet, (markets, n).
        of_model: whether it is a user's model.
    """

    strategy: str
    version: Sequence[str]
    probabilities: Floats
    least: Floats
    of_model: bool = False


def consensus_of(fair: Fair, terms: Terms) -> Opinion:
    """The fair price of every book but the one that is judged."""
    least = np.full(fair.chosen.shape, np.inf)
    for source in fair.sources:
        rows = fair.chosen_source == source.name
        for probabilities in source.probabilities.values():
            least[rows] = np.fmin(least[rows], probabilities[rows])
    version = [f"{terms.method}/{source}" for source in fair.chosen_source]
    return Opinion(CONSENSUS, version, fair.judging, least)


def opportunity_id(
    event: str,
    market: str,
    outcome: str | None,
    description: str | None,
    point: float | None,
    kind: str,
    strategy: str,
) -> str:
    """The stable name of an opportunity: 16 hexadecimal digits of what it is about."""
    line = None if point is None else f"{point:g}"
    parts = (event, market, outcome, description, line, kind, strategy)
    text = "\x1f".join("\x00" if part is None else part for part in parts)
    return blake2s(text.encode(), digest_size=8).hexdigest()


def values(boards: Boards, fair: Fair, opinion: Opinion, terms: Terms) -> Iterator[Sight]:
    """+EV: every price whose expected value is at least ``terms.least_edge``."""
    rates = terms.commission(boards.books)[None, :, None]
    worth = expected_value(opinion.probabilities, boards.prices, commission=rates)
    found = np.argwhere(worth * PERCENT >= terms.least_edge)
    if not len(found):
        return
    stakes = kelly_fraction(
        opinion.probabilities, boards.prices, commission=rates, fraction=terms.fraction
    )
    oldest = terms.oldest(seconds_to_start(boards))
    for row, book, place in found.tolist():
        price = float(boards.prices[row, book, place])
        chance = float(opinion.probabilities[row, book, place])
        age = float(boards.ages[row, book])
        edge = PERCENT * float(worth[row, book, place])
        paid = float(after_commission(price, rates[0, book, 0]))
        doubtful = float(opinion.least[row, place]) * paid <= 1.0
        verdict = of_bet(boards.books[book], age, float(oldest[row]), edge, terms)
        key = boards.books[book]
        leg = Leg(
            key,
            str(boards.outcomes[row, place]),
            number(boards.points[row, place]),
            price,
            finite(age),
        )
        yield sight(
            boards,
            row,
            EV,
            opinion.strategy,
            verdict,
            (leg,),
            expires=expiry(boards, row, float(oldest[row]) - age),
            outcome_name=leg.outcome_name,
            point=leg.point,
            bookmaker_key=key,
            price=price,
            fair_probability=None if opinion.of_model else chance,
            model_probability=chance if opinion.of_model else None,
            implied_probability=1.0 / price,
            model_version=opinion.version[row],
            edge_percentage=edge,
            kelly_fraction=float(stakes[row, book, place]),
            age_seconds=finite(age),
            flagged=bool(boards.flagged[row, book]),
            tags=tags((key,), price, to_start=_ahead(boards, row), doubtful=doubtful),
        )


def sure_bets(boards: Boards, terms: Terms) -> Iterator[Sight]:
    """Arbitrages, before commission too (those are ``paper``), and low holds."""
    rates = terms.commission(boards.books)
    paid = after_commission(boards.prices, rates[None, :, None])
    best = best_prices(paid)
    booksum = arbitrage(best.prices).booksum
    gross = arbitrage(best_prices(boards.prices).prices).booksum
    hold = PERCENT * (1.0 - 1.0 / booksum)
    oldest = terms.oldest(seconds_to_start(boards))
    for row in np.flatnonzero((gross < 1.0) | (hold <= terms.greatest_hold)).tolist():
        books, places = best.books[row], range(boards.prices.shape[2])
        prices = boards.prices[row, books, list(places)]
        stakes = rounded_stakes(prices, terms.total_stake, terms.stake_step, rates[books])
        sure = bool(booksum[row] < 1.0 or gross[row] < 1.0)
        legs = tuple(
            Leg(
                boards.books[books[place]],
                str(boards.outcomes[row, place]),
                number(boards.points[row, place]),
                float(prices[place]),
                finite(float(boards.ages[row, books[place]])),
                float(stakes.stakes[place]) if stakes.total > 0.0 else None,
            )
            for place in places
        )
        ages = boards.ages[row, books]
        edge = PERCENT * (1.0 / float(booksum[row]) - 1.0)
        verdict = of_legs(ages, float(oldest[row]), edge, stakes.profit, sure, terms)
        named = tags(
            [leg.bookmaker_key for leg in legs],
            None,
            to_start=_ahead(boards, row),
            before_commission=sure and booksum[row] >= 1.0,
        )
        yield sight(
            boards,
            row,
            ARBITRAGE if sure else LOW_HOLD,
            CONSENSUS,
            verdict,
            legs,
            expires=expiry(boards, row, float(oldest[row] - ages.max())),
            outcome_name=None,
            point=number(boards.keys["line"].iloc[row]),
            implied_probability=float(booksum[row]),
            edge_percentage=edge,
            age_seconds=finite(float(ages.max())),
            total_stake=stakes.total or None,
            worst_case_profit=stakes.profit if stakes.total > 0.0 else None,
            flagged=bool(boards.flagged[row, books].any()),
            tags=named,
        )


def model_opinions(boards: Boards, said: "pd.DataFrame") -> Iterator[Opinion]:
    """One opinion a model, laid on the boards its words are about."""
    if said.empty:
        return
    cells: dict[tuple[Any, ...], tuple[int, int]] = {}
    keys = boards.keys[["place", "event_id", "market_key", "description"]].itertuples(index=False)
    for row, (place, event, market, about) in enumerate(keys):
        for column in range(boards.outcomes.shape[1]):
            point = number(boards.points[row, column])
            name = boards.outcomes[row, column]
            cells[place, event, market, text(about), name, point] = (row, column)
    shape = (boards.prices.shape[0], boards.prices.shape[2])
    for model, words in said.groupby("model_name", sort=True):
        chances, versions = np.full(shape, np.nan), [""] * shape[0]
        for *key, about, point, chance, version in words[_WORD].itertuples(index=False, name=None):
            cell = cells.get((*key[:3], text(about), key[3], number(point)))
            if cell is not None:
                chances[cell], versions[cell[0]] = chance, version
        if np.isfinite(chances).any():
            each = np.repeat(chances[:, None, :], len(boards.books), axis=1)
            yield Opinion(f"model:{model}", versions, each, chances, of_model=True)


def seconds_to_start(boards: Boards) -> Floats:
    """How long before the start stated then each market was captured, seconds."""
    ahead = boards.keys["commence_time"] - boards.keys["capture_time"]
    return np.asarray(ahead.dt.total_seconds(), dtype=np.float64)


def number(value: float) -> float | None:
    """A point as a plain number; ``None`` for NaN."""
    return None if np.isnan(value) else float(value)


def finite(value: float) -> float | None:
    """A number as JSON can have it."""
    return value if np.isfinite(value) else None


def text(value: object) -> str | None:
    """A name, or ``None`` for whatever pandas puts where there is none."""
    return value if isinstance(value, str) else None


def _ahead(boards: Boards, row: int) -> float:
    key = boards.keys.iloc[row]
    return float((key["commence_time"] - key["capture_time"]).total_seconds())


def expiry(boards: Boards, row: int, left: float) -> datetime:
    """When the oldest leg turns stale, or the event starts, if that is sooner."""
    key = boards.keys.iloc[row]
    captured: datetime = key["capture_time"].to_pydatetime()
    start: datetime = key["commence_time"].to_pydatetime()
    return max(captured, min(start, captured + timedelta(seconds=max(left, 0.0))))


def sight(
    boards: Boards,
    row: int,
    kind: str,
    strategy: str,
    verdict: Verdict,
    legs: tuple[Leg, ...],
    *,
    expires: datetime,
    outcome_name: str | None,
    point: float | None,
    **told: Any,  # noqa: ANN401 - the rest of a sight's fields
) -> Sight:
    """A sight of an edge of one market.

    Args:
        boards: the markets.
        row: which of them.
        kind: what kind of edge.
        strategy: whose fair price judges.
        verdict: whether it could be had.
        legs: its bets.
        expires: when it does.
        outcome_name: what is bet on; ``None`` with several legs.
        point: its line.
        told: further fields of the sight.
    """
    key = boards.keys.iloc[row]
    event, market, about = str(key["event_id"]), str(key["market_key"]), text(key["description"])
    return Sight(
        opportunity_id=opportunity_id(event, market, outcome_name, about, point, kind, strategy),
        capture_time=key["capture_time"].to_pydatetime(),
        known_time=EPOCH + timedelta(microseconds=int(boards.known[row].max())),
        event_id=event,
        market_key=market,
        outcome_name=outcome_name,
        description=about,
        point=point,
        kind=kind,
        strategy=strategy,
        state="seen",
        category=category(market, about),
        commence_time=key["commence_time"].to_pydatetime(),
        legs=legs,
        verdict=verdict.verdict,
        reason=verdict.reason,
        expires_at=expires,
        **told,
    )
