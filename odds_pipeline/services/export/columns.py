"""The columns of an export and its data dictionary, from the catalog.

Belongs here: which columns, and what is told of them. Does not belong here: how they are written.
"""

from odds_pipeline.catalog.fields import FIELDS, MEANINGS, Field, FieldType, describe

# Columns that only the export has, by what is exported.
_MORE = {
    "fetch_logs": (FIELDS["key_fingerprint"],),
    "edge_sights": (FIELDS["opportunity_id"], FIELDS["event_id"]),
    "raw_responses": (
        Field("file", FieldType.TEXT, "Path of the exact bytes, relative to this list."),
    ),
}
# How the values stand in a file, by type.
_WRITTEN = {
    FieldType.TEXT: "UTF-8; in CSV a ' stands before a leading = + - @ tab or return",
    FieldType.INTEGER: "whole number",
    FieldType.NUMBER: "decimal number",
    FieldType.BOOLEAN: "true or false",
    FieldType.DATE: "YYYY-MM-DD, a UTC day",
    FieldType.TIMESTAMP: "UTC; in CSV YYYY-MM-DDTHH:MM:SS[.ffffff]Z",
    FieldType.JSON: "JSON text",
}


def columns_of(what: str) -> list[Field]:
    """The columns of an export, in order."""
    return [*describe(what), *_MORE.get(what, ())]


def dictionary(what: str, rows: int, asked: dict[str, str]) -> dict[str, object]:
    """What the file beside the data says: what it is, what was asked, each column."""
    return {
        "what": what,
        "meaning": MEANINGS[what],
        "rows": rows,
        "asked": asked,
        "columns": [
            {
                "name": field.name,
                "type": str(field.type),
                "unit": field.unit,
                "nullable": field.nullable,
                "values": list(field.enum) or None,
                "meaning": field.meaning,
                "written": _WRITTEN[field.type],
            }
            for field in columns_of(what)
        ],
    }
