"""Reads what stands beside the prices: links, bookmakers' ids, bet limits, rotation numbers.

Belongs here: a stored body (or one event of it) -> details, on demand. Does not belong here:
prices (``odds``), asking for details (``queries.Detail``), storing them: they stay in raw.

Pure and tolerant: a detail that is missing, null or of another type is ``None``, and an entry
that cannot be identified is left out. Names and points are cleaned as those of stored quotes, so
that details can be joined to quotes by identity. Units: bet limits in the bookmaker's currency.
"""

from collections.abc import Iterator

from msgspec import Struct

from odds_pipeline.sources.fields import (
    FieldError,
    clean_event_id,
    clean_key,
    clean_name,
    clean_optional_name,
    clean_point,
)
from odds_pipeline.sources.the_odds_api.wire import loads

LINK_LENGTH = 2_000
LARGEST = 1e12  # of a limit or a multiplier

Fields = dict[str, object]


class PageDetails(Struct, frozen=True):
    """A page at the bookmaker's and the bookmaker's own id of what it shows."""

    link: str | None = None
    sid: str | None = None


class QuoteDetails(Struct, frozen=True):
    """What stands beside one price.

    Args:
        bookmaker: bookmaker key.
        market: market key.
        outcome: outcome name.
        point: line or handicap.
        description: whom the outcome is about, for props.
        own: the outcome's page (often a filled bet slip) and id.
        of_market: the market's page and id.
        of_event: the event's page and id.
        bet_limit: largest stake.
        multiplier: a fantasy operator's payout multiplier.
    """

    bookmaker: str
    market: str
    outcome: str
    point: float | None
    description: str | None
    own: PageDetails
    of_market: PageDetails
    of_event: PageDetails
    bet_limit: float | None
    multiplier: float | None

    @property
    def link(self) -> str | None:
        """The page nearest to the outcome."""
        return self.own.link or self.of_market.link or self.of_event.link

    def is_empty(self) -> bool:
        """Whether nothing stands beside the price."""
        numbers = (self.bet_limit, self.multiplier)
        pages = (self.own, self.of_market, self.of_event)
        return numbers == (None, None) and all(page == PageDetails() for page in pages)


class EventDetails(Struct, frozen=True):
    """One event's rotation numbers, and what stands beside those of its prices that have it."""

    event_id: str
    home_rotation: int | None
    away_rotation: int | None
    quotes: tuple[QuoteDetails, ...]


def read_details(body: bytes) -> tuple[EventDetails, ...]:
    """Every event's details in the body of an odds, event odds, events or historical answer.

    Raises:
        MalformedResponse: the body is not JSON.
    """
    content = loads(body)
    if isinstance(content, dict) and "data" in content:
        content = content["data"]
    events = content if isinstance(content, list) else [content]
    found = (details_of(event) for event in events)
    return tuple([details for details in found if details is not None])


def details_of(event: object) -> EventDetails | None:
    """The details of one event as the provider sent it; ``None`` when it is not one."""
    fields = event if isinstance(event, dict) else {}
    try:
        event_id = clean_event_id(fields.get("id"))
    except FieldError:
        return None
    quotes = tuple([quote for quote in _quotes(fields) if not quote.is_empty()])
    return EventDetails(
        event_id,
        _rotation(fields.get("home_rotation")),
        _rotation(fields.get("away_rotation")),
        quotes,
    )


def _quotes(event: Fields) -> Iterator[QuoteDetails]:
    for bookmaker in _objects(event, "bookmakers"):
        for market in _objects(bookmaker, "markets"):
            for outcome in _objects(market, "outcomes"):
                quote = _quote(bookmaker, market, outcome)
                if quote is not None:
                    yield quote


def _quote(bookmaker: Fields, market: Fields, outcome: Fields) -> QuoteDetails | None:
    try:
        return QuoteDetails(
            clean_key(bookmaker.get("key")),
            clean_key(market.get("key")),
            clean_name(outcome.get("name")),
            clean_point(outcome.get("point")),
            clean_optional_name(outcome.get("description")),
            _page(outcome),
            _page(market),
            _page(bookmaker),
            _amount(outcome.get("bet_limit")),
            _amount(outcome.get("multiplier")),
        )
    except FieldError:
        return None


def _objects(holder: Fields, part: str) -> Iterator[Fields]:
    entries = holder.get(part)
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict):
            yield entry


def _page(holder: Fields) -> PageDetails:
    return PageDetails(_link(holder.get("link")), _sid(holder.get("sid")))


def _link(value: object) -> str | None:
    """A web address; anything else could be more than a page to whoever clicks on it."""
    if type(value) is not str or not value.startswith(("https://", "http://")):
        return None
    return value if len(value) <= LINK_LENGTH and value.isprintable() else None


def _sid(value: object) -> str | None:
    if type(value) is int:
        value = str(value)
    try:
        return clean_optional_name(value)
    except FieldError:
        return None


def _amount(value: object) -> float | None:
    if (type(value) is float or type(value) is int) and 0 <= value <= LARGEST:
        return float(value)
    return None


def _rotation(value: object) -> int | None:
    amount = _amount(value)
    return int(amount) if amount is not None and amount.is_integer() else None
