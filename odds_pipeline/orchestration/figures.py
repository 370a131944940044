"""The numbers and previews of a materialisation.

Belongs here: figures of the services as Dagster metadata; numbers plot over time. Does not belong
here: counting (``storage.statistics``, ``services.status``). Units stand in the keys.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg

from odds_pipeline.orchestration import markdown
from odds_pipeline.orchestration.descriptions import table_metadata
from odds_pipeline.quality.registry import RuleResult
from odds_pipeline.services.collect import LIVE, Collected
from odds_pipeline.services.gaps import Gaps, Healed, heal_allowance, open_gaps
from odds_pipeline.services.history import DONE, HISTORY
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.status import Quota, quota
from odds_pipeline.storage import readers, slots
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.statistics import day_figures

if TYPE_CHECKING:
    import pandas as pd

    from odds_pipeline.services.health import Health

Metadata = dict[str, Any]
PREVIEW_ROWS = 10
WORST = 20
SECONDS_AN_HOUR = 3600
REFUSED = "markets refused"


def odds_metadata(platform: Platform, day: date, table: str) -> Metadata:
    """What a day holds, how complete it is, and its first events: for both odds assets."""
    return of_table(table, day_metadata(platform, day))


def of_table(table: str, figures: Metadata) -> Metadata:
    """A day's figures as one of its tables shows them: numbers first, facts of the table last."""
    counted = {"dagster/partition_row_count": figures["snapshots"]}
    return figures | (counted if table == "odds_snapshots" else {}) | table_metadata(table)


def day_metadata(platform: Platform, day: date) -> Metadata:
    """The part of ``odds_metadata`` that is the same for both assets."""
    preview = {"preview": _preview(_events_of(platform, day), day)}
    return slot_numbers(platform, day) | day_numbers(platform, day) | preview


def day_numbers(platform: Platform, day: date) -> Metadata:
    """What was captured on a day."""
    with transaction(platform.engine) as conn:
        found = day_figures(conn, day)
    return {
        "captures": found.captures,
        "events": found.events,
        "snapshots": found.snapshots,
        "quotes changed": found.quotes_changed,
        "bookmakers": found.bookmakers,
        "quarantined": found.quarantined,
    } | ({} if found.p95_quote_age_s is None else {"p95 quote age (s)": found.p95_quote_age_s})


def slot_numbers(platform: Platform, day: date) -> Metadata:
    """Slots of a day: planned (those to come included), ok (healed included) and gaps."""
    with transaction(platform.engine) as conn:
        plan = slots.of_day(conn, day, [LIVE, HISTORY])
    return {
        "slots planned": len(plan),
        "slots ok": sum(slot.status in DONE for slot in plan),
        "slots gap": sum(slot.status == "gap" for slot in plan),
    }


def spending(platform: Platform, credits: float) -> Metadata:
    """Credits: charged by this work, left in the month, and where the month leads."""
    month = quota(platform)
    return {
        "credits charged": float(credits),
        "credits remaining": float(month.remaining),
        "credits forecast (month)": float(month.forecast),
    }


def ledger_metadata(month: Quota) -> Metadata:
    """The month's credits over all keys, and each key's in a table."""
    told = {} if month.provider_remaining is None else {"provider says": month.provider_remaining}
    return (
        {
            "credits used": float(month.used),
            "credits reserved": float(month.reserved),
            "credits remaining": float(month.remaining),
            "credits forecast (month)": float(month.forecast),
            "quota": month.quota,
            "used (%)": 100 * month.used / max(month.quota, 1),
            "spent by others": float(sum(key.others for key in month.keys)),
            "resets": dg.MetadataValue.timestamp(month.resets_at),
            "keys": dg.MetadataValue.md(_keys(month)),
        }
        | told
        | table_metadata("credit_ledger")
    )


def _keys(month: Quota) -> str:
    rows = [
        (
            key.key,
            key.quota,
            f"{key.used:g}",
            f"{key.floor:g}",
            key.warning or "",
            "; ".join(f"{purpose}: {why}" for purpose, why in key.refused.items()),
        )
        for key in month.keys
    ]
    return markdown.table(["key", "quota", "used", "floor", "warning", "refused now"], rows)


