"""Reads which markets bookmakers were seen in for one event.

Belongs here: JSON -> ``MarketsSeen``. Does not belong here: prices (``odds``), decoding
(``wire``). Every entry is read the tolerant way: the answer is short.
"""

from collections.abc import Iterator
from datetime import datetime

from odds_pipeline.catalog.observations import Document, MarketSeen, MarketsSeen, RawDocument
from odds_pipeline.sources.assembly import Reading
from odds_pipeline.sources.fields import FieldError
from odds_pipeline.sources.scope import listing_capture
from odds_pipeline.sources.the_odds_api.listings import fields_of
from odds_pipeline.sources.the_odds_api.wire import loads, require_object


def parse_event_markets(raw: RawDocument) -> Document:
    """Read an `/events/{id}/markets` answer.

    Raises:
        MalformedResponse: the body is not a JSON object with bookmakers.
    """
    answer = require_object(loads(raw.body), "event markets", "bookmakers")
    return _Seen(raw).document(answer)


class _Seen(Reading):
    """The reading of one event's markets."""

    def __init__(self, raw: RawDocument) -> None:
        super().__init__(raw)
        self._raw = raw
        self._markets: dict[tuple[str, str], datetime | None] = {}
        self._complete = True

    def document(self, answer: dict[str, object]) -> Document:
        """Everything usable and everything rejected in this answer."""
        try:
            event = self.stated(
                answer.get("id"),
                answer.get("sport_key"),
                answer.get("commence_time"),
                (answer.get("home_team"), answer.get("away_team")),
                answer.get("sport_title"),
            )
        except (FieldError, TypeError) as unreadable:
            self.reject("$", unreadable, answer)
            return Document(rejections=tuple(self.rejections))
        for where, key, bookmaker in self._entries("$", "bookmakers", answer):
            self.title(key, bookmaker.get("title"))
            for place, market, entry in self._entries(where, "markets", bookmaker):
                self._see((key, market), self._last_update(place, entry.get("last_update")))
        seen = MarketsSeen(
            *listing_capture(self._raw),
            event,
            tuple([MarketSeen(*keys, updated) for keys, updated in self._markets.items()]),
            self._complete,
        )
        return Document(
            markets_seen=(seen,),
            bookmaker_titles=self.titles,
            rejections=tuple(self.rejections),
        )

    def _entries(
        self, where: str, part: str, holder: dict[str, object]
    ) -> Iterator[tuple[str, str, dict[str, object]]]:
        """The entries of a list that can be identified: place, key and fields of each."""
        entries = holder.get(part)
        if not isinstance(entries, list):
            self._complete = False
            self.reject(f"{where}.{part}", f"{part} are not a list", entries)
            return
        for index, entry in enumerate(entries):
            place = f"{where}.{part}[{index}]"
            try:
                fields = fields_of(entry)
                key = self.keys[fields.get("key")]
            except (FieldError, TypeError) as unreadable:
                self._complete = False
                self.reject(place, unreadable, entry)
                continue
            yield place, key, fields

    def _last_update(self, place: str, stated: object) -> datetime | None:
        try:
            return self.optional_times[stated]
        except (FieldError, TypeError) as unreadable:
            self.reject(f"{place}.last_update", unreadable, stated)
            return None

    def _see(self, keys: tuple[str, str], updated: datetime | None) -> None:
        known = self._markets.get(keys)
        newer = known is None or (updated is not None and updated > known)
        self._markets[keys] = updated if newer else known
