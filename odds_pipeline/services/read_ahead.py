"""Reads an answer while the server stores and commits it, for the normaliser that comes next.

Belongs here: the one answer that this process stored last, read. Does not belong here: reading
(``sources.parse``), what becomes of it (``normalise``).

Reading is pure, so it may be done before the commit is known: the normaliser takes what was read
only for a stored document that is this one in every column.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from odds_pipeline.catalog.observations import Document, RawDocument
from odds_pipeline.sources.parse import parse_document
from odds_pipeline.storage import raw
from odds_pipeline.storage.json_text import plain_text
from odds_pipeline.storage.raw import Stated


class Reading(NamedTuple):
    """A document with plain bytes, what it says, and the text that PostgreSQL can surely read.

    ``sha256`` is that of the bytes; ``text`` is ``None`` where PostgreSQL would have to be asked.
    """

    plain: RawDocument
    sha256: bytes
    document: Document
    text: str | None


class ReadAhead:
    """Holds the newest document that was read ahead, until it is taken."""

    def __init__(self) -> None:
        self._kept: Reading | None = None
        self._seen: tuple[bytes, str | None] | None = None

    def glance(self, body: bytes) -> None:
        """Find what ``read`` needs of a body and does not depend on when it was stored."""
        self._seen = None
        with suppress(Exception):
            self._seen = body, plain_text(body)

    def read(self, plain: RawDocument, sha256: bytes) -> None:
        """Read a document; whatever goes wrong, the normaliser meets it again and reports it.

        Args:
            plain: the document as it is stored, its bytes those of the last ``glance``.
            sha256: of its bytes.
        """
        self._kept = None
        seen, self._seen = self._seen, None
        if seen is None or seen[0] is not plain.body:
            return
        with uncollected(), suppress(Exception):
            self._kept = Reading(plain, sha256, parse_document(plain), seen[1])

    def take(self, stated: Stated) -> Reading | None:
        """What was read of this stored document, if it was; it is given once."""
        kept = self._kept
        if kept is None or not _is(kept, stated):
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


def _is(kept: Reading, stated: Stated) -> bool:
    same = raw.document(stated, kept.plain.body) == kept.plain
    return same and kept.sha256 == stated.sha256