def health_metadata(platform: Platform, found: "Health") -> Metadata:
    """What of the platform's health plots over time, its problems, and the stages day by day."""
    from odds_pipeline.services.health import figures, stages_by_day

    told = figures(found)
    database = told["database"]
    numbers = {
        "fetches (24 h)": told["fetches_24h"],
        "fetch success (24 h, %)": _percentage(told["fetch_success_24h"]),
        "quota used (%)": _percentage(told["quota_used"] / max(told["quota_total"], 1)),
        "database (MB)": round(database["bytes"] / 1e6, 1),
        "connections": database["open_connections"],
        "events": told["events_total"],
        "quotes": told["odds_records"],
        "quotes (24 h)": told["odds_24h"],
        "quality issues (24 h)": told["validation_warnings_24h"],
        "missing data (7 d, %)": told["missing_data_percentage"],
        "gaps open": told["gaps_open"],
        "stale books": len({book["bookmaker_key"] for book in told["stale_books"]}),
        "alerts not sent": told["alerts_unsent"],
        "problems": len(found.problems),
        **{f"{stage['stage']} (s)": _seconds(stage["median_seconds"]) for stage in told["stages"]},
    }
    problems = [(each.part, each.severity, each.words) for each in found.problems]
    days = markdown.table(
        ["day", "stage", "runs", "median s", "p95 s", "success", "rows", "errors"],
        stages_by_day(platform),
    )
    return (
        {name: float(value) for name, value in numbers.items() if value is not None}
        | {
            "what is wrong": dg.MetadataValue.md(
                markdown.table(["part", "severity", "what"], problems) if problems else "nothing"
            ),
            "stages by day": dg.MetadataValue.md(days),
        }
        | table_metadata("stage_runs")
    )


def _percentage(share: float | None) -> float | None:
    return None if share is None else 100 * share


def gaps_metadata(platform: Platform, done: Healed) -> Metadata:
    """What a pass healed, what is still open, and the open gaps that are worth most."""
    found = open_gaps(platform)
    ages = [gap.age.total_seconds() / SECONDS_AN_HOUR for gap in found.gaps]
    return {
        "gaps open": len(found.gaps),
        "can be healed": found.healable,
        "gaps healed": done.healed,
        "calls": done.calls,
        "credits charged": float(done.credits),
        "credits to heal the rest": found.credits,
        "heal budget left": float(heal_allowance(platform)),
        "oldest gap (h)": round(max(ages, default=0.0), 2),
        "why it ended": done.reason,
        "open gaps": dg.MetadataValue.md(_gap_rows(found)),
    } | table_metadata("slots")


def _gap_rows(found: Gaps) -> str:
    dearest = sorted(found.gaps, key=lambda gap: (-gap.value, gap.slot_time))[:WORST]
    rows = [
        (
            f"{gap.slot_time:%Y-%m-%d %H:%M}",
            gap.sport_key,
            gap.reason,
            gap.why or "",
            f"{gap.value:.2f}",
            gap.credits,
            gap.note or "",
        )
        for gap in dearest
    ]
    return markdown.table(
        ["slot (UTC)", "sport", "reason", "planned as", "value", "credits", "why not"], rows
    )


def refusals(refused: Iterable[str]) -> Metadata:
    """The markets that the provider refused, where there were any."""
    names = ", ".join(refused)
    return {REFUSED: dg.MetadataValue.text(names)} if names else {}


def latency(collected: Collected) -> Metadata:
    """The slowest call of a pass, where there was one."""
    slowest = max((fetched.elapsed_ms for fetched in collected.made), default=None)
    return {} if slowest is None else {"latency (ms)": slowest}


def events_metadata(platform: Platform, day: date) -> Metadata:
    """How many events start on a day, how many are final, and the first of them."""
    found = _events_of(platform, day)
    return {
        "events": len(found),
        "events final": int((found["status"] == "final").sum()),
        "dagster/partition_row_count": len(found),
        "preview": _preview(found, day),
    } | table_metadata("events")


def _events_of(platform: Platform, day: date) -> "pd.DataFrame":
    start = datetime.combine(day, time(), UTC)
    with transaction(platform.engine) as conn:
        return readers.events_between(conn, start, start + timedelta(days=1))


def _preview(found: "pd.DataFrame", day: date) -> dg.MarkdownMetadataValue:
    columns = ["commence_time", "away_team", "home_team", "status"]
    shown = found[columns].head(PREVIEW_ROWS).itertuples(index=False)
    rows = [(f"{row[0]:%H:%M}", *row[1:]) for row in shown]
    text = markdown.table(["start (UTC)", "away", "home", "status"], rows)
    return dg.MetadataValue.md(f"{len(found)} events start on {day}\n\n{text}")


def quality_metadata(results: Iterable[RuleResult]) -> Metadata:
    """Rules run, issues by severity, and a line a rule."""
    ran = list(results)
    counts = {"warning": 0, "error": 0, "critical": 0}
    for result in ran:
        counts[str(result.rule.severity)] += len(result.issues)
    rows = [(r.rule.name, str(r.rule.severity), r.checked, len(r.issues)) for r in ran]
    return {
        "rules run": len(ran),
        "rules failed": sum(not result.passed for result in ran),
        "issues": sum(counts.values()),
        **{f"issues ({severity})": count for severity, count in counts.items()},
        "preview": dg.MetadataValue.md(
            markdown.table(["rule", "severity", "checked", "issues"], rows)
        ),
    } | table_metadata("data_quality_logs")


def _seconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
