"""What must hold after any fault (reliability invariants), judged without the product's own code.

Belongs here: the checks. Does not belong here: faults. Bodies are read by a naive parse and prices
converted by the book, so that an error in the product's parser is not its own judge. A document
that quarantine or its mark gives a reason for is left out of I2; one that only the naive parse
cannot read is not. Nor is such a one the slot's answer: another may be bought from history.

    I1 what was acknowledged is in raw, once      I4 credits booked = credits the provider charged
    I2 quotes = what the raw bodies say           I6 every slot is ok, healed or a gap
    I3 no quote without its snapshot and raw      and nothing waits: no pending, no spool file

I5 (secrets) and I7 (runs of Dagster) are judged where there are any (``matrix.judge``).
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import zstandard

from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import quality_log
from odds_pipeline.storage.engine import transaction

Quote = tuple[str, datetime, str, str, str, float | None]


class Kind(StrEnum):
    """What a fault can do to us, as the columns of the matrix."""

    LOST = "acked lost"
    DUPLICATED = "duplicated"
    PARTIAL = "partial"
    WRONG = "wrong"
    CHARGED = "double charges"
    SECRET = "secrets"
    OPEN = "open slots"
    RUNNING = "non-terminal"


class Finding(NamedTuple):
    """One invariant that does not hold: which harm, and the words that begin with its number."""

    kind: Kind
    words: str


def broken(platform: Platform, charged: float, acknowledged: Path) -> list[str]:
    """Every invariant that does not hold, in words; empty if all do; see ``judge``."""
    return [finding.words for finding in judge(platform, charged, acknowledged)]


def judge(
    platform: Platform, charged: float, acknowledged: Path, planned_after: datetime | None = None
) -> list[Finding]:
    """Every invariant that does not hold; empty if all do.

    Args:
        platform: after its recovery and at least one more answer, whose header settles all.
        charged: credits by the provider's own count.
        acknowledged: the writer's file.
        planned_after: later slots may be merely planned; ``None`` allows no such slot.
    """
    with transaction(platform.engine) as conn:
        found = [
            *_acknowledged(conn, acknowledged),
            *_quotes(conn),
            *_orphans(conn),
            *_credits(conn, charged),
            *_slots(conn, planned_after),
        ]
    return found + _left_in_spool(platform)


def _acknowledged(conn: psycopg.Connection[Any], acknowledged: Path) -> Iterator[Finding]:
    lines = acknowledged.read_text().splitlines() if acknowledged.exists() else []
    stored = {
        (moment, raw_id)
        for moment, raw_id in conn.execute(
            """SELECT s.slot_time, r.raw_id FROM raw_responses r JOIN raw_bodies b USING (raw_id)
            JOIN fetch_logs f USING (raw_id) JOIN slots s ON s.slot_id = f.slot_id
            WHERE s.purpose = 'live' AND r.status = 200"""
        )
    }
    for line in lines:
        moment, raw_id, _ = line.split()
        if (datetime.fromisoformat(moment), int(raw_id)) not in stored:
            yield Finding(Kind.LOST, f"I1: slot {moment} was told as raw {raw_id}: not stored")
    for moment, count in conn.execute(
        """SELECT s.slot_time, count(*) FROM raw_responses r JOIN fetch_logs f USING (raw_id)
        JOIN slots s ON s.slot_id = f.slot_id WHERE r.status = 200
          AND NOT EXISTS (SELECT FROM normalisations n WHERE n.raw_id = r.raw_id AND n.error <> '')
          AND NOT EXISTS (SELECT FROM quarantine q WHERE q.raw_id = r.raw_id AND q.reason <> '')
        GROUP BY s.slot_id HAVING count(*) > 1"""
    ).fetchall():
        yield Finding(Kind.DUPLICATED, f"I1: slot {moment} is stored {count} times")


def _quotes(conn: psycopg.Connection[Any]) -> Iterator[Finding]:
    stated: dict[Quote, float] = {}
    bodies: dict[datetime, set[bytes]] = defaultdict(set)
    for raw_id, body, digest, captured, explained in conn.execute(
        """SELECT r.raw_id, b.body, r.sha256, c.capture_time,
            EXISTS (SELECT FROM quarantine q WHERE q.raw_id = r.raw_id AND q.reason <> '')
            OR EXISTS (SELECT FROM normalisations n WHERE n.raw_id = r.raw_id AND n.error <> '')
        FROM raw_responses r JOIN raw_bodies b USING (raw_id, known_time) LEFT JOIN captures c
            ON c.raw_id = r.raw_id AND c.kind = 'odds'
        WHERE r.status = 200 AND r.endpoint IN ('odds', 'historical_odds')"""
    ).fetchall():
        content = zstandard.ZstdDecompressor().decompress(body)
        if sha256(content).digest() != digest:
            yield Finding(Kind.WRONG, "I1: a body differs from what was received")
        elif explained:
            continue
        elif captured is None:
            yield Finding(Kind.PARTIAL, f"I2: raw {raw_id} has neither a capture nor a reason")
        else:
            bodies[captured].add(digest)
            try:
                stated.update(_naively(json.loads(content), captured))
            except (ValueError, LookupError, TypeError) as unread:
                words = f"I2: raw {raw_id} is no plain document ({unread!r}), and nothing says so"
                yield Finding(Kind.WRONG, words)
    # Of two documents of the very same moment, as a wrong clock makes them, neither is the state.
    moments = {moment for moment, digests in bodies.items() if len(digests) == 1}
    judged = {quote: price for quote, price in stated.items() if quote[1] in moments}
    yield from _compared(judged, _stored(conn, moments))


def _stored(conn: psycopg.Connection[Any], moments: set[datetime]) -> list[tuple[Quote, float]]:
    return [
        ((event, moment, book, market, outcome, point), price)
        for day in sorted({moment.date() for moment in moments})
        for event, moment, book, market, outcome, _, point, price in quality_log.stored_quotes(
            conn, day, [moment for moment in moments if moment.date() == day]
        )
    ]


def _compared(stated: dict[Quote, float], listed: list[tuple[Quote, float]]) -> Iterator[Finding]:
    stored = dict(listed)
    twice = len(listed) - len(stored)
    if twice:
        yield Finding(Kind.DUPLICATED, f"I2: {twice} quotes are stored twice")
    lost, invented = stated.keys() - stored.keys(), stored.keys() - stated.keys()
    if lost:
        yield Finding(Kind.PARTIAL, f"I2: {len(lost)} quotes lost, such as {min(lost, key=str)}")
    if invented:
        some = min(invented, key=str)
        yield Finding(Kind.WRONG, f"I2: {len(invented)} quotes that nobody stated, such as {some}")
    wrong = [key for key in stated.keys() & stored.keys() if abs(stated[key] - stored[key]) > 1e-9]
    if wrong:
        words = f"I2: {len(wrong)} quotes at another price, such as {min(wrong, key=str)}"
        yield Finding(Kind.WRONG, words)


def _naively(document: Any, captured: datetime) -> Iterator[tuple[Quote, float]]:
    events = document["data"] if isinstance(document, dict) else document
    for event in events:
        for book in event["bookmakers"]:
            for market in book["markets"]:
                for outcome in market["outcomes"]:
                    american = outcome["price"]
                    decimal = 1 + (american / 100 if american > 0 else 100 / -american)
                    place = (event["id"], captured, book["key"], market["key"])
                    yield (*place, outcome["name"], outcome.get("point")), decimal


def _orphans(conn: psycopg.Connection[Any]) -> Iterator[Finding]:
    for what, query in {
        "quotes without a snapshot": """SELECT count(*) FROM quotes q WHERE NOT EXISTS (
            SELECT FROM snapshots s WHERE s.event_no = q.event_no
              AND s.capture_time = q.capture_time)""",
        "snapshots without raw": """SELECT count(*) FROM snapshots s WHERE NOT EXISTS (
            SELECT FROM captures c JOIN raw_bodies b USING (raw_id)
            WHERE c.capture_id = s.capture_id)""",
    }.items():
        ((count,),) = conn.execute(query).fetchall()
        if count:
            yield Finding(Kind.PARTIAL, f"I3: {count} {what}")
    ((twice,),) = conn.execute(
        "SELECT count(*) - count(DISTINCT (event_no, capture_id, scope_id)) FROM snapshots"
    ).fetchall()
    if twice:
        yield Finding(Kind.DUPLICATED, f"I3: {twice} snapshots are stored twice")


def _credits(conn: psycopg.Connection[Any], charged: float) -> Iterator[Finding]:
    ((booked,),) = conn.execute(
        "SELECT coalesce(sum(credits), 0)::float8 FROM credit_ledger WHERE entry <> 'reserved'"
    ).fetchall()
    ((open_calls,),) = conn.execute(
        """SELECT count(*) FROM credit_ledger r WHERE entry = 'reserved' AND NOT EXISTS (
            SELECT FROM credit_ledger s
            WHERE s.call_id = r.call_id AND s.entry IN ('settled', 'unknown'))"""
    ).fetchall()
    if booked != charged:
        words = f"I4: {booked:g} credits are booked, the provider charged {charged:g}"
        yield Finding(Kind.CHARGED, words)
    if open_calls:
        yield Finding(Kind.CHARGED, f"I4: {open_calls} reservations were never closed")


def _slots(conn: psycopg.Connection[Any], planned_after: datetime | None) -> Iterator[Finding]:
    for status, count in conn.execute(
        """SELECT status, count(*) FROM slots
        WHERE (status NOT IN ('ok', 'gap', 'healed')
               OR status = 'gap' AND coalesce(reason, '') = '')
          AND NOT (status = 'planned' AND slot_time > coalesce(%s, 'infinity'::timestamptz))
        GROUP BY 1""",
        (planned_after,),
    ).fetchall():
        told = "a gap without a reason" if status == "gap" else status
        yield Finding(Kind.OPEN, f"I6: {count} slots are {told}")
    ((pending,),) = conn.execute("SELECT count(*) FROM pending_raw").fetchall()
    if pending:
        yield Finding(Kind.PARTIAL, f"I2: {pending} documents wait")


def _left_in_spool(platform: Platform) -> list[Finding]:
    names = [path.name for path in (platform.settings.home / "spool").iterdir()]
    return [
        Finding(Kind.PARTIAL, f"the spool still holds {name}")
        for name in names
        if not name.endswith(".turn")
    ]
