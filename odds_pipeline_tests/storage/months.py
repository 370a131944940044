"""Random histories laid over the end of one month, and a platform that can clean it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import pandas as pd
import psycopg
from sqlalchemy import Engine

from odds_pipeline.catalog.observations import OddsCapture
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.spool import Spool
from odds_pipeline.settings import Settings
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.storage.readers import (
    compare_bookmakers,
    events_between,
    line_movement,
    odds_at,
)
from odds_pipeline_tests.storage.histories import BOOKS, MARKETS, Known

_DAYS = (("2026-03-01", "2026-02-28"), ("2026-03-02", "2026-03-01"), ("2026-03-03", "2026-03-02"))


def over_two_months(history: Sequence[OddsCapture]) -> list[OddsCapture]:
    """The same history a day earlier: from the last evening of February into March."""
    text = msgspec.json.encode(list(history)).decode()
    for day, before in _DAYS:
        text = text.replace(f'"{day}T', f'"{before}T')
    return msgspec.json.decode(text, type=list[OddsCapture])


def _no_provider() -> NoReturn:
    raise AssertionError("nobody is asked")


def platform_of(engine: Engine, home: Path, clock: SteppedClock) -> Platform:
    """A platform without a provider."""
    settings = Settings(_env_file=None, odds_home=home)
    return Platform(settings, engine, Spool(home / "spool"), _no_provider, clock.now)


def answers(conn: psycopg.Connection[Any], known: Sequence[Known]) -> list[str]:
    """Everything the readers say of a history's events, at and by each of its moments."""
    events = sorted({e.event.event_id for k in known for e in k.capture.events})
    moments = sorted({k.capture.capture_time for k in known})
    sport = known[0].capture.scope.sport_key
    start, end = moments[0].replace(year=2025), moments[-1].replace(year=2027)
    told: list[pd.DataFrame] = []
    for known_by in (known[0].known_time, known[-1].known_time):
        for at in moments:
            told.append(events_between(conn, start, end, sport, at, known_by))
            told.append(odds_at(conn, events, at, known_by))
        for event in events:
            told.append(compare_bookmakers(conn, event, "h2h", moments[-1], known_by))
            for book in BOOKS:
                told.extend(
                    line_movement(conn, event, book, market, None, known_by) for market in MARKETS
                )
    return [frame.to_csv(index=False) for frame in told]
