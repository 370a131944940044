"""The generated page docs/schema.md: every table, column, key and index, and how they refer.

Belongs here: turning the tables' metadata into Markdown and Mermaid. Does not belong here: the
tables (``storage.tables``), what columns people read mean (``docs_data``).
"""

from collections.abc import Iterator

from sqlalchemy import CheckConstraint, Column, Index, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from odds_pipeline.cli.docs_markdown import page, table
from odds_pipeline.storage.tables import metadata

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def schema_page() -> str:
    """Every table there is."""
    subjects: dict[str, list[Table]] = {}
    for one in metadata.sorted_tables:
        subjects.setdefault(_subject(one), []).append(one)
    parts = [
        "# Tables",
        "What the migrations make, from the same descriptions they are compared with (`odds db "
        "status`). People read the views `events`, `odds_snapshots` and `odds` ([sql.md](sql.md), "
        "[fields.md](fields.md)); [database.md](database.md) says how to live with all of it.",
        "Times are `timestamptz` in UTC, prices decimal odds. Tables marked RANGE have a partition "
        "a month, named `<table>_YYYY_MM`.",
        "## How they refer to each other",
        _diagram(),
    ]
    for subject, tables in subjects.items():
        parts.append(f"## {subject}")
        for one in tables:
            parts += _table(one)
    return page(parts)


def _subject(one: Table) -> str:
    """The file it is described in, by which the page is ordered."""
    from odds_pipeline.storage import tables

    for name in tables.__all__:
        module = getattr(tables, name)
        if getattr(module, one.name, None) is one:
            return name.capitalize()
    raise AssertionError(one.name)


def _diagram() -> str:
    lines = ["```mermaid", "erDiagram"]
    for one in metadata.sorted_tables:
        for key in sorted(
            one.foreign_keys, key=lambda key: (key.column.table.name, str(key.parent))
        ):
            few = "|o" if key.parent.nullable else "||"
            lines.append(f"    {key.column.table.name} {few}--o{{ {one.name} : {key.parent.name}")
    return "\n".join([*dict.fromkeys(lines), "```"])


def _table(one: Table) -> list[str]:
    partitioned = one.dialect_options["postgresql"].get("partition_by")
    kind = f" Partitioned by {partitioned}." if partitioned else ""
    parts = [f"### {one.name}", f"{one.comment or ''}{kind}"]
    parts.append(
        table(("column", "type", "null", "default"), [_column(column) for column in one.columns])
    )
    keys = list(_keys(one))
    if keys:
        parts.append(table(("key, check or index", "on"), keys))
    return parts


def _column(column: "Column[object]") -> tuple[str, str, str, str]:
    default = column.server_default
    text = "" if default is None else str(getattr(default, "arg", "generated"))
    name = f"**{column.name}**" if column.primary_key else column.name
    refers = "".join(f" → {key.column.table.name}" for key in column.foreign_keys)
    kind = column.type.compile(dialect=_DIALECT).lower()
    return name, f"{kind}{refers}", "null" if column.nullable else "", f"`{text}`" if text else ""


def _keys(one: Table) -> Iterator[tuple[str, str]]:
    if one.primary_key.columns:
        yield "primary key", ", ".join(column.name for column in one.primary_key.columns)
    for constraint in sorted(one.constraints, key=lambda each: str(each.name)):
        if isinstance(constraint, UniqueConstraint):
            yield f"unique `{constraint.name}`", ", ".join(c.name for c in constraint.columns)
        elif isinstance(constraint, CheckConstraint):
            yield f"check `{constraint.name}`", f"`{_one_line(str(constraint.sqltext))}`"
    for index in sorted(one.indexes, key=lambda each: str(each.name)):
        unique = "unique index" if index.unique else "index"
        yield f"{unique} `{index.name}`", f"`{_definition(index)}`"


def _definition(index: Index) -> str:
    """What an index is on, from its own CREATE INDEX."""
    text = _one_line(str(CreateIndex(index).compile(dialect=_DIALECT)))
    return text.partition(f" ON {index.table.name if index.table is not None else ''} ")[2]


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
