import pytest

from odds_pipeline.catalog.fields import TABLES, describe
from odds_pipeline.orchestration.table_schema import of_pandera, table_schema
from odds_pipeline.quality.inputs import COLUMNS, Needs, input_schema
from odds_pipeline.quality.schemas import schema


@pytest.mark.parametrize("table", TABLES)
def test_every_field_becomes_a_column(table: str) -> None:
    columns = table_schema(table).columns
    for column, field in zip(columns, describe(table), strict=True):
        assert (column.name, column.type) == (field.name, field.type.value)
        assert (column.description or "").startswith(field.meaning)
        assert column.constraints.nullable is field.nullable


def test_limits_and_units_are_told() -> None:
    columns = {column.name: column for column in table_schema("quotes").columns}
    assert columns["price"].constraints.other == [">= 1", "< 1e+06"]
    assert columns["price"].description == (
        "Price offered; missing where voided. Unit: decimal odds."
    )
    status = {column.name: column for column in table_schema("events").columns}["status"]
    assert status.constraints.other == ["one of scheduled, live, final, cancelled, postponed"]


@pytest.mark.parametrize("table", TABLES)
def test_the_pandera_schema_of_a_table_says_the_same(table: str) -> None:
    assert of_pandera(schema(table)) == table_schema(table)


def test_a_pandera_schema_of_whatever_frame_becomes_a_table_schema() -> None:
    columns = {column.name: column for column in of_pandera(input_schema(Needs.QUOTES)).columns}
    assert list(columns) == list(COLUMNS[Needs.QUOTES])
    assert columns["decimal_price"].type == "float64"
    assert columns["decimal_price"].constraints.nullable
    assert not columns["in_play"].constraints.nullable
