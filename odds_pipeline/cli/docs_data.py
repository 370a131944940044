"""The generated pages docs/checks.md and docs/fields.md.

Belongs here: turning rules and fields into Markdown. Does not belong here: the rules
(``quality.rules``), the fields (``catalog.fields``).
"""

from odds_pipeline.catalog.fields import MEANINGS, TABLES, Field, describe
from odds_pipeline.cli.docs_markdown import page, table
from odds_pipeline.quality.inputs import MEANINGS as FRAMES
from odds_pipeline.quality.registry import Rule, load_rules
from odds_pipeline.quality.reliability import KNOWN_FAULTS

_SEVERITIES = (
    ("warning", "WARN", "unusual, perhaps genuine"),
    ("error", "ERROR", "wrong: do not use it"),
    ("critical", "ERROR", "the platform itself broke a promise"),
)


def checks_page() -> str:
    """Every quality rule, which is an asset check of `odds`."""
    rules = load_rules().values()
    summary = [
        (f"[`{rule.name}`](#{rule.name})", str(rule.severity), rule.needs, _limit(rule))
        for rule in rules
    ]
    parts = [
        "# Checks",
        "Each rule is an asset check of `odds`, a day at a time; what it finds stands in "
        "`data_quality_logs` with its evidence. Suspicious data are flagged, not dropped.",
        table(("severity", "in Dagster", "means"), _SEVERITIES),
        table(("rule", "severity", "judges", "limit"), summary),
        table(("judges", "that is"), [(str(need), FRAMES[need]) for need in FRAMES]),
    ]
    for rule in rules:
        parts += [f"## {rule.name}", rule.documentation, f"Issue type: `{rule.issue_type}`."]
    known = [
        (
            ", ".join((fault.source or "", *fault.bookmakers, *fault.markets)).strip(", "),
            fault.what,
            fault.evidence,
            ", ".join(fault.not_judged),
        )
        for fault in KNOWN_FAULTS
    ]
    parts += [
        "## What is known to be wrong",
        "`quality/reliability.py`: rules do not judge what says nothing.",
        table(("source, book or market", "fault", "evidence", "not judged"), known),
    ]
    return page(parts)


def fields_page() -> str:
    """Every column of every table, view and reader frame."""
    parts = [
        "# Fields",
        "Times are UTC. A price is decimal odds unless its unit says otherwise. The same records "
        "make the column comments, the schemas and Dagster's table columns.",
    ]
    for name in TABLES:
        rows = [_field(field) for field in describe(name)]
        heading = ("column", "type", "unit", "may be null", "range", "meaning")
        parts += [f"## {name}", MEANINGS[name], table(heading, rows)]
    return page(parts)


def _limit(rule: Rule) -> str:
    return "" if rule.limit is None else f"{rule.limit:g} {rule.unit or ''}"


def _field(field: Field) -> tuple[str, ...]:
    null = "yes" if field.nullable else ""
    unit = field.unit or ""
    return f"`{field.name}`", field.type.value, unit, null, _range(field), field.meaning


def _range(field: Field) -> str:
    limits = []
    if field.minimum is not None:
        limits.append(f"≥ {field.minimum:g}")
    if field.below is not None:
        limits.append(f"< {field.below:,g}")
    if field.enum:
        limits.append(", ".join(field.enum))
    return ", ".join(limits)
