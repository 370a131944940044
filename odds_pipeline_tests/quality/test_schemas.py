from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pandas as pd
import pytest
from pandera.errors import SchemaError, SchemaErrors

from odds_pipeline.catalog.fields import TABLES, Field, FieldType, describe
from odds_pipeline.quality.schemas import schema

NOON = pd.Timestamp(datetime(2026, 3, 3, 12, tzinfo=UTC)).as_unit("us")
EXAMPLES: dict[FieldType, object] = {
    FieldType.TEXT: "x",
    FieldType.INTEGER: 3,
    FieldType.NUMBER: 0.5,
    FieldType.BOOLEAN: True,
    FieldType.DATE: date(2026, 3, 3),
    FieldType.TIMESTAMP: NOON,
    FieldType.JSON: {"a": 1},
}


def example(field: Field) -> object:
    if field.enum:
        return field.enum[0]
    return 1.9 if field.minimum == 1 else EXAMPLES[field.type]


def frame(table: str) -> pd.DataFrame:
    """Two rows; in the second every nullable field is missing, as SQL would give it."""
    fields = describe(table)
    full = {field.name: example(field) for field in fields}
    sparse = {field.name: None if field.nullable else full[field.name] for field in fields}
    return pd.DataFrame([full, sparse])


@pytest.mark.parametrize("table", TABLES)
def test_a_good_frame_passes_and_comes_back_typed(table: str) -> None:
    checked = schema(table).validate(frame(table))
    for field in describe(table):
        if field.type is FieldType.TIMESTAMP:
            assert str(checked[field.name].dtype) == "datetime64[us, UTC]"
        if field.type is FieldType.INTEGER:
            assert str(checked[field.name].dtype) == "Int64"


@pytest.mark.parametrize("table", TABLES)
def test_a_frame_of_only_nulls_where_allowed_passes(table: str) -> None:
    sparse = frame(table).tail(1).to_dict("records")
    schema(table).validate(pd.DataFrame(sparse))


def test_numbers_as_sql_gives_them_are_taken() -> None:
    calls = frame("fetch_logs")
    calls["credits"] = pd.Series([Decimal("3.00"), None], dtype="object")
    assert list(schema("fetch_logs").validate(calls)["credits"].dropna()) == [3.0]


BREAK: list[tuple[str, Callable[[pd.DataFrame], pd.DataFrame]]] = [
    ("quotes", lambda f: f.assign(price=0.5)),
    ("quotes", lambda f: f.assign(price=1e6)),
    ("quotes", lambda f: f.assign(price=float("inf"))),
    ("best_odds", lambda f: f.assign(price=None)),
    ("quotes", lambda f: f.assign(event_id=None)),
    ("quotes", lambda f: f.assign(event_id=7)),
    ("quotes", lambda f: f.assign(capture_time=f["capture_time"].dt.tz_localize(None))),
    ("quotes", lambda f: f.assign(age_seconds=-1.0)),
    ("quotes", lambda f: f.drop(columns="known_time")),
    ("quotes", lambda f: f.assign(surprise=1)),
    ("events", lambda f: f.assign(status="unknown")),
    ("events", lambda f: f.assign(home_score=-1)),
    ("odds_snapshots", lambda f: f.assign(in_play="yes")),
    ("data_quality_logs", lambda f: f.assign(severity="bad")),
]


@pytest.mark.parametrize(("table", "spoil"), BREAK)
def test_a_bad_frame_is_refused(table: str, spoil: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    with pytest.raises((SchemaError, SchemaErrors)):
        schema(table).validate(spoil(frame(table)))
