"""Voiding by the keys people use, and following a void to what used its quotes."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from odds_pipeline.catalog.observations import CaptureBasis
from odds_pipeline.errors import NotFound, UsageError
from odds_pipeline.services import voids
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.validate import validate_day
from odds_pipeline.services.voids import VoidRequest
from odds_pipeline.sources.the_odds_api.queries import OddsRequest
from odds_pipeline.storage import derived, raw
from odds_pipeline.storage.derived import Derived
from odds_pipeline.storage.engine import transaction
from odds_pipeline.storage.voids import VoidKey
from odds_pipeline_tests.services.books import rows

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALL = VoidRequest(NOON, NOON + MINUTE, event="e1", bookmaker="pinnacle")


def _market(key: str, *outcomes: tuple[str, float, str | None]) -> dict[str, Any]:
    stated = [{"name": n, "price": p} | ({"description": d} if d else {}) for n, p, d in outcomes]
    return {"key": key, "last_update": "2026-03-10T11:59:30Z", "outcomes": stated}


def _store(platform: Platform, moment: datetime) -> None:
    """Two books' prices; those of pinnacle's h2h cannot be: their sum is far below 1."""
    # Another price at each capture: an issue is about the captures that show the same.
    books = {"pinnacle": (3.0 + moment.minute / 10, 3.1), "fanduel": (1.9, 1.95)}
    event = {
        "id": "e1",
        "sport_key": "basketball_nba",
        "commence_time": "2026-03-10T20:00:00Z",
        "home_team": "Home",
        "away_team": "Away",
        "bookmakers": [
            {
                "key": book,
                "title": book.title(),
                "markets": [
                    _market("h2h", ("Home", home, None), ("Away", away, None)),
                    _market("player_points", ("Over", 1.9, "Ann"), ("Over", 1.8, "Bob")),
                ],
            }
            for book, (home, away) in books.items()
        ],
    }
    asked = OddsRequest("basketball_nba", ("h2h",), tuple(books)).described()
    body = json.dumps([event]).encode()
    with transaction(platform.engine) as conn:
        raw.store(
            conn,
            raw.RawRecord(uuid4(), "the_odds_api", "odds", asked, body, moment, CaptureBasis.CLOCK),
        )
    finish_pending(platform)


@pytest.fixture
def stored(platform: Platform) -> Platform:
    for minutes in range(3):
        _store(platform, NOON + minutes * MINUTE)
    return platform


def _standing(platform: Platform) -> set[tuple[Any, ...]]:
    return set(
        rows(
            platform,
            """SELECT bookmaker_key, snapshot_time, resolution FROM data_quality_logs
            WHERE rule = 'overround_in_band' AND market_key = 'h2h'""",
        )
    )


@pytest.mark.parametrize(
    ("narrowed", "quotes", "snapshots"),
    [
        ({}, 8, 2),
        ({"market": "h2h"}, 4, 2),
        ({"market": "h2h", "outcome": "Home"}, 2, 2),
        ({"outcome": "Over", "description": "Ann"}, 2, 2),
        ({"bookmaker": None}, 16, 2),
        ({"event": None, "last": NOON + timedelta(days=9)}, 12, 3),
        ({"first": NOON + MINUTE}, 4, 1),
        ({"first": NOON + timedelta(seconds=1), "last": NOON + timedelta(seconds=59)}, 0, 0),
    ],
)
def test_what_a_void_would_cover_is_what_it_makes_priceless(
    stored: Platform, narrowed: dict[str, Any], quotes: int, snapshots: int
) -> None:
    request = replace(ALL, **narrowed)
    found = voids.would_cover(stored, request)
    assert (found.quotes, found.snapshots) == (quotes, snapshots)
    assert found.days == ([DAY] if quotes else [])
    priceless = "SELECT count(*) FROM odds WHERE decimal_price IS NULL"
    assert rows(stored, priceless) == [(0,)]
    made = voids.add(stored, request, " bad ", "ann")
    assert rows(stored, priceless) == [(quotes,)]
    assert (made.reason, made.created_by, made.lifted_at) == ("bad", "ann", None)
    assert voids.affected(stored, made.void_id) == found


def test_logged_issues_of_voided_quotes_are_listed_and_resolved_until_the_lift(
    stored: Platform,
) -> None:
    validate_day(stored, DAY)
    times = [NOON + minutes * MINUTE for minutes in range(3)]
    open_ones = {("pinnacle", moment, None) for moment in times}
    assert _standing(stored) == open_ones
    found = voids.would_cover(stored, replace(ALL, market="h2h", outcome="Home"))
    assert {(u.table, u.asset, u.day) for u in found.users} == {
        ("data_quality_logs", "data_quality_log", DAY)
    }
    assert sum(user.says.startswith("overround_in_band: ") for user in found.users) == 2

    made = voids.add(stored, replace(ALL, market="h2h", outcome="Home"), "sides swapped", "ann")
    voided = {("pinnacle", moment, "voided") for moment in times[:2]} | {
        ("pinnacle", times[2], None)
    }
    assert _standing(stored) == voided
    validate_day(stored, DAY)  # finds them again: what was observed is what rules judge
    assert _standing(stored) == voided
    assert len(voids.affected(stored, made.void_id).users) == len(found.users)

    voids.lift(stored, made.void_id, "they were not", "bob")
    assert _standing(stored) == open_ones


def test_a_void_leaves_the_reconciliation_with_raw_as_it_was(stored: Platform) -> None:
    voids.add(stored, ALL, "bad", "ann")
    (result,) = (r for r in validate_day(stored, DAY) if r.rule.name == "reconciliation")
    assert result.passed


def test_a_derived_table_shows_up_by_one_entry(stored: Platform) -> None:
    with transaction(stored.engine) as conn:
        conn.execute("CREATE TABLE closings (id int, event_id text, captured timestamptz)")
        conn.execute("INSERT INTO closings VALUES (7, 'e1', %s), (8, 'e2', %s)", (NOON, NOON))
        entry = Derived(
            "closings",
            "closing_lines",
            """SELECT DISTINCT k.id::text, k.captured::date, 'closing line'
            FROM closings k JOIN covered c USING (event_id) WHERE k.captured = c.capture_time""",
        )
        event_no = conn.execute("SELECT event_no FROM event_ids").fetchone()
        assert event_no is not None
        key = VoidKey(event_no[0], None, None, None, None)
        found = derived.covered(conn, key, NOON, NOON, (*derived.DERIVED, entry))
    assert [user[:4] for user in found.users] == [("closings", "closing_lines", "7", DAY)]


def test_what_cannot_be_voided_is_said(stored: Platform) -> None:
    for wrong, missing in (
        (replace(ALL, event="e9"), "event 'e9'"),
        (replace(ALL, bookmaker="nobook"), "bookmaker 'nobook'"),
        (replace(ALL, market="h3h"), "market 'h3h'"),
        (replace(ALL, outcome="Neither"), "outcome 'Neither'"),
        (replace(ALL, description="Cyd"), "description 'Cyd'"),
    ):
        with pytest.raises(NotFound, match=f"{missing} is not stored here"):
            voids.add(stored, wrong, "bad", "ann")
    with pytest.raises(UsageError, match="needs an event or a bookmaker"):
        voids.add(stored, replace(ALL, event=None, bookmaker=None), "bad", "ann")
    with pytest.raises(UsageError, match="before it begins"):
        voids.add(stored, replace(ALL, last=NOON - MINUTE), "bad", "ann")
    with pytest.raises(UsageError, match="needs a reason"):
        voids.add(stored, ALL, " ", "ann")
    assert voids.listed(stored) == []


def test_a_lift_is_made_once(stored: Platform) -> None:
    made = voids.add(stored, ALL, "bad", "ann")
    with pytest.raises(NotFound, match=f"no void {made.void_id + 1}"):
        voids.lift(stored, made.void_id + 1, "good", "bob")
    lifted = voids.lift(stored, made.void_id, "good", "bob")
    assert (lifted.lift_reason, lifted.lifted_by) == ("good", "bob")
    assert lifted.lifted_at is not None
    assert lifted.lifted_at > made.known_time
    assert voids.listed(stored) == [lifted]
    with pytest.raises(UsageError, match="lifted already"):
        voids.lift(stored, made.void_id, "again", "bob")
