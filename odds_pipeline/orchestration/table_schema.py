"""Field registry -> Dagster ``TableSchema``, for metadata and the UI.

Belongs here: the converter. Does not belong here: the fields (``catalog.fields``).
"""

from dagster import TableColumn, TableColumnConstraints, TableSchema

from odds_pipeline.catalog.fields import Field, describe


def table_schema(table: str) -> TableSchema:
    """The columns of a table, view or reader frame as Dagster shows them.

    Raises:
        NotFound: no table of that name is described.
    """
    return TableSchema(columns=[_column(field) for field in describe(table)])


def _column(field: Field) -> TableColumn:
    unit = f" Unit: {field.unit}." if field.unit else ""
    return TableColumn(
        field.name,
        type=field.type.value,
        description=field.meaning + unit,
        constraints=TableColumnConstraints(nullable=field.nullable, other=_limits(field)),
    )


def _limits(field: Field) -> list[str]:
    limits = []
    if field.minimum is not None:
        limits.append(f">= {field.minimum:g}")
    if field.below is not None:
        limits.append(f"< {field.below:g}")
    if field.enum:
        limits.append("one of " + ", ".join(field.enum))
    return limits
