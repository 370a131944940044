"""The hash of values: the same for the same values, another for any other."""

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odds_pipeline.storage.values_hash import values_hash

SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("number", pa.float64()),
        ("count", pa.int64()),
        ("flag", pa.bool_()),
        ("time", pa.timestamp("us", tz="UTC")),
    ]
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.none() | st.text("aéb😀\0", max_size=3),
            "number": st.none() | st.floats(allow_nan=False),
            "count": st.none() | st.integers(-(2**62), 2**62),
            "flag": st.none() | st.booleans(),
            "time": st.none() | st.datetimes(timezones=st.just(UTC)),
        }
    ),
    max_size=5,
)


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMA)


@settings(deadline=None)
@given(ROWS, ROWS)
def test_two_tables_hash_alike_exactly_where_they_are_equal(
    one: list[dict[str, Any]], other: list[dict[str, Any]]
) -> None:
    same = table(one).equals(table(other))
    assert (values_hash(table(one)) == values_hash(table(other))) == same


@settings(deadline=None)
@given(ROWS, st.integers(0, 5))
def test_chunks_and_slices_do_not_count(rows: list[dict[str, Any]], cut: int) -> None:
    whole = table(rows)
    parts = pa.concat_tables([table(rows[:cut]), table(rows[cut:])])
    longer = table([*rows[:1], *rows, *rows[:1]]).slice(min(1, len(rows)), len(rows))
    assert values_hash(parts) == values_hash(longer) == values_hash(whole)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"text": "ab"}, {"text": "a"}),
        ({"text": ""}, {"text": None}),
        ({"count": 0}, {"count": None}),
        ({"flag": False}, {"flag": None}),
        ({"number": 1.0}, {"number": 1.0 + 2**-52}),
        ({"time": datetime(2026, 1, 1, tzinfo=UTC)}, {"time": None}),
    ],
)
def test_the_least_difference_counts(one: dict[str, Any], other: dict[str, Any]) -> None:
    empty = dict.fromkeys(SCHEMA.names)
    assert values_hash(table([empty | one])) != values_hash(table([empty | other]))


def test_no_number_is_missing_and_no_zero_is_negative() -> None:
    nan = pa.table({"number": [float("nan"), -0.0]})
    assert values_hash(nan) == values_hash(pa.table({"number": pa.array([None, 0.0])}))
    named = pa.table({"a": ["bc"], "b": [""]})
    assert values_hash(named) != values_hash(pa.table({"a": ["b"], "b": ["c"]}))
