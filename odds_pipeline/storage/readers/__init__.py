"""Point-in-time readers: what was offered at a moment, as far as it was known by another.

Belongs here: every as-of query, one module a question. Does not belong here: writing, mathematics.

Each reader takes ``at`` (market time; default now) and ``known_by`` (default: all that is known
now) and uses only facts with capture time <= ``at`` and known time <= ``known_by``; nothing after
``at`` is ever looked at. For a fixed pair the answer never changes: so an event that nothing was
told of by then has no rows, whether or not it is stored by now. Frames carry decimal and
American odds, UTC times and ages in seconds; the columns are those of ``catalog.fields``.
"""

from odds_pipeline.storage.readers.as_of import Offer, odds_at, offers_at
from odds_pipeline.storage.readers.closing import closing_lines
from odds_pipeline.storage.readers.decisions import decision_frame
from odds_pipeline.storage.readers.each_moment import odds_at_each
from odds_pipeline.storage.readers.event_ids import require_event
from odds_pipeline.storage.readers.events import events_between
from odds_pipeline.storage.readers.history import event_history
from odds_pipeline.storage.readers.latest import BestPrice, best_prices_now
from odds_pipeline.storage.readers.movement import line_movement
from odds_pipeline.storage.readers.opening import opening_lines
from odds_pipeline.storage.readers.prices import best_odds, compare_bookmakers
from odds_pipeline.storage.readers.results import begun_events
from odds_pipeline.storage.readers.scheduled import scheduled_starts

__all__ = [
    "BestPrice",
    "Offer",
    "begun_events",
    "best_odds",
    "best_prices_now",
    "closing_lines",
    "compare_bookmakers",
    "decision_frame",
    "event_history",
    "events_between",
    "line_movement",
    "odds_at",
    "odds_at_each",
    "offers_at",
    "opening_lines",
    "require_event",
    "scheduled_starts",
]
