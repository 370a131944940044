"""A day's checks in strict mode, and the job by which a person decides about its quarantine."""

import json
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from odds_pipeline.catalog.observations import CaptureBasis
from odds_pipeline.composition import open_platform
from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.orchestration.jobs import JUDGE
from odds_pipeline.orchestration.review import REVIEW
from odds_pipeline.orchestration.runs import run_collection
from odds_pipeline.services import review
from odds_pipeline.services.normalise import finish_pending
from odds_pipeline.settings import Settings
from odds_pipeline.sources.the_odds_api.queries import OddsRequest
from odds_pipeline.storage import raw
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.orchestration.conftest import GAME_DAY, NOW, Stage

CHECK = dg.AssetCheckKey(dg.AssetKey("odds"), "mirrored_points")
MORNING = datetime.combine(GAME_DAY, time(9), NOW.tzinfo)


def _store(settings: Settings) -> None:
    """One book's spread whose two sides do not mirror."""
    update = f"{MORNING - timedelta(seconds=30):%Y-%m-%dT%H:%M:%SZ}"
    sides = [
        {"name": "Home", "price": 1.9, "point": -5.5},
        {"name": "Away", "price": 1.95, "point": 9.5},
    ]
    market = {"key": "spreads", "last_update": update, "outcomes": sides}
    book = {"key": "pinnacle", "title": "Pinnacle", "last_update": update, "markets": [market]}
    event = {
        "id": "e1",
        "sport_key": "basketball_nba",
        "commence_time": f"{MORNING + timedelta(hours=9):%Y-%m-%dT%H:%M:%SZ}",
        "home_team": "Home",
        "away_team": "Away",
        "bookmakers": [book],
    }
    asked = OddsRequest("basketball_nba", ("spreads",), ("pinnacle",)).described()
    body = json.dumps([event]).encode()
    record = raw.RawRecord(
        uuid4(), "simulator", "odds", asked, body, MORNING, CaptureBasis.CLOCK, status=200
    )
    with open_platform(settings) as platform:
        with transaction(platform.engine) as conn:
            raw.store(conn, record)
        finish_pending(platform)


def _checked(
    stage: Stage,
) -> tuple[AssetCheckExecutionRecordStatus, bool | None, Mapping[str, Any]]:
    storage = stage.instance.event_log_storage
    (record,) = storage.get_asset_check_execution_history(CHECK, limit=1)
    assert record.event is not None and record.event.dagster_event is not None
    evaluation = record.event.dagster_event.asset_check_evaluation_data
    assert evaluation.partition == GAME_DAY.isoformat()
    return record.status, evaluation.blocking, evaluation.metadata


def test_strict_mode_stops_what_follows_until_somebody_decides(stage: Stage) -> None:
    strict = stage.settings.model_copy(update={"reject_invalid_odds": True})
    _store(strict)
    outcome = run_collection(strict, GAME_DAY, stage.instance, job=JUDGE)
    assert not outcome.success
    # The log itself is not stopped: whoever waits for a judgement must not wait for ever.
    assert GAME_DAY.isoformat() in stage.materialised("data_quality_log")
    status, blocking, metadata = _checked(stage)
    assert (status, blocking) == (AssetCheckExecutionRecordStatus.FAILED, True)
    assert (metadata["issues"].value, metadata["checked"].value) == (1, 2)
    assert metadata["worst offenders"].records[0].data["bookmaker_key"] == "pinnacle"

    config = {
        "day": GAME_DAY.isoformat(),
        "action": "RELEASE",
        "reason": "an alternate line",
        "by": "ann",
        "rule": "mirrored_points",
    }
    job = build_definitions(strict).resolve_job_def(REVIEW)
    done = job.execute_in_process(
        run_config={"ops": {"decide": {"config": config}}}, instance=stage.instance
    )
    assert done.success
    with open_platform(strict) as platform:
        assert review.waiting(platform, GAME_DAY, rule="mirrored_points") == []
        (item,) = review.waiting(platform, GAME_DAY, rule="mirrored_points", everything=True)
        (decision,) = review.shown(platform, review.name_of(item)).decisions
    assert (item.status, decision.decided_by, decision.reason) == (
        "released",
        "ann",
        "an alternate line",
    )


def test_what_is_merely_flagged_stops_nothing(stage: Stage) -> None:
    _store(stage.settings)
    assert run_collection(stage.settings, GAME_DAY, stage.instance, job=JUDGE).success
    status, blocking, _ = _checked(stage)
    assert (status, blocking) == (AssetCheckExecutionRecordStatus.FAILED, False)
