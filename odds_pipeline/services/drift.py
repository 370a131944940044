"""Reports once what the provider says that no parser knows.

Belongs here: which documents are looked at, and the log. Does not belong here: the look itself
(``sources.the_odds_api.drift``).

Of each batch the newest document of a kind is looked at: a format changes for all that follow.
"""

from collections.abc import Iterable

from odds_pipeline.catalog.observations import RawDocument
from odds_pipeline.sources.the_odds_api.drift import drift_of
from odds_pipeline.storage import quality_log
from odds_pipeline.storage.engine import Connection

RULE = "new_field"


def report(conn: Connection, documents: Iterable[RawDocument]) -> int:
    """Log what is new in the newest document of each kind; returns how many lines are new."""
    newest = {document.endpoint: document for document in documents}
    return sum(
        quality_log.note_once(
            conn, document.received_at.date(), RULE, f"{document.endpoint}: {what}"
        )
        for document in newest.values()
        for what in drift_of(document)
    )
