"""Field registry and pandera schemas -> Dagster ``TableSchema``, for metadata and the UI.

Belongs here: the converters. Does not belong here: the fields (``catalog.fields``), the schemas
(``quality.schemas``). A definition is described by the fields, so that loading definitions loads no
pandera; a materialisation by the schema that its rows are held against. Both say the same.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dagster import TableColumn, TableColumnConstraints, TableSchema

from odds_pipeline.catalog.fields import Field, describe

if TYPE_CHECKING:
    from pandera.pandas import Column, DataFrameSchema

_LIMITS: Mapping[str, Callable[[Mapping[str, Any]], str]] = MappingProxyType(
    {
        "greater_than_or_equal_to": lambda told: f">= {told['min_value']:g}",
        "less_than": lambda told: f"< {told['max_value']:g}",
        "isin": lambda told: "one of " + ", ".join(told["allowed_values"]),
    }
)


def table_schema(table: str) -> TableSchema:
    """The columns of a table, view or reader frame as Dagster shows them.

    Raises:
        NotFound: no table of that name is described.
    """
    return TableSchema(columns=[_of_field(field) for field in describe(table)])


def of_pandera(schema: "DataFrameSchema") -> TableSchema:
    """The columns of a pandera schema as Dagster shows them: types, nulls, checks, meanings.

    Args:
        schema: a column's type and unit are those of its metadata where it has them.
    """
    columns = schema.columns.items()
    return TableSchema(columns=[_of_column(str(name), column) for name, column in columns])


def _of_field(field: Field) -> TableColumn:
    return TableColumn(
        field.name,
        type=field.type.value,
        description=_described(field.meaning, field.unit),
        constraints=TableColumnConstraints(nullable=field.nullable, other=_limits(field)),
    )


def _of_column(name: str, column: "Column") -> TableColumn:
    told = column.metadata or {}
    limits = [_LIMITS[check.name](check.statistics) for check in column.checks if check.name]
    return TableColumn(
        name,
        type=told.get("type", str(column.dtype)),
        description=_described(column.description or "", told.get("unit")),
        constraints=TableColumnConstraints(
            nullable=column.nullable, unique=column.unique, other=limits
        ),
    )


def _described(meaning: str, unit: str | None) -> str:
    return meaning + (f" Unit: {unit}." if unit else "")


def _limits(field: Field) -> list[str]:
    limits = []
    if field.minimum is not None:
        limits.append(f">= {field.minimum:g}")
    if field.below is not None:
        limits.append(f"< {field.below:g}")
    if field.enum:
        limits.append("one of " + ", ".join(field.enum))
    return limits
