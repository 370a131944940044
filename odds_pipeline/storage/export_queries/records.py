# ruff: noqa: S608  (every text here is a constant of this package; values are bound)
"""What people decided, and what the platform recorded of its own work."""

from collections.abc import Mapping
from types import MappingProxyType

from odds_pipeline.storage.export_queries.selection import (
    EVENT,
    Selection,
    known,
    within,
)

_TIMES = frozenset({"start", "end"})
_SAID = _TIMES | {"known_by"}
_VOIDS = f"""
SELECT * FROM (
    SELECT v.void_id, v.known_time, e.event_id, b.bookmaker_key, mk.market_key,
        o.name AS outcome_name, d.name AS description, v.from_capture, v.to_capture, v.reason,
        v.created_by,
        CASE WHEN {known("l.known_time")} THEN l.known_time END AS lifted_at
    FROM voids v
    LEFT JOIN void_lifts l USING (void_id)
    LEFT JOIN event_ids e USING (event_no)
    LEFT JOIN bookmakers b USING (bookmaker_id)
    LEFT JOIN markets mk USING (market_id)
    LEFT JOIN names o ON o.name_id = v.outcome_id
    LEFT JOIN names d ON d.name_id = v.description_id
) said WHERE {within("known_time")} AND {known("known_time")} AND {EVENT}
"""
_MERGES = f"""
SELECT m.merge_id, m.known_time, m.kind, k.event_id AS kept_event_id,
    e.event_id AS member_event_id, s.sport_key, m.spelling, m.name, m.reason, m.created_by,
    CASE WHEN {known("u.known_time")} THEN u.known_time END AS undone_at
FROM merges m
LEFT JOIN merge_undos u USING (merge_id)
LEFT JOIN event_ids k ON k.event_no = m.kept_no
LEFT JOIN event_ids e ON e.event_no = m.member_no
LEFT JOIN sports s ON s.sport_id = m.sport_id
WHERE {within("m.known_time")} AND {known("m.known_time")}
"""

RECORDS: Mapping[str, Selection] = MappingProxyType(
    {
        "alerts": Selection(
            f"SELECT * FROM alerts WHERE {within('triggered_at')}", ("triggered_at", "id"), _TIMES
        ),
        "alert_deliveries": Selection(
            f"SELECT * FROM alert_deliveries WHERE {within('delivered_at')}",
            ("delivered_at", "alert_id", "channel"),
            _TIMES,
        ),
        "voids": Selection(_VOIDS, ("void_id",), _SAID | {"event"}),
        "merges": Selection(_MERGES, ("merge_id",), _SAID),
        "quality_decisions": Selection(
            f"""SELECT * FROM quality_decisions
            WHERE {within("known_time")} AND {known("known_time")}""",
            ("decision_id",),
            _SAID,
        ),
        "stage_runs": Selection(
            f"SELECT * FROM stage_runs WHERE {within('ended_at')}", ("ended_at", "id"), _TIMES
        ),
        "dataset_snapshots": Selection(
            f"SELECT * FROM dataset_snapshots WHERE {within('created_at')}", ("id",), _TIMES
        ),
        "experiments": Selection(
            f"SELECT * FROM experiments WHERE {within('created_at')}", ("id",), _TIMES
        ),
        "backtest_results": Selection(
            f"SELECT * FROM backtest_results WHERE {within('completed_at')}",
            ("experiment_id",),
            _TIMES,
        ),
    }
)
