"""Rows go into the fact tables as they are, to the last bit, however many there are."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from odds_pipeline.storage import fact_rows
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.timeline import PRICED, REMOVED_CODE, UNUSABLE_CODE, NewRow

NOON = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)
PRICES = (1.0, 1 + 100 / 110, math.nextafter(2.0, 3.0), math.nextafter(1e6, 0.0), 1.1)
POINTS = (None, -220.5, math.nextafter(0.0, 1.0), 1e6 - 0.1, 0.1 + 0.2)


def test_quotes_are_stored_to_the_last_bit(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fact_rows, "MOST_ROWS", 3)
    rows = [
        NewRow(NOON, NOON + timedelta(microseconds=n), price, point, 1, n, PRICED)
        for n, (price, point) in enumerate(zip(PRICES, POINTS, strict=True))
    ]
    rows += [
        NewRow(NOON, NOON, None, None, 2, state, state) for state in (REMOVED_CODE, UNUSABLE_CODE)
    ]
    with transaction(engine) as conn:
        conn.execute("SELECT ensure_month(%s, ARRAY['quotes'])", (NOON,))
        fact_rows.append_quotes(conn, rows)
        stored = conn.execute(
            """SELECT capture_time, known_time, price, point, event_no, selection_id, state
            FROM quotes ORDER BY event_no, selection_id"""
        ).fetchall()
    assert [NewRow(*row) for row in stored] == rows
