"""Backtests on record: what was run, on what, and what came of it.

Belongs here: keeping and reading experiments. Does not belong here: running them
(``services.backtests``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from odds_pipeline.errors import NotFound
from odds_pipeline.storage.frames import fetch_frame

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Experiment:
    """One experiment; ``metrics`` once it is completed, ``error`` once it failed."""

    id: int
    name: str
    strategy: str
    config: dict[str, Any]
    dataset_hash: str | None
    code_version: str
    seed: int
    risk_mode: str
    bankroll: float
    league: str | None
    status: str
    metrics: dict[str, Any] | None
    error: str | None
    started_at: "datetime"
    completed_at: "datetime | None"


def begin(
    conn: Connection,
    *,
    name: str,
    strategy: str,
    config: Mapping[str, Any],
    code_version: str,
    seed: int,
    risk_mode: str,
    bankroll: float,
    league: str | None,
) -> int:
    """Put a run on record before it starts; returns its id."""
    row = conn.execute(
        """INSERT INTO experiments
            (name, strategy, config, code_version, seed, risk_mode, bankroll, league)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
        (name, strategy, Jsonb(dict(config)), code_version, seed, risk_mode, bankroll, league),
    ).fetchone()
    assert row is not None
    return int(row[0])


def ran_on(conn: Connection, experiment: int, dataset_hash: str) -> None:
    """Note the hash of what it ran on."""
    conn.execute(
        "UPDATE experiments SET dataset_hash = %s WHERE id = %s", (dataset_hash, experiment)
    )


def complete(conn: Connection, experiment: int, metrics: Mapping[str, Any]) -> None:
    """Keep what came of it."""
    conn.execute(
        """UPDATE experiments SET status = 'completed', metrics = %s,
            completed_at = clock_timestamp() WHERE id = %s""",
        (Jsonb(dict(metrics)), experiment),
    )


def fail(conn: Connection, experiment: int, error: str) -> None:
    """Keep why it failed."""
    conn.execute(
        """UPDATE experiments SET status = 'failed', error = %s,
            completed_at = clock_timestamp() WHERE id = %s""",
        (error, experiment),
    )


def daily_ratios(conn: Connection, dataset_hash: str) -> list[float]:
    """The daily Sharpe ratio of every completed run on this data: one entry a trial.

    Every point of a sweep is one.
    """
    rows = conn.execute(
        """SELECT CASE WHEN p.point IS NULL THEN (e.metrics ->> 'daily_sharpe')::double precision
            ELSE p.daily_sharpe END
        FROM experiments e LEFT JOIN sweep_points p ON p.experiment_id = e.id
        WHERE e.dataset_hash = %s AND e.status = 'completed'
        ORDER BY e.completed_at, e.id, p.point""",
        (dataset_hash,),
    )
    return [float("nan") if ratio is None else float(ratio) for (ratio,) in rows]


def find(conn: Connection, experiment: int) -> Experiment:
    """One experiment.

    Raises:
        NotFound: there is none of that number.
    """
    with conn.cursor(row_factory=class_row(Experiment)) as cursor:
        found = cursor.execute(
            """SELECT id, name, strategy, config, dataset_hash, code_version, seed, risk_mode,
                bankroll, league, status, metrics, error, started_at, completed_at
            FROM experiments WHERE id = %s""",
            (experiment,),
        ).fetchone()
    if found is None:
        raise NotFound(f"no experiment {experiment}; `odds backtest list` shows those there are")
    return found


def newest(conn: Connection, limit: int) -> "pd.DataFrame":
    """The newest experiments, one row each, newest first."""
    return fetch_frame(
        conn,
        """SELECT id, name, strategy, league, status, risk_mode, started_at,
            (metrics ->> 'total_bets')::bigint AS total_bets,
            (metrics ->> 'total_profit')::double precision AS total_profit,
            (metrics ->> 'roi')::double precision AS roi, dataset_hash, error
        FROM experiments ORDER BY id DESC LIMIT %(limit)s""",
        {"limit": limit},
    )
