"""The Arrow road gives what the plain one gives."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import Engine

from odds_pipeline.storage.arrow import fetch_arrow, pandas_frame, polars_frame
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.frames import fetch_frame

pytest.importorskip("adbc_driver_postgresql")

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUERY = """
SELECT i AS number, i::smallint AS small, i::bigint AS large, 'b' || i AS book,
    CASE WHEN i > 2 THEN i / 4.0::float8 END AS price, %(at)s::timestamptz AS at, i > 1 AS late,
    NULL::text AS nothing, NULLIF(i, 1) AS gap
FROM generate_series(1, 4) i
"""


def test_both_roads_lead_to_the_same_frame(engine: Engine) -> None:
    values = {"at": NOON + timedelta(microseconds=1)}
    with transaction(engine) as conn:
        table = fetch_arrow(conn, QUERY, values)
        pd.testing.assert_frame_equal(pandas_frame(table), fetch_frame(conn, QUERY, values))


def test_polars_gets_the_same_rows(engine: Engine) -> None:
    pytest.importorskip("polars")
    with transaction(engine) as conn:
        frame = polars_frame(fetch_arrow(conn, QUERY, {"at": NOON}))
    assert frame["book"].to_list() == ["b1", "b2", "b3", "b4"]
    assert frame["price"].to_list() == [None, None, 0.75, 1.0]
    assert frame["at"].to_list() == [NOON] * 4


def test_values_are_quoted(engine: Engine) -> None:
    with transaction(engine) as conn:
        table = fetch_arrow(conn, "SELECT %s::text AS said", ["'; DROP TABLE quotes; --"])
    assert table.column("said").to_pylist() == ["'; DROP TABLE quotes; --"]
