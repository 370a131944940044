r"""Recorded responses served from a folder, instead of the simulated market.

Belongs here: finding and reading recorded files. Does not belong here: credits and parameters,
which are counted and refused as for the market. Times are Unix seconds UTC.

The folder, every file as the provider sent it (JSON, or the same gzipped with ``.gz`` added):

    <folder>/sports.json
    <folder>/<sport>/odds.json          list of events with bookmakers
    <folder>/<sport>/events.json        list of events
    <folder>/<sport>/scores.json        list of events with scores
    <folder>/<sport>/participants.json  list of participants
    <folder>/<sport>/event_odds/<id>.json
                                        one event with bookmakers
    <folder>/<sport>/historical/<timestamp>.json
                                        a historical envelope, or the list inside one;
                                        <timestamp> as 2024-01-01T12:10:39Z or 20240101T121039Z

What was recorded is what is served: the books, markets and formats of the recording, whatever is
asked. Only ``eventIds`` and the single-event endpoints pick events out of it; an event without a
file of its own is the one of the sport's odds, and its markets are those it was recorded with. A
file that is not there is an empty list; a sport without a folder is an unknown sport; without
``sports.json`` the sports are the folders.
"""

import gzip
import json
from collections.abc import Set
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from odds_pipeline.errors import UsageError
from odds_pipeline.simulator.asked_boards import BoardFilter
from odds_pipeline.simulator.feed import Moment
from odds_pipeline.simulator.parameters import EventFilter, Spelling
from odds_pipeline.simulator.snapshots import Snapshot, read_date
from odds_pipeline.simulator.wire import JsonObject

_COMPACT = "%Y%m%dT%H%M%SZ"


class ReplayFeed:
    """One folder of recorded responses.

    Raises:
        UsageError: the folder does not exist.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise UsageError(f"{folder} is not a folder of recorded responses")
        self._folder = folder

    def sports(self) -> list[JsonObject]:
        """See ``Feed``; sports with a folder of their own are always among them."""
        recorded = self._list(self._folder / "sports.json")
        named = {sport["key"] for sport in recorded}
        folders = sorted(path.name for path in self._folder.iterdir() if path.is_dir())
        return recorded + [_sport_json(key) for key in folders if key not in named]

    def events(
        self, sport_key: str, at: Moment, which: EventFilter, spelling: Spelling
    ) -> list[JsonObject]:
        """See ``Feed``; from the odds of the snapshot when history is asked."""
        if not at.recorded:
            return self._asked(self._folder / sport_key / "events.json", which)
        odds = self._asked(self._odds_file(sport_key, at), which)
        return [
            {name: value for name, value in event.items() if name != "bookmakers"} for event in odds
        ]

    def odds(
        self,
        sport_key: str,
        at: Moment,
        which: EventFilter,
        boards: BoardFilter,
        spelling: Spelling,
    ) -> list[JsonObject]:
        """See ``Feed``."""
        return self._asked(self._odds_file(sport_key, at), which)

    def event_odds(
        self, sport_key: str, event_id: str, at: Moment, boards: BoardFilter, spelling: Spelling
    ) -> JsonObject | None:
        """See ``Feed``; from its own file, else from the recorded odds."""
        return self._event(sport_key, event_id, at)

    def event_markets(
        self, sport_key: str, event_id: str, at: Moment, books: Set[str], spelling: Spelling
    ) -> JsonObject | None:
        """See ``Feed``; the markets of the event's recorded odds."""
        event = self._event(sport_key, event_id, at)
        return event and {**event, "bookmakers": [_market_keys(book) for book in _books(event)]}

    def participants(self, sport_key: str) -> list[JsonObject]:
        """See ``Feed``."""
        return self._list(self._folder / sport_key / "participants.json")

    def scores(
        self,
        sport_key: str,
        at: Moment,
        days_from: int | None,
        which: EventFilter,
        spelling: Spelling,
    ) -> list[JsonObject]:
        """See ``Feed``."""
        return self._asked(self._folder / sport_key / "scores.json", which)

    def snapshot(self, sport_key: str, asked: int, now: int) -> Snapshot | None:
        """See ``Feed``; neighbours are those of the folder."""
        times = sorted(self._snapshots(sport_key))
        before = [time for time in times if time <= asked]
        if not before:
            return None
        after = times[len(before) :]
        return Snapshot(
            before[-1], before[-2] if len(before) > 1 else None, after[0] if after else None
        )

    def _snapshots(self, sport_key: str) -> dict[int, Path]:
        """Snapshot time to its file, without the ``.gz`` it may have."""
        files = (self._folder / sport_key / "historical").glob("*.json*")
        stems = {path.name.removesuffix(".gz").removesuffix(".json"): path for path in files}
        return {_timestamp(stem, path): _plain(path) for stem, path in stems.items()}

    def _event(self, sport_key: str, event_id: str, at: Moment) -> JsonObject | None:
        own = self._folder / sport_key / "event_odds" / f"{event_id}.json"
        recorded = None if at.recorded else _document(own)
        if recorded is not None:
            return cast(JsonObject, recorded)
        which = EventFilter(event_ids=frozenset({event_id}))
        return next(iter(self._asked(self._odds_file(sport_key, at), which)), None)

    def _odds_file(self, sport_key: str, at: Moment) -> Path:
        if at.recorded:
            return self._snapshots(sport_key)[at.instant]
        return self._folder / sport_key / "odds.json"

    def _asked(self, path: Path, which: EventFilter) -> list[JsonObject]:
        wanted = which.event_ids
        return [event for event in self._list(path) if wanted is None or event["id"] in wanted]

    def _list(self, path: Path) -> list[JsonObject]:
        document = _document(path)
        inner = document["data"] if isinstance(document, dict) else document
        return cast(list[JsonObject], inner or [])


def _document(path: Path) -> object:
    packed = path.with_name(path.name + ".gz")
    if packed.exists():
        return json.loads(gzip.decompress(packed.read_bytes()))
    return json.loads(path.read_bytes()) if path.exists() else None


def _books(event: JsonObject) -> list[JsonObject]:
    return cast(list[JsonObject], event.get("bookmakers", []))


def _market_keys(book: JsonObject) -> JsonObject:
    """A recorded book's markets without their outcomes; an old one has its book's time."""
    markets = cast(list[JsonObject], book["markets"])
    updated = book.get("last_update")
    return {
        "key": book["key"],
        "title": book["title"],
        "markets": [
            {"key": market["key"], "last_update": market.get("last_update", updated)}
            for market in markets
        ],
    }


def _plain(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".gz"))


def _timestamp(stem: str, path: Path) -> int:
    instant = read_date(stem)
    if instant is not None:
        return instant
    try:
        return int(datetime.strptime(stem, _COMPACT).replace(tzinfo=UTC).timestamp())
    except ValueError:
        reason = f"{path} is not named after a snapshot time such as 20240101T121039Z"
    raise UsageError(reason)


def _sport_json(key: str) -> JsonObject:
    return {
        "key": key,
        "group": "",
        "title": key,
        "description": "",
        "active": True,
        "has_outrights": False,
    }
