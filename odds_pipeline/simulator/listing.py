"""One event as the feed lists it, a game or a season's winner.

Belongs here: what both have in common. Does not belong here: JSON. Units: Unix seconds UTC;
US dollars of stake.
"""

from collections.abc import Set
from dataclasses import dataclass
from typing import Protocol

from odds_pipeline.simulator.books import SimulatedBook, bet_limit
from odds_pipeline.simulator.life import Life
from odds_pipeline.simulator.market import BookBoard, Market
from odds_pipeline.simulator.outrights import Season
from odds_pipeline.simulator.pricing.table import event_markets


@dataclass(frozen=True, slots=True)
class Face:
    """What every answer says of an event; an outright has no teams."""

    event_id: str
    sport_key: str
    sport_title: str
    start: int
    home_team: str | None = None
    away_team: str | None = None


class Listing(Protocol):
    """One listed event at one instant."""

    @property
    def face(self) -> Face:
        """What every answer says of it."""

    def boards(self, books: Set[str], markets: Set[str]) -> list[BookBoard]:
        """What the books show for it."""

    def every_market(self) -> frozenset[str]:
        """Keys of all markets anybody may offer on it."""

    def limit(self, book: SimulatedBook, market: str, instant: int) -> int:
        """The most a book takes on one outcome, US dollars."""


def face_of(life: Life, instant: int) -> Face:
    """A game's face at an instant."""
    fixture = life.fixture
    return Face(
        event_id=fixture.event_id,
        sport_key=fixture.sport_key,
        sport_title=life.sport.title,
        start=life.stated_start(instant),
        home_team=fixture.home_team,
        away_team=fixture.away_team,
    )


@dataclass(frozen=True, slots=True)
class ListedGame:
    """A game at an instant."""

    market: Market
    life: Life
    instant: int

    @property
    def face(self) -> Face:
        """See ``Listing``."""
        return face_of(self.life, self.instant)

    def boards(self, books: Set[str], markets: Set[str]) -> list[BookBoard]:
        """See ``Listing``."""
        return self.market.boards(self.life, self.instant, books, markets)

    def every_market(self) -> frozenset[str]:
        """See ``Listing``."""
        featured = {"h2h", "h2h_lay", "spreads", "totals"}
        return event_markets(self.life.fixture.sport_key) | featured

    def limit(self, book: SimulatedBook, market: str, instant: int) -> int:
        """See ``Listing``."""
        return bet_limit(self.life, book, market, instant)


@dataclass(frozen=True, slots=True)
class ListedSeason:
    """A season's winner at an instant."""

    season: Season
    instant: int

    @property
    def face(self) -> Face:
        """See ``Listing``."""
        sport = self.season.sport
        return Face(self.season.event_id, sport.key, sport.title, self.season.start)

    def boards(self, books: Set[str], markets: Set[str]) -> list[BookBoard]:
        """See ``Listing``."""
        return self.season.boards(self.instant, books, markets)

    def every_market(self) -> frozenset[str]:
        """See ``Listing``."""
        return frozenset({"outrights", "outrights_lay"})

    def limit(self, book: SimulatedBook, market: str, instant: int) -> int:
        """See ``Listing``."""
        return self.season.limit(book)
