# ruff: noqa: S608  (every text here is a constant of this package; values are bound)
"""What quotes were worth: fair prices, edges, closes, movements, and what was learned of them."""

from collections.abc import Mapping
from types import MappingProxyType

from odds_pipeline.storage import closing_prices, edges
from odds_pipeline.storage.export_queries.selection import (
    ALL,
    EVENT,
    SPORT,
    SPORT_OF_EVENT,
    Selection,
    day_within,
    known,
    standing,
    within,
)

_NOW = ALL - {"known_by"}
_OF_EVENTS = f"{EVENT} AND {SPORT_OF_EVENT}"
_FAIR_PRICES = f"""
SELECT e.event_id, mk.market_key, o.name AS outcome_name, d.name AS description, f.point,
    f.source, b.bookmaker_key, f.method, f.fair_probability, f.multiplicative, f.additive,
    f.power, f.odds_ratio, f.shin, f.bookmakers, f.stale, f.chosen, f.flagged, f.capture_time,
    f.known_time
FROM fair_prices f
JOIN event_ids e USING (event_no)
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = f.outcome_id
LEFT JOIN names d ON d.name_id = f.description_id
LEFT JOIN bookmakers b ON b.bookmaker_id = f.bookmaker_id
WHERE f.capture_time >= %(start)s AND f.capture_time < %(end)s
  AND {_OF_EVENTS} AND {standing("f")}
"""
_EDGES = f"{edges.ROWS} WHERE {within('g.last_seen')} AND {EVENT} AND {SPORT}"
_SIGHTS = f"""
SELECT s.opportunity_id, e.event_id, s.capture_time, s.known_time, s.superseded_at, s.state,
    b.bookmaker_key, s.price, s.fair_probability, s.implied_probability, s.edge_percentage,
    s.kelly_fraction, s.age_seconds, s.verdict, s.reason, s.closed_by, s.legs
FROM edge_sights s
JOIN event_ids e USING (event_no)
LEFT JOIN bookmakers b USING (bookmaker_id)
WHERE {within("s.capture_time")} AND {_OF_EVENTS} AND {known("s.known_time")}
"""
_CLOSING_PRICES = f"{closing_prices.ROWS} WHERE {day_within('c.day')} AND {EVENT} AND {SPORT}"
_LINE_MOVEMENTS = f"""
SELECT m.*, e.event_id, b.bookmaker_key, mk.market_key, o.name AS outcome_name,
    d.name AS description
FROM line_movements m
JOIN event_ids e USING (event_no)
JOIN bookmakers b USING (bookmaker_id)
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = m.outcome_id
LEFT JOIN names d ON d.name_id = m.description_id
WHERE {day_within("m.day")} AND {_OF_EVENTS}
"""
_SCORECARDS = f"""
SELECT c.*, b.bookmaker_key, mk.market_key
FROM bookmaker_scorecards c
JOIN bookmakers b USING (bookmaker_id)
JOIN markets mk USING (market_id)
WHERE {day_within("c.day")}
"""
_EDGE_VALUES = f"""
SELECT v.*, e.event_id, mk.market_key, g.kind
FROM edge_values v
JOIN edges g USING (opportunity_id)
JOIN event_ids e USING (event_no)
JOIN markets mk USING (market_id)
WHERE {within("g.last_seen")} AND {_OF_EVENTS}
"""
_MODELS = f"""
SELECT p.*, e.event_id, mk.market_key, o.name AS outcome_name, d.name AS description
FROM model_probabilities p
JOIN event_ids e USING (event_no)
JOIN markets mk USING (market_id)
JOIN names o ON o.name_id = p.outcome_id
LEFT JOIN names d ON d.name_id = p.description_id
WHERE {within("p.made_at")} AND {_OF_EVENTS} AND {known("p.known_time")}
"""
_OUTCOME = ("event_id", "bookmaker_key", "market_key", "description", "outcome_name")

MARKET: Mapping[str, Selection] = MappingProxyType(
    {
        "fair_prices": Selection(
            _FAIR_PRICES,
            (
                *("capture_time", "event_id", "market_key", "description", "outcome_name"),
                *("point", "source", "known_time"),
            ),
            by_day=True,
        ),
        "edges": Selection(_EDGES, ("opportunity_id",), _NOW),
        "edge_sights": Selection(
            _SIGHTS, ("capture_time", "opportunity_id", "bookmaker_key", "known_time")
        ),
        "closing_prices": Selection(_CLOSING_PRICES, ("day", *_OUTCOME, "point", "phase"), _NOW),
        "line_movements": Selection(_LINE_MOVEMENTS, ("day", *_OUTCOME), _NOW),
        "bookmaker_scorecards": Selection(
            _SCORECARDS, ("day", "bookmaker_key", "market_key"), frozenset({"start", "end"})
        ),
        "edge_values": Selection(_EDGE_VALUES, ("opportunity_id",), _NOW),
        "edge_statistics": Selection(
            "SELECT * FROM edge_statistics", ("kind", "dimension", "value"), frozenset()
        ),
        "calibrations": Selection(
            f"SELECT * FROM calibrations WHERE {SPORT}",
            ("sport_key", "market_key", "phase", "grouping", "value", "method"),
            frozenset({"sport"}),
        ),
        "model_probabilities": Selection(
            _MODELS,
            (
                *("made_at", "model_name", "model_version", "event_id", "market_key"),
                *("description", "outcome_name", "point"),
            ),
        ),
    }
)
