"""The generated pages docs/checks.md and docs/fields.md.

Belongs here: turning rules and fields into Markdown. Does not belong here: the rules
(``quality.rules``), the fields (``catalog.fields``).
"""

from odds_pipeline.catalog.fields import MEANINGS, TABLES, Field, describe
from odds_pipeline.cli.docs_markdown import page, table
from odds_pipeline.quality.registry import Rule, load_rules

_JUDGED = {
    "quotes": "every quote of the day",
    "quarantine": "what the parser put aside",
    "slots": "the day's planned captures",
    "shares": "how much of each document stands in quarantine",
    "reconciliation": "stored quotes against the raw responses, parsed again",
}
_SEVERITIES = (
    ("warning", "WARN", "unusual, perhaps genuine"),
    ("error", "ERROR", "wrong: do not use it"),
    ("critical", "ERROR", "the platform itself broke a promise"),
)


def checks_page() -> str:
    """Every quality rule, which is an asset check of `odds`."""
    rules = load_rules().values()
    summary = [
        (f"[`{rule.name}`](#{rule.name})", str(rule.severity), _JUDGED[rule.needs], _limit(rule))
        for rule in rules
    ]
    parts = [
        "# Checks",
        "Each rule is an asset check of `odds`, a day at a time; what it finds stands in "
        "`data_quality_logs` with its evidence. Suspicious data are flagged, not dropped.",
        table(("severity", "in Dagster", "means"), _SEVERITIES),
        table(("rule", "severity", "judges", "limit"), summary),
    ]
    for rule in rules:
        parts += [f"## {rule.name}", rule.documentation, f"Issue type: `{rule.issue_type}`."]
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
