"""Reviewing what the rules found: release, void or keep, with a reason and a name.

Belongs here: what is asked of whoever decides, and what a decision does. Does not belong here:
SQL (``storage.quality_review``), finding issues (``services.validate``).

- *release*: it is right. An issue's flag is lifted and its quotes count as valid again, from now
  on; what strict mode had voided for it is lifted. A quarantined part is released once its
  document, read again, gives it (after a mended parser or a new name in a list), and what the
  document says then is appended; where no newer parser has to read it, `odds db rebuild` takes it
  in.
- *void*: it is wrong. Readers give no price for an issue's quotes; a part is dismissed.
- *keep*: it was looked at and stays as it is.

What used quotes that are void now, or void no longer, is listed and worked out anew.

Nothing is deleted: decisions, flags and voids have known times of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from odds_pipeline.errors import MalformedResponse, UsageError
from odds_pipeline.services import voids
from odds_pipeline.services.normalise import plain_of
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.reparse import choose, reparse_all
from odds_pipeline.sources.parse import parse_document
from odds_pipeline.storage import quality_review, raw
from odds_pipeline.storage.derived import User
from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.quality_review import Decision, Item

ISSUE, PART = "issue", "part"
WAITING = ("open", "quarantined")


class Action(StrEnum):
    """What can be decided about an item."""

    RELEASE = "release"
    VOID = "void"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """An item with what was decided about it."""

    item: Item
    decisions: Sequence[Decision]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision came to.

    Args:
        item: the item as it is then.
        users: derived rows that had used its quotes; those worked out of them are so anew.
        document: raw document of a released part.
        appended: rows that reading that document again appended; 0 where the newest parser has
            read it already.
    """

    item: Item
    users: Sequence[User] = ()
    document: int | None = None
    appended: int = 0


MOST_DIGITS = 18  # of what PostgreSQL counts with


def named(text: str) -> tuple[str, int]:
    """An item's kind and number as people write them: ``17`` is an issue, ``q17`` a part.

    Raises:
        UsageError: it is neither.
    """
    kind, digits = (PART, text[1:]) if text[:1] in ("q", "Q") else (ISSUE, text)
    if not digits.isdecimal() or len(digits) > MOST_DIGITS:
        raise UsageError(f"{text[:50]!r} is no item: 17 is an issue, q17 a quarantined part")
    return kind, int(digits)


def name_of(item: Item) -> str:
    """How an item is written."""
    return f"q{item.number}" if item.kind == PART else str(item.number)


def waiting(
    platform: Platform,
    day: date | None = None,
    rule: str | None = None,
    severity: str | None = None,
    everything: bool = False,
    limit: int | None = None,
) -> list[Item]:
    """What waits for review, the worst first; ``everything``: what was decided or is gone too."""
    with transaction(platform.engine) as conn:
        status = None if everything else WAITING
        return quality_review.items(conn, day, rule, severity, status, limit)


def shown(platform: Platform, text: str) -> Reviewed:
    """One item and its decisions.

    Raises:
        UsageError: the text names no item.
        NotFound: there is no such item.
    """
    kind, number = named(text)
    with transaction(platform.engine) as conn:
        return Reviewed(
            quality_review.item(conn, kind, number), quality_review.decisions(conn, kind, number)
        )


def decide(platform: Platform, text: str, action: Action, reason: str, by: str) -> Decided:
    """Decide about one item.

    Raises:
        UsageError: no reason, no item, nothing to void, or a part that still cannot be used.
        NotFound: there is no such item.
    """
    kind, number = named(text)
    with transaction(platform.engine) as conn:
        touched = _decide(conn, quality_review.item(conn, kind, number), action, reason, by)
    users = [user for void_id in touched.voids for user in voids.follow(platform, void_id).users]
    appended = sum(_reread(platform, document) for document in touched.documents)
    with transaction(platform.engine) as conn:
        item = quality_review.item(conn, kind, number)
    return Decided(item, users, next(iter(touched.documents), None), appended)


def decide_day(
    platform: Platform, day: date, action: Action, reason: str, by: str, rule: str | None = None
) -> list[Item]:
    """Decide alike about all that waits in quarantine of a UTC day: parts and quotes.

    Flags that strict mode did not act upon are left alone.

    Raises:
        UsageError: no reason, or a part that still cannot be used.
    """
    with transaction(platform.engine) as conn:
        found = quality_review.items(conn, day, rule, None, WAITING)
        chosen = [
            one for one in found if one.kind == PART or one.status == quality_review.QUARANTINED
        ]
        touched = [_decide(conn, one, action, reason, by) for one in chosen]
    for void_id in [number for one in touched for number in one.voids]:
        voids.follow(platform, void_id)
    for document in dict.fromkeys(number for one in touched for number in one.documents):
        _reread(platform, document)
    return chosen


class _Touched(NamedTuple):
    """Voids made or lifted, and documents of released parts."""

    voids: Sequence[int] = ()
    documents: Sequence[int] = ()


def _decide(conn: Connection, item: Item, action: Action, reason: str, by: str) -> _Touched:
    if not reason.strip():
        raise UsageError(f"a decision to {action} needs a reason: --reason")
    quality_review.decide(conn, item.kind, item.number, str(action), reason.strip(), by)
    if action is Action.KEEP:
        return _Touched()
    if item.kind == PART:
        return _close(conn, item, action)
    if action is Action.RELEASE:
        return _Touched(quality_review.release_issue(conn, item.number, reason.strip(), by))
    if item.status == quality_review.QUARANTINED:
        quality_review.confirm_issue(conn, item.number)
        return _Touched()
    made = quality_review.void_issue(conn, item.number, quality_review.VOIDED, by, reason.strip())
    if made is None:
        raise UsageError(f"issue {item.number} is about no quotes that could be voided")
    return _Touched([made])


def _close(conn: Connection, item: Item, action: Action) -> _Touched:
    if action is Action.VOID:
        quality_review.close_part(conn, item.number, "dismissed")
        return _Touched()
    raw_id, location, reason = quality_review.place_of(conn, item.number)
    if not _usable_now(conn, raw_id, location, reason):
        raise UsageError(
            f"part q{item.number} still cannot be used: {item.description}; void or keep it"
        )
    quality_review.close_part(conn, item.number, "released")
    return _Touched(documents=[raw_id])


def _reread(platform: Platform, document: int) -> int:
    """Append what a document says otherwise by a newer parser; how many rows that were."""
    done = reparse_all(platform, choose(raw_id=document))
    return done.snapshots + done.quotes + done.statements


def _usable_now(conn: Connection, raw_id: int, location: str, reason: str) -> bool:
    """Whether a part's document, read again, no longer rejects it."""
    try:
        document = parse_document(plain_of(raw.read(conn, raw_id)))
    except MalformedResponse:
        return False
    return (location, reason) not in {(r.where, r.reason) for r in document.rejections}
