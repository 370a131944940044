"""Reads an answer while the server commits it, for the normaliser that comes next.

Belongs here: the one answer that this process stored last, read. Does not belong here: reading
(``sources.parse``), what becomes of it (``normalise``).

Reading is pure, so it may be done before the commit is known: the normaliser takes what was read
only for a stored document that is this one in every column.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import NamedTuple

from odds_pipeline.catalog.observations import Document, RawDocument
from odds_pipeline.sources.parse import parse_document
from odds_pipeline.storage import raw
from odds_pipeline.storage.json_text import plain_text
from odds_pipeline.storage.raw import Stated


class Reading(NamedTuple):
    """A document with plain bytes, what it says, and the text that PostgreSQL can surely read.

    ``text`` is ``None`` where PostgreSQL would have to be asked.
    """

    plain: RawDocument
    document: Document
    text: str | None


class ReadAhead:
    """Holds the newest document that was read ahead, until it is taken."""

    def __init__(self) -> None:
        self._kept: Reading | None = None

    def read(self, plain: RawDocument) -> None:
        """Read a document; whatever goes wrong, the normaliser meets it again and reports it."""
        self._kept = None
        with uncollected(), suppress(Exception):
            self._kept = Reading(plain, parse_document(plain), plain_text(plain.body))

    def take(self, stated: Stated) -> Reading | None:
        """What was read of this stored document, if it was; it is given once."""
        kept = self._kept
        if kept is None or not _is(kept.plain, stated):
            return None
        self._kept = None
        return kept


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the cyclic collector out: many small objects, and no cycles among them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _is(plain: RawDocument, stated: Stated) -> bool:
    return (
        raw.document(stated, plain.body) == plain and sha256(plain.body).digest() == stated.sha256
    )
