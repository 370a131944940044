"""The provider's endpoints: from a path and its parameters to an answer and its cost.

Belongs here: one function an endpoint and the table of them. Does not belong here: HTTP, keys,
counts, limits. Units: credits; Unix seconds UTC.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from odds_pipeline.simulator import asked_boards, parameters
from odds_pipeline.simulator.credits import odds_cost, scores_cost
from odds_pipeline.simulator.feed import UPCOMING, Feed, Moment
from odds_pipeline.simulator.parameters import EVENT_INCLUDES, EVENT_ODDS_INCLUDES, ODDS_INCLUDES
from odds_pipeline.simulator.refusals import Refusal
from odds_pipeline.simulator.snapshots import Snapshot, spell_date
from odds_pipeline.simulator.wire import JsonObject


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
            Refusal: it is no key of one sport, or not served.
        """
        key = parameters.sport_key(self.path["sport"])
        if key == UPCOMING:
            raise Refusal("INVALID_SPORT", key)
        if all(sport["key"] != key for sport in self.feed.sports()):
            raise Refusal("UNKNOWN_SPORT")
        return key

    def event_id(self) -> str:
        """The event in the path.

        Raises:
            Refusal: it is not spelled as one.
        """
        return parameters.event_id(self.path["event_id"])

    def is_outright(self, sport_key: str) -> bool:
        """Whether a sport has a field instead of games."""
        return any(
            sport["key"] == sport_key and sport["has_outrights"] for sport in self.feed.sports()
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON of an answer and what it costs."""

    body: object
    credits: int = 0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint.

    Args:
        path: its address, ``{sport}`` and ``{event_id}`` standing for path parameters.
        answer: how it answers.
        free: whether it still answers when the credits are used up.
        historical: whether it is kept from free plans.
    """

    path: str
    answer: Callable[[Question], Answer]
    free: bool = False
    historical: bool = False


def _sports(asked: Question) -> Answer:
    everything = parameters.all_sports(asked.query)
    return Answer([sport for sport in asked.feed.sports() if everything or sport["active"]])


def _events(asked: Question) -> Answer:
    return Answer(_events_at(asked, asked.sport_key(), Moment(asked.now)))


def _odds(asked: Question) -> Answer:
    sport_key = UPCOMING if asked.path["sport"] == UPCOMING else asked.sport_key()
    return _odds_at(asked, sport_key, Moment(asked.now))


def _event_odds(asked: Question) -> Answer:
    return _event_odds_at(asked, asked.sport_key(), Moment(asked.now))


def _event_markets(asked: Question) -> Answer:
    sport_key, event_id = asked.sport_key(), asked.event_id()
    books = asked_boards.asked_books(asked.query).books
    spelling = parameters.spelling(asked.query)
    found = asked.feed.event_markets(sport_key, event_id, Moment(asked.now), books, spelling)
    if found is None:
        raise Refusal("EVENT_NOT_FOUND")
    return Answer(found, 1)


def _participants(asked: Question) -> Answer:
    wanted = parameters.participant_ids(asked.query)
    found = [
        participant
        for participant in asked.feed.participants(asked.sport_key())
        if wanted is None or participant["id"] in wanted
    ]
    return Answer(found, 1 if found else 0)


def _scores(asked: Question) -> Answer:
    sport_key, days_from = asked.sport_key(), parameters.days_from(asked.query)
    which, spelling = parameters.event_filter(asked.query), parameters.spelling(asked.query)
    found = asked.feed.scores(sport_key, Moment(asked.now), days_from, which, spelling)
    return Answer(found, scores_cost(days_from) if found else 0)


def _historical_odds(asked: Question) -> Answer:
    sport_key = asked.sport_key()
    snapshot = _snapshot(asked, sport_key)
    return _enveloped(snapshot, _odds_at(asked, sport_key, _moment(snapshot)))


def _historical_events(asked: Question) -> Answer:
    sport_key = asked.sport_key()
    snapshot = _snapshot(asked, sport_key)
    found = _events_at(asked, sport_key, _moment(snapshot))
    return _enveloped(snapshot, Answer(found, 1 if found else 0))


def _historical_event_odds(asked: Question) -> Answer:
    sport_key = asked.sport_key()
    snapshot = _snapshot(asked, sport_key)
    return _enveloped(snapshot, _event_odds_at(asked, sport_key, _moment(snapshot)))


_SPORT = "/v4/sports/{sport}"
_PAST = "/v4/historical/sports/{sport}"
ENDPOINTS = (
    Endpoint("/v4/sports", _sports, free=True),
    Endpoint(f"{_SPORT}/events", _events, free=True),
    Endpoint(f"{_SPORT}/odds", _odds),
    Endpoint(f"{_SPORT}/scores", _scores),
    Endpoint(f"{_SPORT}/participants", _participants),
    Endpoint(f"{_SPORT}/events/{{event_id}}/odds", _event_odds),
    Endpoint(f"{_SPORT}/events/{{event_id}}/markets", _event_markets),
    Endpoint(f"{_PAST}/odds", _historical_odds, historical=True),
    Endpoint(f"{_PAST}/events", _historical_events, historical=True),
    Endpoint(f"{_PAST}/events/{{event_id}}/odds", _historical_event_odds, historical=True),
)


def _events_at(asked: Question, sport_key: str, at: Moment) -> list[JsonObject]:
    which = parameters.event_filter(asked.query)
    spelling = parameters.spelling(asked.query, EVENT_INCLUDES)
    return asked.feed.events(sport_key, at, which, spelling)


def _odds_at(asked: Question, sport_key: str, at: Moment) -> Answer:
    which = parameters.event_filter(asked.query)
    spelling = parameters.spelling(asked.query, ODDS_INCLUDES)
    outright = asked.is_outright(sport_key)
    boards = asked_boards.featured_boards(asked.query, outright=outright)
    found = asked.feed.odds(sport_key, at, which, boards, spelling)
    cost = odds_cost(len(boards.markets), boards.regions_billed, historical=at.recorded)
    return Answer(found, cost if found else 0)


def _event_odds_at(asked: Question, sport_key: str, at: Moment) -> Answer:
    event_id, spelling = asked.event_id(), parameters.spelling(asked.query, EVENT_ODDS_INCLUDES)
    boards = asked_boards.event_boards(asked.query, outright=asked.is_outright(sport_key))
    if at.recorded:
        asked_boards.refuse_before_its_time(boards, at.instant)
    found = asked.feed.event_odds(sport_key, event_id, at, boards, spelling)
    if found is None:
        raise Refusal("EVENT_NOT_FOUND")
    returned = _markets_in(found) & boards.markets
    return Answer(found, odds_cost(len(returned), boards.regions_billed, historical=at.recorded))


def _moment(snapshot: Snapshot) -> Moment:
    return Moment(snapshot.timestamp, recorded=True)


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
