"""Flagging, strict quarantine, decisions, and what readers make of them through known times."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pandas as pd
import pytest

from odds_pipeline.catalog.observations import CaptureBasis
from odds_pipeline.errors import NotFound, UsageError
from odds_pipeline.quality.schemas import schema
from odds_pipeline.services import review
from odds_pipeline.services.market.day import price_day
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.review import Action
from odds_pipeline.services.validate import validate_day
from odds_pipeline.sources.the_odds_api.queries import OddsRequest
from odds_pipeline.storage import market_checks, raw, readers
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.services.books import rows

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LAST = NOON + 3 * MINUTE
LATER = NOON + timedelta(hours=1)
BOOKS = ("pinnacle", "draftkings")


def _store(platform: Platform, moment: datetime, wrong_point: float | None) -> None:
    """Two books' spreads; with a wrong point the first one's sides do not mirror."""
    boards = []
    for book in BOOKS:
        away = wrong_point if book == "pinnacle" and wrong_point is not None else 5.5
        sides = [
            {"name": "Home", "price": 1.9, "point": -5.5},
            {"name": "Away", "price": 1.95, "point": away},
        ]
        h2h = [{"name": "Home", "price": 1.5}, {"name": "Away", "price": 2.7}]
        update = f"{moment - MINUTE / 2:%Y-%m-%dT%H:%M:%SZ}"
        markets = [
            {"key": "spreads", "last_update": update, "outcomes": sides},
            {"key": "h2h", "last_update": update, "outcomes": h2h},
        ]
        boards.append({"key": book, "title": book, "last_update": update, "markets": markets})
    event = {
        "id": "e1",
        "sport_key": "basketball_nba",
        "commence_time": "2026-03-10T12:30:00Z",
        "home_team": "Home",
        "away_team": "Away",
        "bookmakers": boards,
    }
    asked = OddsRequest("basketball_nba", ("h2h", "spreads"), BOOKS).described()
    body = json.dumps([event]).encode()
    with transaction(platform.engine) as conn:
        raw.store(
            conn,
            raw.RawRecord(uuid4(), "the_odds_api", "odds", asked, body, moment, CaptureBasis.CLOCK),
        )
    finish_pending(platform)


@pytest.fixture
def stored(platform: Platform) -> Platform:
    """Right, then wrong in two captures alike, then right again."""
    for minutes, point in enumerate((None, 9.5, 9.5, None)):
        _store(platform, NOON + minutes * MINUTE, point)
    return platform


def _strict(platform: Platform) -> Platform:
    return replace(
        platform, settings=platform.settings.model_copy(update={"reject_invalid_odds": True})
    )


def _read(platform: Platform, at: datetime, valid_only: bool, known: datetime | None = None) -> Any:
    with transaction(platform.engine) as conn:
        frame = readers.odds_at(conn, "e1", at, known, valid_only=valid_only)
    frame = frame.set_index(["bookmaker_key", "market_key", "outcome_name"]).sort_index()
    return frame[["price", "missing_reason"]]


def _invalid(platform: Platform) -> set[tuple[str, str, datetime]]:
    return set(
        rows(
            platform,
            """SELECT bookmaker_key, market_key, odds_timestamp FROM odds
            WHERE NOT is_valid AND validation_notes LIKE '%%sides state lines%%'""",
        )
    )


def _now(platform: Platform) -> datetime:
    ((now,),) = rows(platform, "SELECT clock_timestamp()")
    assert isinstance(now, datetime)
    return now


def _issue(platform: Platform) -> str:
    (item,) = review.waiting(platform, DAY, rule="mirrored_points")
    return review.name_of(item)


WRONG = {("pinnacle", "spreads", NOON + minutes * MINUTE) for minutes in (1, 2)}


def test_a_flag_covers_the_captures_that_show_the_fault_and_no_others(stored: Platform) -> None:
    validate_day(stored, DAY)
    assert _invalid(stored) == WRONG
    ((since, until),) = rows(
        stored,
        "SELECT snapshot_time, until_time FROM data_quality_logs WHERE rule = 'mirrored_points'",
    )
    assert (since, until) == (NOON + MINUTE, NOON + 2 * MINUTE)
    whole = _read(stored, NOON + 2 * MINUTE, valid_only=False)
    assert whole["price"].notna().all()
    valid = _read(stored, NOON + 2 * MINUTE, valid_only=True)
    assert set(valid.index[valid["price"].isna()]) == {
        ("pinnacle", "spreads", "Away"),
        ("pinnacle", "spreads", "Home"),
    }
    assert set(valid["missing_reason"].dropna()) == {"flagged"}
    for minutes in (0, 3):
        assert _read(stored, NOON + minutes * MINUTE, valid_only=True)["price"].notna().all()


def test_lifting_a_flag_changes_the_view_and_readers_from_then_on(stored: Platform) -> None:
    before = _now(stored)
    validate_day(stored, DAY)
    flagged = _now(stored)
    item = review.decide(stored, _issue(stored), Action.RELEASE, "they may differ", "ann").item
    assert item.status == "released"
    at = NOON + 2 * MINUTE
    assert _invalid(stored) == set()
    assert _read(stored, at, valid_only=True)["price"].notna().all()
    # What was known then stays as it was.
    assert _read(stored, at, True, flagged)["price"].isna().sum() == 2
    assert _read(stored, at, True, before)["price"].notna().all()
    validate_day(stored, DAY)  # finds it again: what somebody decided stays decided
    assert _invalid(stored) == set()
    shown = review.shown(stored, review.name_of(item))
    assert [(d.action, d.reason, d.decided_by) for d in shown.decisions] == [
        ("release", "they may differ", "ann")
    ]


def test_strict_mode_keeps_wrong_quotes_from_readers_until_they_are_released(
    stored: Platform,
) -> None:
    strict = _strict(stored)
    validate_day(strict, DAY)
    at = NOON + 2 * MINUTE
    read = _read(strict, at, valid_only=False)
    assert set(read.index[read["price"].isna()]) == {
        ("pinnacle", "spreads", "Away"),
        ("pinnacle", "spreads", "Home"),
    }
    assert set(read["missing_reason"].dropna()) == {"voided"}
    (item,) = review.waiting(strict, DAY, rule="mirrored_points")
    assert item.status == "quarantined"
    made = rows(strict, "SELECT count(*) FROM voids")
    validate_day(strict, DAY)
    assert rows(strict, "SELECT count(*) FROM voids") == made
    quarantined = _now(strict)

    decided = review.decide_day(strict, DAY, Action.RELEASE, "they may differ", "ann")
    assert review.name_of(item) in {review.name_of(one) for one in decided}
    assert _read(strict, at, valid_only=True)["price"].notna().all()
    assert _read(strict, at, False, quarantined)["price"].isna().sum() == 2
    validate_day(strict, DAY)
    assert _read(strict, at, valid_only=False)["price"].notna().all()


def test_a_quarantine_grows_with_what_still_shows_the_fault(platform: Platform) -> None:
    strict = _strict(platform)
    for minutes in (0, 1):
        _store(strict, NOON + minutes * MINUTE, 9.5)
        validate_day(strict, DAY)
        read = _read(strict, NOON + minutes * MINUTE, valid_only=False)
        assert read["price"].isna().sum() == 2
    review.decide(strict, _issue(strict), Action.RELEASE, "right after all", "ann")
    assert rows(strict, "SELECT count(*) FROM void_lifts") == rows(
        strict, "SELECT count(*) FROM voids WHERE reason LIKE '%%mirrored_points%%'"
    )
    assert _read(strict, NOON + MINUTE, valid_only=True)["price"].notna().all()


def test_a_void_by_issue_takes_its_quotes_and_lists_what_used_them(stored: Platform) -> None:
    validate_day(stored, DAY)
    item = review.decide(stored, _issue(stored), Action.VOID, "misread", "ann").item
    assert item.status == "voided"
    read = _read(stored, NOON + MINUTE, valid_only=False)
    assert set(read["missing_reason"].dropna()) == {"voided"}
    ((reason, by),) = rows(stored, "SELECT reason, created_by FROM voids")
    assert reason.startswith("voided: mirrored_points: spreads")
    assert (reason.endswith("(misread)"), by) == (True, "ann")
    kept = review.decide(stored, review.name_of(item), Action.KEEP, "asked twice", "bob").item
    assert kept.status == "voided"


def test_closing_lines_state_whether_they_used_flagged_quotes(platform: Platform) -> None:
    for minutes, point in enumerate((None, 9.5)):
        _store(platform, NOON + minutes * MINUTE, point)
    validate_day(platform, DAY)
    with transaction(platform.engine) as conn:
        lines = readers.closing_lines(conn, ["e1"])
        valid = readers.closing_lines(conn, ["e1"], valid_only=True)
    wrong = (lines["bookmaker_key"] == "pinnacle") & (lines["market_key"] == "spreads")
    assert lines["flagged"].tolist() == wrong.tolist()
    assert lines["price"].notna().all()
    assert valid.loc[wrong, "price"].isna().all()
    assert set(valid.loc[wrong, "missing_reason"]) == {"flagged"}
    pd.testing.assert_frame_equal(valid[~wrong], lines[~wrong])


@pytest.fixture
def part(platform: Platform) -> Iterator[str]:
    """A quarantined part: a price that is none."""
    _store(platform, NOON, None)
    body = rows(platform, "SELECT raw_id FROM raw_responses")[0][0]
    with transaction(platform.engine) as conn:
        conn.execute(
            """INSERT INTO quarantine (raw_id, capture_time, event_id, location, reason, evidence)
            VALUES (%s, %s, 'e1', '[0].bookmakers[9]', 'price is not a number', '{}')""",
            (body, NOON),
        )
    (item,) = review.waiting(platform, DAY)
    yield review.name_of(item)


def test_a_part_is_released_once_its_document_gives_it(platform: Platform, part: str) -> None:
    # The document, read again, does not reject that place: as after a mended parser.
    done = review.decide(platform, part, Action.RELEASE, "parser mended", "ann")
    assert (done.item.status, done.appended) == ("released", 0)
    assert review.waiting(platform, DAY) == []


def test_a_released_parts_document_is_read_again_by_the_newer_parser(
    platform: Platform, part: str
) -> None:
    """As after a mended parser: an older one had read it, and taken in nothing of it."""
    with transaction(platform.engine) as conn:
        conn.execute("UPDATE normalisations SET parser_version = 0")
    done = review.decide(platform, part, Action.RELEASE, "parser mended", "ann")
    assert (done.item.status, done.document) == ("released", 1)
    assert rows(platform, "SELECT max(parser_version) > 0 FROM normalisations") == [(True,)]


def test_what_used_an_issues_quotes_is_listed_and_worked_out_anew(stored: Platform) -> None:
    validate_day(stored, DAY)
    price_day(stored, DAY)
    done = review.decide(stored, _issue(stored), Action.VOID, "misread", "ann")
    assert "fair_prices" in {user.table for user in done.users}
    with transaction(stored.engine) as conn:
        assert market_checks.unpriced(conn, DAY) == 0


def test_a_part_that_still_cannot_be_used_is_not_released(platform: Platform) -> None:
    event = {"id": "e2", "sport_key": "basketball_nba", "home_team": "A", "away_team": "B"}
    body = json.dumps([event | {"bookmakers": []}]).encode()
    asked = OddsRequest("basketball_nba", ("h2h",), BOOKS).described()
    with transaction(platform.engine) as conn:
        raw.store(
            conn,
            raw.RawRecord(uuid4(), "the_odds_api", "odds", asked, body, NOON, CaptureBasis.CLOCK),
        )
    finish_pending(platform)
    (item,) = review.waiting(platform)
    with pytest.raises(UsageError, match="still cannot be used"):
        review.decide(platform, review.name_of(item), Action.RELEASE, "why not", "ann")
    kept = review.decide(platform, review.name_of(item), Action.KEEP, "asked", "ann").item
    assert kept.status == "open"
    gone = review.decide(platform, review.name_of(item), Action.VOID, "no start", "ann").item
    assert gone.status == "dismissed"


def test_what_names_no_item_or_gives_no_reason_is_refused(stored: Platform) -> None:
    validate_day(stored, DAY)
    with pytest.raises(UsageError, match="'x9' is no item"):
        review.shown(stored, "x9")
    with pytest.raises(NotFound, match="there is no issue 999999"):
        review.shown(stored, "999999")
    with pytest.raises(UsageError, match="needs a reason"):
        review.decide(stored, _issue(stored), Action.RELEASE, "  ", "ann")


def test_a_flagged_span_is_a_gap_in_a_movement_until_the_quote_is_right_again(
    stored: Platform,
) -> None:
    validate_day(stored, DAY)
    told = {}
    for valid_only in (False, True):
        with transaction(stored.engine) as conn:
            frame = readers.line_movement(conn, "e1", "pinnacle", "spreads", valid_only=valid_only)
        home = frame[frame["outcome_name"] == "Home"]
        told[valid_only] = list(
            zip(home["capture_time"], home["price"].fillna(0), home["missing_reason"], strict=True)
        )
    assert [row[:2] for row in told[False]] == [(NOON, 1.9)]
    assert [row[:2] for row in told[True]] == [(NOON, 1.9), (NOON + MINUTE, 0), (LAST, 1.9)]
    assert told[True][1][2] == "flagged"


def test_an_opening_line_that_is_flagged_is_none_and_no_later_one_stands_for_it(
    platform: Platform,
) -> None:
    for minutes, point in enumerate((9.5, None)):
        _store(platform, NOON + minutes * MINUTE, point)
    validate_day(platform, DAY)
    with transaction(platform.engine) as conn:
        whole = readers.opening_lines(conn, ["e1"])
        valid = readers.opening_lines(conn, ["e1"], valid_only=True)
    schema("opening_lines").validate(whole)
    schema("opening_lines").validate(valid)
    wrong = (whole["bookmaker_key"] == "pinnacle") & (whole["market_key"] == "spreads")
    assert whole["price"].notna().all()
    assert whole["flagged"].equals(wrong.astype("boolean"))
    assert valid["price"].isna().equals(wrong)
    assert set(valid.loc[wrong, "kind"]) == {"none"}
    assert set(valid.loc[wrong, "missing_reason"]) == {"flagged"}
