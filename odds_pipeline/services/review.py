"""Reviewing what the rules found: release, void or keep, with a reason and a name.

Belongs here: what is asked of whoever decides, and what a decision does. Does not belong here:
SQL (``storage.review``), finding issues (``services.validate``).

- *release*: it is right. An issue's flag is lifted and its quotes count as valid again, from now
  on; what strict mode had voided for it is lifted. A quarantined part is released once its
  document, read again, gives it (after a mended parser or a new name in a list); `odds db
  rebuild` then takes it in.
- *void*: it is wrong. Readers give no price for an issue's quotes; a part is dismissed.
- *keep*: it was looked at and stays as it is.

Nothing is deleted: decisions, flags and voids have known times of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from odds_pipeline.errors import MalformedResponse, UsageError
from odds_pipeline.services.normalise import plain_of
from odds_pipeline.services.platform import Platform
from odds_pipeline.sources.parse import parse_document
from odds_pipeline.storage import raw, review
from odds_pipeline.storage.engine import Connection, transaction
from odds_pipeline.storage.review import Decision, Item

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


def named(text: str) -> tuple[str, int]:
    """An item's kind and number as people write them: ``17`` is an issue, ``q17`` a part.

    Raises:
        UsageError: it is neither.
    """
    kind, digits = (PART, text[1:]) if text[:1] in ("q", "Q") else (ISSUE, text)
    if not digits.isdecimal():
        raise UsageError(f"{text!r} is no item: 17 is an issue, q17 a quarantined part")
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
        return review.items(conn, day, rule, severity, status, limit)


def shown(platform: Platform, text: str) -> Reviewed:
    """One item and its decisions.

    Raises:
        UsageError: the text names no item.
        NotFound: there is no such item.
    """
    kind, number = named(text)
    with transaction(platform.engine) as conn:
        return Reviewed(review.item(conn, kind, number), review.decisions(conn, kind, number))


def decide(platform: Platform, text: str, action: Action, reason: str, by: str) -> Item:
    """Decide about one item; the item as it is then.

    Raises:
        UsageError: no reason, no item, nothing to void, or a part that still cannot be used.
        NotFound: there is no such item.
    """
    kind, number = named(text)
    with transaction(platform.engine) as conn:
        _decide(conn, review.item(conn, kind, number), action, reason, by)
        return review.item(conn, kind, number)


def decide_day(
    platform: Platform, day: date, action: Action, reason: str, by: str, rule: str | None = None
) -> list[Item]:
    """Decide alike about all that waits in quarantine of a UTC day: parts and quotes.

    Flags that strict mode did not act upon are left alone.

    Raises:
        UsageError: no reason, or a part that still cannot be used.
    """
    with transaction(platform.engine) as conn:
        found = review.items(conn, day, rule, None, WAITING)
        chosen = [one for one in found if one.kind == PART or one.status == review.QUARANTINED]
        for one in chosen:
            _decide(conn, one, action, reason, by)
    return chosen


def _decide(conn: Connection, item: Item, action: Action, reason: str, by: str) -> None:
    if not reason.strip():
        raise UsageError(f"a decision to {action} needs a reason: --reason")
    review.decide(conn, item.kind, item.number, str(action), reason.strip(), by)
    if action is Action.KEEP:
        return
    if item.kind == PART:
        _close(conn, item, action)
    elif action is Action.RELEASE:
        review.release_issue(conn, item.number, reason.strip(), by)
    elif item.status == review.QUARANTINED:
        review.confirm_issue(conn, item.number)
    elif review.void_issue(conn, item.number, review.VOIDED, by, reason.strip()) is None:
        raise UsageError(f"issue {item.number} is about no quotes that could be voided")


def _close(conn: Connection, item: Item, action: Action) -> None:
    if action is Action.RELEASE and not _usable_now(conn, item.number):
        raise UsageError(
            f"part q{item.number} still cannot be used: {item.description}; void or keep it"
        )
    review.close_part(conn, item.number, "released" if action is Action.RELEASE else "dismissed")


def _usable_now(conn: Connection, number: int) -> bool:
    """Whether the part's document, read again, no longer rejects it."""
    raw_id, location, reason = review.place_of(conn, number)
    try:
        document = parse_document(plain_of(raw.read(conn, raw_id)))
    except MalformedResponse:
        return False
    return (location, reason) not in {(r.where, r.reason) for r in document.rejections}
