"""The health in Prometheus's text exposition format (version 0.0.4).

Belongs here: names, types and help of the metrics. Does not belong here: the figures
(``health``); serving them: `odds monitor --prometheus` writes what a textfile collector reads.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple


class _Metric(NamedTuple):
    name: str
    meaning: str
    key: str


_SIMPLE = (
    _Metric("last_fetch_timestamp_seconds", "When the provider was last called.", "last_fetch"),
    _Metric("last_success_timestamp_seconds", "When a call last succeeded.", "last_success"),
    _Metric("fetches_24h", "Calls of the last 24 hours.", "fetches_24h"),
    _Metric("fetch_success_ratio_24h", "Share of them that succeeded.", "fetch_success_24h"),
    _Metric("quota_credits", "Credits a month.", "quota_total"),
    _Metric("quota_used_credits", "Credits used this month.", "quota_used"),
    _Metric("quota_remaining_credits", "Credits left this month.", "quota_remaining"),
    _Metric("events", "Events stored.", "events_total"),
    _Metric("events_scheduled", "Events that have not started.", "events_scheduled"),
    _Metric("quotes", "Quotes stored, changes only.", "odds_records"),
    _Metric("quotes_24h", "Quotes stored in the last 24 hours.", "odds_24h"),
    _Metric("quality_issues_24h", "Issues of today and yesterday.", "validation_warnings_24h"),
    _Metric("captures_due_7d", "Captures due in the last seven days.", "captures_due_7d"),
    _Metric("captures_missed_7d", "Of them, those not stored.", "captures_missed_7d"),
    _Metric("gaps_open", "Missed captures of the last 30 days.", "gaps_open"),
    _Metric("responses_pending", "Responses stored but not normalised.", "pending"),
    _Metric("quarantine_open", "Quarantined parts that wait for review.", "quarantined"),
    _Metric("alerts_unsent", "Alerts that are not sent.", "alerts_unsent"),
    _Metric(
        "scheduler_heartbeat_timestamp_seconds", "The daemon's last sign.", "scheduler_heartbeat"
    ),
)
_DATABASE = (
    _Metric("database_bytes", "Size of the database.", "bytes"),
    _Metric("database_connections", "Connections open on the server.", "open_connections"),
    _Metric("database_connections_max", "Connections the server allows.", "max_connections"),
)
_STAGE = (
    _Metric("stage_runs_6h", "Runs of a stage in the last six hours.", "runs"),
    _Metric("stage_median_seconds_6h", "Median time of such a run.", "median_seconds"),
    _Metric("stage_success_ratio_6h", "Share of them that succeeded.", "success"),
    _Metric("stage_rows_6h", "Rows they did.", "rows"),
)


def exposition(figures: Mapping[str, Any]) -> str:
    """The figures of ``health.figures`` as Prometheus reads them; what is unknown is left out."""
    return "\n".join(_lines(figures)) + "\n"


def _lines(figures: Mapping[str, Any]) -> Iterator[str]:
    yield from _gauge("up", "Whether nothing is wrong.", [("", figures["status"] == "ok")])
    for metric in _SIMPLE:
        yield from _gauge(metric.name, metric.meaning, [("", figures[metric.key])])
    for metric in _DATABASE:
        yield from _gauge(metric.name, metric.meaning, [("", figures["database"][metric.key])])
    stages = figures["stages"]
    for metric in _STAGE:
        told = [(f'{{stage="{stage["stage"]}"}}', stage[metric.key]) for stage in stages]
        yield from _gauge(metric.name, metric.meaning, told)
    degraded = [(f'{{stage="{each["stage"]}"}}', each["degraded"] is not None) for each in stages]
    yield from _gauge("stage_degraded", "Whether a stage does worse than usual.", degraded)


def _gauge(name: str, meaning: str, values: list[tuple[str, Any]]) -> Iterator[str]:
    known = [(labels, _number(value)) for labels, value in values if value is not None]
    if not known:
        return
    full = f"odds_pipeline_{name}"
    yield f"# HELP {full} {meaning}"
    yield f"# TYPE {full} gauge"
    for labels, value in known:
        yield f"{full}{labels} {value!r}"


def _number(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    assert isinstance(value, int | float)
    return float(value)
