"""The simulated market in the provider's JSON.

Belongs here: field names and the spelling of values. Does not belong here: what is listed
(``feed``). Times inside are Unix seconds UTC; in the JSON they are spelled as asked.
"""

from collections.abc import Set
from dataclasses import dataclass

from odds_pipeline.simulator.listing import Face, Listing, face_of
from odds_pipeline.simulator.market import BookBoard, MarketBoard, Score
from odds_pipeline.simulator.parameters import Include, Spelling
from odds_pipeline.simulator.prices import spelled
from odds_pipeline.simulator.pricing.outcomes import PricedOutcome
from odds_pipeline.simulator.snapshots import spell_date
from odds_pipeline.simulator.source_ids import link, multiplier, rotation_numbers, source_id

JsonObject = dict[str, object]


@dataclass(frozen=True, slots=True)
class Style:
    """How an endpoint of an era spells boards.

    Args:
        spelling: what the call asked for.
        on_bookmaker: whether ``last_update`` stands on the bookmaker.
        on_market: whether it stands on the market.
        computed_american: whether American prices are computed from rounded decimal ones.
    """

    spelling: Spelling
    on_bookmaker: bool = True
    on_market: bool = True
    computed_american: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a document an outcome stands."""

    listing: Listing
    event_id: str
    book: BookBoard
    market: MarketBoard


def event_json(face: Face, spelling: Spelling) -> JsonObject:
    """One event without odds."""
    stated: JsonObject = {
        "id": face.event_id,
        "sport_key": face.sport_key,
        "sport_title": face.sport_title,
        "commence_time": _time(face.start, spelling),
        "home_team": face.home_team,
        "away_team": face.away_team,
    }
    if Include.ROTATION_NUMBERS in spelling.included:
        home, away = rotation_numbers(face.sport_key, face.event_id)
        stated |= {"home_rotation": home, "away_rotation": away}
    return stated


def odds_json(listing: Listing, books: Set[str], markets: Set[str], style: Style) -> JsonObject:
    """One event with odds."""
    face = listing.face
    return {
        **event_json(face, style.spelling),
        "bookmakers": [
            _book_json(listing, face.event_id, board, style)
            for board in listing.boards(books, markets)
        ],
    }


def markets_json(listing: Listing, books: Set[str], spelling: Spelling) -> JsonObject:
    """One event with the keys of the markets each book shows."""
    return {
        **event_json(listing.face, spelling),
        "bookmakers": [
            {
                "key": board.book.key,
                "title": board.book.title,
                "markets": [
                    {"key": market.market, "last_update": _time(market.last_update, spelling)}
                    for market in board.markets
                ],
            }
            for board in listing.boards(books, listing.every_market())
        ],
    }


def score_json(score: Score, instant: int, spelling: Spelling) -> JsonObject:
    """One event with its score."""
    event = event_json(face_of(score.life, instant), spelling)
    points, updated = score.points, score.last_update
    return {
        "id": event["id"],
        "sport_key": event["sport_key"],
        "sport_title": event["sport_title"],
        "commence_time": event["commence_time"],
        "completed": score.completed,
        "home_team": event["home_team"],
        "away_team": event["away_team"],
        "scores": points and [{"name": team, "score": str(scored)} for team, scored in points],
        "last_update": None if updated is None else _time(updated, spelling),
    }


def _book_json(listing: Listing, event_id: str, board: BookBoard, style: Style) -> JsonObject:
    stated: JsonObject = {"key": board.book.key, "title": board.book.title}
    if style.on_bookmaker:
        stated["last_update"] = _time(board.last_update, style.spelling)
    stated |= _sources(board, style, event_id)
    stated["markets"] = [
        _market_json(_Place(listing, event_id, board, market), style) for market in board.markets
    ]
    return stated


def _market_json(place: _Place, style: Style) -> JsonObject:
    stated: JsonObject = {"key": place.market.market}
    if style.on_market:
        stated["last_update"] = _time(place.market.last_update, style.spelling)
    stated |= _sources(place.book, style, place.event_id, place.market.market)
    stated["outcomes"] = [_outcome_json(outcome, place, style) for outcome in place.market.outcomes]
    return stated


def _outcome_json(outcome: PricedOutcome, place: _Place, style: Style) -> JsonObject:
    spelling, book, market = style.spelling, place.book.book, place.market
    price = round(outcome.price, 2) if style.computed_american else outcome.price
    stated: JsonObject = {"name": outcome.name}
    if outcome.description is not None:
        stated["description"] = outcome.description
    stated["price"] = spelled(price, spelling.odds_format)
    if outcome.point is not None:
        stated["point"] = outcome.point
    what = f"{outcome.name}|{outcome.description}|{outcome.point}"
    stated |= _sources(place.book, style, place.event_id, market.market, what)
    if Include.BET_LIMITS in spelling.included:
        limit = place.listing.limit(book, market.market, market.last_update)
        stated["bet_limit"] = limit
    if Include.MULTIPLIERS in spelling.included:
        stated["multiplier"] = multiplier(book, market.market, outcome.price)
    return stated


def _sources(board: BookBoard, style: Style, *labels: str) -> JsonObject:
    included = style.spelling.included
    stated: JsonObject = {}
    if Include.LINKS in included:
        stated["link"] = link(board.book, *labels)
    if Include.SIDS in included:
        stated["sid"] = source_id(board.book, *labels)
    return stated


def _time(instant: int, spelling: Spelling) -> str | int:
    return instant if spelling.unix_dates else spell_date(instant)
