"""Reports once what the provider says that no parser knows.

Belongs here: which documents are looked at, and the log. Does not belong here: the look itself
(``sources.the_odds_api.drift``).

Of each batch the newest document of a kind is looked at, and none within an hour of the last one
this process looked at: a format changes for all that follow, and a look takes longer than reading.
"""

from collections.abc import Iterable
from datetime import timedelta

from odds_pipeline.catalog.observations import RawDocument
from odds_pipeline.sources.the_odds_api.drift import drift_of
from odds_pipeline.storage import quality_log
from odds_pipeline.storage.engine import Connection
from odds_pipeline.storage.memory import Memory

RULE = "new_field"
LOOK_EVERY = timedelta(hours=1)


def report(conn: Connection, memory: Memory, documents: Iterable[RawDocument]) -> int:
    """Log what is new in the newest document of each kind; returns how many lines are new."""
    newest = {document.endpoint: document for document in documents}
    due = [document for document in newest.values() if _is_due(memory, document)]
    memory.looked_at |= {document.endpoint: document.received_at for document in due}
    return sum(
        quality_log.note_once(
            conn, document.received_at.date(), RULE, f"{document.endpoint}: {what}"
        )
        for document in due
        for what in drift_of(document)
    )


def _is_due(memory: Memory, document: RawDocument) -> bool:
    last = memory.looked_at.get(document.endpoint)
    return last is None or abs(document.received_at - last) >= LOOK_EVERY
