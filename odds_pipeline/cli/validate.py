"""`odds validate`: run every quality rule on a day and say what they found."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from odds_pipeline.cli import screen
from odds_pipeline.cli.options import AsJson
from odds_pipeline.cli.screen import Column
from odds_pipeline.cli.session import platform

if TYPE_CHECKING:
    from odds_pipeline.quality.registry import RuleResult

_RULES = (
    Column("rule", "rule"),
    Column("severity", "severity"),
    Column("checked", "checked", right=True),
    Column("issues", "issues", right=True),
    Column("first", "first of them"),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: odds validate --date 2026-01-31")(validate)


def validate(
    day: Annotated[
        str | None,
        typer.Option("--date", help="UTC day of captures, 2026-01-31; default today."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run every quality rule on a UTC day, log what they find, and show it.

    What is found stands in `data_quality_logs` until a later run no longer finds it or somebody
    decides about it: `odds quality list`. The exit code is 0 whatever is found.
    """
    from odds_pipeline.services.validate import validate_day

    asked = screen.day(day, "--date")
    with platform() as opened:
        judged = asked or opened.now().date()
        with screen.spinner(f"Judging {judged}", quiet=as_json):
            results = validate_day(opened, judged)
    rows = [_row(result) for result in results]
    if as_json:
        screen.show_json({"date": judged, "rules": rows})
        return
    failed = [row for row in rows if row["issues"]]
    if failed:
        screen.show_table(failed, _RULES, screen.zone_named("UTC"), f"{judged} (UTC)")
    told = f"{len(rows) - len(failed)} of {len(rows)} rules found nothing on {judged}."
    screen.say(f"{screen.NO if failed else screen.YES} {told}")


def _row(result: "RuleResult") -> dict[str, Any]:
    first = None if result.passed else str(result.issues["description"].iloc[0])
    return {
        "rule": result.rule.name,
        "severity": str(result.rule.severity),
        "issue_type": result.rule.issue_type,
        "checked": result.checked,
        "issues": len(result.issues),
        "first": first,
    }
