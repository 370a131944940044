"""The provider's endpoints: from a path and its parameters to an answer and its cost.

Belongs here: one function an endpoint and the table of them. Does not belong here: HTTP, keys,
counts, limits. Units: credits; Unix seconds UTC.

Room left for the next step: ``events/{event_id}/markets``, ``participants`` and
``historical/.../events/{event_id}/odds`` are one function and one line of the table each.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from odds_pipeline.simulator import parameters
from odds_pipeline.simulator.credits import odds_cost, scores_cost
from odds_pipeline.simulator.feed import UPCOMING, Feed, JsonObject, Moment
from odds_pipeline.simulator.refusals import Refusal
from odds_pipeline.simulator.snapshots import Snapshot, spell_date


@dataclass(frozen=True, slots=True)
class Question:
    """One call: the feed asked, the provider's time, path parameters and query."""

    feed: Feed
    now: int
    path: Mapping[str, str]
    query: parameters.Query

    def sport_key(self) -> str:
        """The sport in the path.

        Raises:
            Refusal: it is not served.
        """
        key = self.path["sport"]
        if all(sport["key"] != key for sport in self.feed.sports()):
            raise Refusal("UNKNOWN_SPORT")
        return key


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON of an answer and what it costs."""

    body: object
    credits: int = 0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint; a free one still answers when the credits are used up."""

    path: str
    answer: Callable[[Question], Answer]
    free: bool = False


def _sports(asked: Question) -> Answer:
    everything = parameters.all_sports(asked.query)
    return Answer([sport for sport in asked.feed.sports() if everything or sport["active"]])


def _events(asked: Question) -> Answer:
    which, spelling = parameters.event_filter(asked.query), parameters.spelling(asked.query)
    return Answer(asked.feed.events(asked.sport_key(), Moment(asked.now), which, spelling))


def _odds(asked: Question) -> Answer:
    sport_key = UPCOMING if asked.path["sport"] == UPCOMING else asked.sport_key()
    return _odds_at(asked, sport_key, Moment(asked.now))


def _event_odds(asked: Question) -> Answer:
    sport_key = asked.sport_key()
    event_id = parameters.event_id(asked.path["event_id"])
    boards, spelling = parameters.event_boards(asked.query), parameters.spelling(asked.query)
    found = asked.feed.event_odds(sport_key, event_id, Moment(asked.now), boards, spelling)
    if found is None:
        raise Refusal("EVENT_NOT_FOUND")
    returned = _markets_in(found) & boards.markets
    return Answer(found, odds_cost(len(returned), boards.regions_billed, historical=False))


def _scores(asked: Question) -> Answer:
    sport_key, days_from = asked.sport_key(), parameters.days_from(asked.query)
    which, spelling = parameters.event_filter(asked.query), parameters.spelling(asked.query)
    found = asked.feed.scores(sport_key, Moment(asked.now), days_from, which, spelling)
    return Answer(found, scores_cost(days_from) if found else 0)


def _historical_odds(asked: Question) -> Answer:
    sport_key = asked.sport_key()
    snapshot = _snapshot(asked, sport_key)
    return _enveloped(
        snapshot, _odds_at(asked, sport_key, Moment(snapshot.timestamp, recorded=True))
    )


def _historical_events(asked: Question) -> Answer:
    sport_key = asked.sport_key()
    which, spelling = parameters.event_filter(asked.query), parameters.spelling(asked.query)
    snapshot = _snapshot(asked, sport_key)
    at = Moment(snapshot.timestamp, recorded=True)
    found = asked.feed.events(sport_key, at, which, spelling)
    return _enveloped(snapshot, Answer(found, 1 if found else 0))


ENDPOINTS = (
    Endpoint("/v4/sports", _sports, free=True),
    Endpoint("/v4/sports/{sport}/events", _events, free=True),
    Endpoint("/v4/sports/{sport}/odds", _odds),
    Endpoint("/v4/sports/{sport}/scores", _scores),
    Endpoint("/v4/sports/{sport}/events/{event_id}/odds", _event_odds),
    Endpoint("/v4/historical/sports/{sport}/odds", _historical_odds),
    Endpoint("/v4/historical/sports/{sport}/events", _historical_events),
)


def _odds_at(asked: Question, sport_key: str, at: Moment) -> Answer:
    which, spelling = parameters.event_filter(asked.query), parameters.spelling(asked.query)
    boards = parameters.featured_boards(asked.query)
    found = asked.feed.odds(sport_key, at, which, boards, spelling)
    cost = odds_cost(len(boards.markets), boards.regions_billed, historical=at.recorded)
    return Answer(found, cost if found else 0)


def _snapshot(asked: Question, sport_key: str) -> Snapshot:
    date = parameters.historical_date(asked.query)
    snapshot = asked.feed.snapshot(sport_key, date, asked.now)
    if snapshot is None:
        raise Refusal("INVALID_HISTORICAL_TIMESTAMP")
    return snapshot


def _enveloped(snapshot: Snapshot, answer: Answer) -> Answer:
    body = {
        "timestamp": spell_date(snapshot.timestamp),
        "previous_timestamp": _spelled(snapshot.previous),
        "next_timestamp": _spelled(snapshot.following),
        "data": answer.body,
    }
    return Answer(body, answer.credits)


def _spelled(instant: int | None) -> str | None:
    return None if instant is None else spell_date(instant)


def _markets_in(event: JsonObject) -> set[str]:
    books = event.get("bookmakers")
    if not isinstance(books, list):
        return set()
    return {str(market["key"]) for book in books for market in book["markets"]}
