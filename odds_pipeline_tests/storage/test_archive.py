"""Archived months answer as hot ones do, and nothing that is killed loses a row."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import CaptureBasis, OddsCapture
from odds_pipeline.errors import StorageError, UsageError
from odds_pipeline.services import archive as archiving
from odds_pipeline.services.archive import archivable, clean, oldest_kept
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.storage import raw
from odds_pipeline.storage.archive import manifest
from odds_pipeline.storage.archive.verify import content
from odds_pipeline.storage.engine import open_engine, transaction
from odds_pipeline.storage.readers import odds_at
from odds_pipeline_tests.storage.histories import batch_sizes, histories, offers, store_history
from odds_pipeline_tests.storage.months import answers, over_two_months, platform_of
from odds_pipeline_tests.storage.test_point_in_time import _read

FEBRUARY = date(2026, 2, 1)
EXAMPLES = settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _hot(conn: psycopg.Connection[Any]) -> set[str]:
    return {partition.table for partition in manifest.partitions(conn)}


@EXAMPLES
@given(history=histories(), sizes=batch_sizes(), late=st.integers(0, 7))
def test_archived_months_answer_the_same_questions(
    engine: Engine,
    home: Path,
    clock: SteppedClock,
    history: Sequence[OddsCapture],
    sizes: Sequence[int],
    late: int,
) -> None:
    """Each example adds to what those before it have archived."""
    platform = platform_of(engine, home, clock)
    told = over_two_months(history)
    first, second = told[:late], told[late:]
    with transaction(engine) as conn:
        known = store_history(conn, first, sizes) if first else []
        hot = answers(conn, known) if known else []
    clean(platform, "0d")
    with transaction(engine) as conn:
        assert "quotes_2026_02" not in _hot(conn)
        assert (answers(conn, known) if known else []) == hot
    with transaction(engine) as conn:
        known += store_history(conn, second, sizes) if second else []
    with transaction(engine) as conn:
        for event_id in {e.event.event_id for c in told for e in c.events}:
            for at in sorted({c.capture_time for c in told}):
                for known_by in (k.known_time for k in known):
                    assert _read(conn, event_id, at, known_by) == offers(
                        known, event_id, at, known_by
                    )
        united = answers(conn, known)
    clean(platform, "0d")
    with transaction(engine) as conn:
        assert answers(conn, known) == united
        for one in manifest.all_current(conn):
            content(one)
