"""Pandera schemas of tables and reader frames, made from the field registry.

Belongs here: what a field's type is in pandas and how its range becomes a check. Does not belong
here: the fields themselves (``catalog.fields``), judging what a market says (``rules``).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from odds_pipeline.catalog.fields import Field, FieldType, describe

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import Check, Column, DataFrameSchema

_DTYPES = {
    FieldType.TEXT: "str",
    FieldType.INTEGER: "Int64",
    FieldType.NUMBER: "float64",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "object",
    FieldType.TIMESTAMP: "datetime64[us, UTC]",
    FieldType.JSON: "object",
}
_CONVERTED = (FieldType.INTEGER, FieldType.NUMBER, FieldType.BOOLEAN)


@cache
def schema(table: str) -> DataFrameSchema:
    """The schema of a table, view or reader frame: its columns, types, nulls, ranges and enums.

    Numbers, booleans and nullable columns are converted to their type first: read from SQL, an
    integer column with nulls arrives as float, a numeric one as Decimal, an all-null one as object.

    Raises:
        NotFound: no table of that name is described.
    """
    import pandera.pandas as pa

    columns = {field.name: _column(field) for field in describe(table)}
    return pa.DataFrameSchema(columns, name=table, strict=True)


def misfits(table: str, frame: pd.DataFrame) -> int:
    """How many values of a frame its table's schema does not allow; a wrong column counts once.

    Raises:
        NotFound: no table of that name is described.
    """
    from pandera.errors import SchemaErrors

    try:
        schema(table).validate(frame, lazy=True)
    except SchemaErrors as found:
        return len(found.failure_cases)
    return 0


def _column(field: Field) -> Column:
    import pandera.pandas as pa

    return pa.Column(
        _DTYPES[field.type],
        checks=_checks(field),
        nullable=field.nullable,
        coerce=field.nullable or field.type in _CONVERTED,
        description=field.meaning,
        metadata={"type": field.type.value, "unit": field.unit},
    )


def _checks(field: Field) -> list[Check]:
    import pandera.pandas as pa

    checks = []
    if field.minimum is not None:
        checks.append(pa.Check.ge(field.minimum))
    if field.below is not None:
        checks.append(pa.Check.lt(field.below))
    if field.enum:
        checks.append(pa.Check.isin(field.enum))
    return checks
