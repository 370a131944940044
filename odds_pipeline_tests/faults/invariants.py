"""What must hold after any fault (reliability invariants), judged without the product's own code.

Belongs here: the checks. Does not belong here: faults. Bodies are read by a naive parse and prices
converted by the book, so that an error in the product's parser is not its own judge.

    I1 what was acknowledged is in raw, once      I4 credits booked = credits the provider charged
    I2 quotes = what the raw bodies say           I6 every slot is ok, healed or a gap
    I3 no quote without its snapshot and raw      and nothing waits: no pending, no spool file
"""

import json
from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import zstandard

from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import quality_log
from odds_pipeline.storage.engine import transaction

Quote = tuple[str, datetime, str, str, str, float | None]


def broken(platform: Platform, charged: float, acknowledged: Path) -> list[str]:
    """Every invariant that does not hold, in words; empty if all do.

    Args:
        platform: after its recovery and at least one more answer, whose header settles all.
        charged: credits by the provider's own count.
        acknowledged: the writer's file.
    """
    with transaction(platform.engine) as conn:
        found = [
            *_acknowledged(conn, acknowledged),
            *_quotes(conn),
            *_orphans(conn),
            *_credits(conn, charged),
            *_slots(conn),
        ]
    return found + _left_in_spool(platform)


def _acknowledged(conn: psycopg.Connection[Any], acknowledged: Path) -> Iterator[str]:
    lines = acknowledged.read_text().splitlines() if acknowledged.exists() else []
    for line in lines:
        moment, raw_id, _ = line.split()
        stored = conn.execute(
            """SELECT r.raw_id, r.status FROM raw_responses r JOIN slots s USING (call_id)
            WHERE s.slot_time = %s AND s.status = 'ok'""",
            (moment,),
        ).fetchall()
        if stored != [(int(raw_id), 200)]:
            yield f"I1: slot {moment} was told as raw {raw_id}, but {stored} is stored"
    double = conn.execute(
        """SELECT s.slot_time, count(*) FROM raw_responses r JOIN fetch_logs f USING (raw_id)
        JOIN slots s ON s.slot_id = f.slot_id WHERE r.status = 200
        GROUP BY s.slot_id HAVING count(*) > 1"""
    ).fetchall()
    yield from (f"I1: slot {moment} is stored {count} times" for moment, count in double)


def _quotes(conn: psycopg.Connection[Any]) -> Iterator[str]:
    stated: dict[Quote, float] = {}
    days: set[date] = set()
    for body, digest, captured in conn.execute(
        """SELECT b.body, r.sha256, c.capture_time FROM raw_responses r
        JOIN raw_bodies b USING (raw_id, known_time) LEFT JOIN captures c
            ON c.raw_id = r.raw_id AND c.kind = 'odds'
        WHERE r.status = 200 AND r.endpoint = 'odds'"""
    ):
        content = zstandard.ZstdDecompressor().decompress(body)
        if sha256(content).digest() != digest:
            yield "I1: a body differs from what was received"
        if captured is None:
            yield "I2: a stored answer has no capture"
            continue
        days.add(captured.date())
        stated.update(_naively(json.loads(content), captured))
    stored = {
        (event, moment, book, market, outcome, point): price
        for day in days
        for event, moment, book, market, outcome, _, point, price in quality_log.stored_quotes(
            conn, day
        )
    }
    if stated.keys() != stored.keys():
        lost, invented = stated.keys() - stored.keys(), stored.keys() - stated.keys()
        yield f"I2: {len(lost)} quotes lost, {len(invented)} that nobody stated"
    wrong = [key for key in stated.keys() & stored.keys() if abs(stated[key] - stored[key]) > 1e-9]
    if wrong:
        yield f"I2: {len(wrong)} quotes at another price, such as {wrong[0]}"


def _naively(events: list[dict[str, Any]], captured: datetime) -> Iterator[tuple[Quote, float]]:
    for event in events:
        for book in event["bookmakers"]:
            for market in book["markets"]:
                for outcome in market["outcomes"]:
                    american = outcome["price"]
                    decimal = 1 + (american / 100 if american > 0 else 100 / -american)
                    place = (event["id"], captured, book["key"], market["key"])
                    yield (*place, outcome["name"], outcome.get("point")), decimal


def _orphans(conn: psycopg.Connection[Any]) -> Iterator[str]:
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
            yield f"I3: {count} {what}"


def _credits(conn: psycopg.Connection[Any], charged: float) -> Iterator[str]:
    ((booked,),) = conn.execute(
        "SELECT coalesce(sum(credits), 0)::float8 FROM credit_ledger WHERE entry <> 'reserved'"
    ).fetchall()
    ((open_calls,),) = conn.execute(
        """SELECT count(*) FROM credit_ledger r WHERE entry = 'reserved' AND NOT EXISTS (
            SELECT FROM credit_ledger s
            WHERE s.call_id = r.call_id AND s.entry IN ('settled', 'unknown'))"""
    ).fetchall()
    if booked != charged:
        yield f"I4: {booked:g} credits are booked, the provider charged {charged:g}"
    if open_calls:
        yield f"I4: {open_calls} reservations were never closed"


def _slots(conn: psycopg.Connection[Any]) -> Iterator[str]:
    for status, count in conn.execute(
        """SELECT status, count(*) FROM slots WHERE status NOT IN ('ok', 'gap', 'healed')
        GROUP BY 1"""
    ):
        yield f"I6: {count} slots are {status}"
    ((pending,),) = conn.execute("SELECT count(*) FROM pending_raw").fetchall()
    if pending:
        yield f"I2: {pending} documents wait"


def _left_in_spool(platform: Platform) -> list[str]:
    names = [path.name for path in (platform.settings.home / "spool").iterdir()]
    return [f"the spool still holds {name}" for name in names if not name.endswith(".turn")]
