"""Raises alerts in the transaction of what causes them: both are kept, or neither.

Belongs here: from what was stored to the rule's input. Does not belong here: the rules
(``alerts.rules``).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from odds_pipeline.alerts.rules import system
from odds_pipeline.alerts.rules.edges import SeenEdge, Thresholds, edge_alerts
from odds_pipeline.alerts.rules.movement import PERCENT, Move, movement_alerts
from odds_pipeline.alerts.rules.quality import Judged, quality_alerts
from odds_pipeline.alerts.rules.quota import exhausted, quota_alerts
from odds_pipeline.catalog.alerts import Alert
from odds_pipeline.crash_points import AlertPoint, reached
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import alert_causes, outbox
from odds_pipeline.storage.engine import Connection, transaction

if TYPE_CHECKING:
    from datetime import datetime

    from odds_pipeline.planning.budget import Budget
    from odds_pipeline.quality.registry import RuleResult
    from odds_pipeline.storage.ledger import Balance

# What a capture older than that shows is no news.
NEWS = timedelta(hours=1)
_WORTH_TELLING = frozenset({"error", "critical"})


def raise_alerts(conn: Connection, platform: Platform, alerts: Iterable[Alert]) -> int:
    """Keep alerts in the present transaction; returns how many are new."""
    if not platform.settings.alert_enabled:
        return 0
    added = outbox.add(conn, alerts)
    if added:
        reached(AlertPoint.ALERT_RAISED)
    return added


def priced(
    conn: Connection,
    platform: Platform,
    moments: "Sequence[datetime]",
    opportunities: Collection[str],
) -> None:
    """Raise what newly priced moments show: edges, and fair prices that moved far.

    Args:
        conn: the transaction in which they were priced.
        platform: its settings and clock are used.
        moments: the moments of capture, in order.
        opportunities: ids of those that changed.
    """
    settings, now = platform.settings, platform.now()
    fresh = [moment for moment in moments if now - moment <= NEWS]
    if not settings.alert_enabled or not fresh:
        return
    least = Thresholds(settings.alert_arbitrage_percent, settings.alert_ev_percent)
    edges = map(_seen, alert_causes.open_edges(conn, opportunities))
    raise_alerts(conn, platform, edge_alerts(edges, least, now))
    points = settings.alert_move_points
    moves = [Move(*one) for one in alert_causes.moves(conn, fresh, NEWS, points / PERCENT)]
    raise_alerts(conn, platform, movement_alerts(moves, points, now))


def judged(
    conn: Connection, platform: Platform, day: date, results: "Iterable[RuleResult]"
) -> None:
    """Raise the errors that rules found in a day; of days before yesterday they are no news."""
    if day < platform.now().date() - timedelta(days=1):
        return
    found = [
        Judged(
            result.rule.name,
            str(result.rule.severity),
            len(result.issues),
            str(result.issues["description"].iloc[0]),
        )
        for result in results
        if len(result.issues) and str(result.rule.severity) in _WORTH_TELLING
    ]
    raise_alerts(conn, platform, quality_alerts(found, day))


def reserved(
    conn: Connection, platform: Platform, budget: "Budget", balance: "Balance", cost: float
) -> None:
    """Raise that four fifths of a key's month are used, with the reservation that makes it so."""
    used = balance.spent + balance.reserved + cost
    warning = budget.warning(used)
    alerts = quota_alerts(platform.key_fingerprint, used, budget.quota, warning, platform.now())
    raise_alerts(conn, platform, alerts)


def refused(conn: Connection, platform: Platform, refusal: str) -> None:
    """Raise that a key's credits are used up."""
    alert = exhausted(platform.key_fingerprint, refusal, platform.now())
    raise_alerts(conn, platform, [alert])


def run_failed(platform: Platform, job: str, run_id: str, reason: str, at: "datetime") -> None:
    """Raise that a run failed at that time; safe to repeat."""
    with transaction(platform.engine) as conn:
        raise_alerts(conn, platform, [system.run_failed(job, run_id, reason, at)])


def _seen(edge: alert_causes.OpenEdge) -> SeenEdge:
    return SeenEdge(
        edge.opportunity_id,
        edge.kind,
        edge.game,
        edge.market_key,
        ", ".join(map(_place, edge.legs)),
        edge.edge_percentage,
        edge.last_seen,
        edge.expires_at,
    )


def _place(leg: Mapping[str, Any]) -> str:
    point = "" if leg["point"] is None else f" {leg['point']:g}"
    stake = "" if leg.get("stake") is None else f", stake {leg['stake']:g}"
    return f"{leg['outcome_name']}{point} at {leg['price']:.3f} with {leg['bookmaker_key']}{stake}"
