"""Backtests on record: what was run, on what, and what came of it.

Belongs here: keeping and reading experiments. Does not belong here: running them
(``services.backtests``).

An experiment is a draft until it begins, runs while the process that runs it holds its lock, and
ends completed or failed. One whose process is gone is found out at the next look.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from odds_pipeline.errors import NotFound, StorageError
from odds_pipeline.storage.frames import fetch_frame
from odds_pipeline.storage.locks import EXPERIMENT, TRIALS, take

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

Connection = psycopg.Connection[Any]
DIED = "its process ended before it was done"

_COLUMNS = """
SELECT e.id, e.name, e.strategy, e.config, e.dataset_id, d.snapshot_id AS dataset, e.dataset_hash,
    e.code_version, e.seed, e.risk_mode, e.bankroll, e.league, e.week,
    coalesce(e.partition_key, e.id::text) AS partition_key, e.status, e.metrics, e.error,
    e.created_at, e.started_at, e.completed_at
FROM experiments e LEFT JOIN dataset_snapshots d ON d.id = e.dataset_id
"""

_MAY_GIVE_UP = """
SELECT EXISTS (SELECT FROM experiments WHERE status = 'running')
    AND has_table_privilege('experiments', 'UPDATE') AND NOT pg_is_in_recovery()
    AND current_setting('transaction_read_only') = 'off'
"""

# Only locks of running ones are tried: a draft's is about to be taken by who begins it. One that
# ended since it was looked at stays as it ended.
_GIVE_UP = """
WITH running AS MATERIALIZED (SELECT id FROM experiments WHERE status = 'running')
UPDATE experiments e
SET status = 'failed', error = %(error)s, completed_at = clock_timestamp()
FROM running r
WHERE r.id = e.id AND e.status = 'running' AND pg_try_advisory_xact_lock(%(lock)s, e.id::integer)
"""


@dataclass(frozen=True, slots=True)
class Experiment:
    """One experiment; ``metrics`` once it is completed, ``error`` once it failed.

    ``dataset`` is the snapshot id of the dataset it is bound to; ``None`` where it ran on what was
    stored, or the dataset was deleted.
    """

    id: int
    name: str
    strategy: str
    config: dict[str, Any]
    dataset_id: int | None
    dataset: str | None
    dataset_hash: str | None
    code_version: str
    seed: int
    risk_mode: str
    bankroll: float
    league: str | None
    week: str | None
    partition_key: str
    status: str
    metrics: dict[str, Any] | None
    error: str | None
    created_at: "datetime"
    started_at: "datetime | None"
    completed_at: "datetime | None"


def draft(
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
    week: str | None = None,
    dataset_id: int | None = None,
    partition_key: str | None = None,
) -> int:
    """Put an experiment on record before it begins; returns its id.

    Args:
        conn: a connection inside a transaction.
        name: what a person called it.
        strategy: its name, or ``module:Class``.
        config: what was chosen.
        code_version: of what will run.
        seed: of what is drawn.
        risk_mode: how it is staked.
        bankroll: money at the beginning.
        league: sport keys.
        week: as the dataset has it.
        dataset_id: the dataset it is bound to.
        partition_key: its partition in Dagster; its id without one.
    """
    row = conn.execute(
        """INSERT INTO experiments (name, strategy, config, code_version, seed, risk_mode,
            bankroll, league, week, dataset_id, partition_key)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
        (
            *(name, strategy, Jsonb(dict(config)), code_version, seed, risk_mode, bankroll),
            *(league, week, dataset_id, partition_key),
        ),
    ).fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def living(conn: Connection, experiment: int) -> Iterator[None]:
    """Show for the length of the block that somebody works on the experiment.

    Args:
        conn: a connection outside any transaction; what it held is let go when its process ends.
        experiment: its id.

    Raises:
        StorageError: another process works on it.
    """
    row = conn.execute("SELECT pg_try_advisory_lock(%s, %s)", (EXPERIMENT, experiment)).fetchone()
    if row is None or not row[0]:
        raise StorageError(f"experiment {experiment} runs in another process")
    try:
        yield
    finally:
        with suppress(psycopg.OperationalError):  # a lost connection has lost the lock too
            conn.execute("SELECT pg_advisory_unlock(%s, %s)", (EXPERIMENT, experiment))


def start(conn: Connection, experiment: int, code_version: str) -> None:
    """Begin a draft.

    Raises:
        StorageError: it is none any more.
    """
    begun = conn.execute(
        """UPDATE experiments SET status = 'running', started_at = clock_timestamp(),
            code_version = %s WHERE id = %s AND status = 'draft'""",
        (code_version, experiment),
    )
    if not begun.rowcount:
        raise StorageError(f"experiment {experiment} has begun already")


def give_up_dead(conn: Connection) -> None:
    """Fail the experiments that run nowhere any more; who may only read leaves that to others."""
    row = conn.execute(_MAY_GIVE_UP).fetchone()
    if row is not None and row[0]:
        take(conn, TRIALS)
        conn.execute(_GIVE_UP, {"error": DIED, "lock": EXPERIMENT})


def ran_on(conn: Connection, experiment: int, dataset_hash: str) -> None:
    """Note the hash of what it ran on."""
    conn.execute(
        "UPDATE experiments SET dataset_hash = %s WHERE id = %s", (dataset_hash, experiment)
    )


def complete(conn: Connection, experiment: int, metrics: Mapping[str, Any]) -> None:
    """Keep what came of it.

    Raises:
        StorageError: it was given up: its connection had been lost.
    """
    done = conn.execute(
        """UPDATE experiments SET status = 'completed', metrics = %s,
            completed_at = clock_timestamp() WHERE id = %s AND status = 'running'""",
        (Jsonb(dict(metrics)), experiment),
    )
    if not done.rowcount:
        raise StorageError(f"experiment {experiment} was given up before it was done")


def fail(conn: Connection, experiment: int, error: str) -> None:
    """Keep why it failed; once it has read its data, it is a trial on that from now on."""
    take(conn, TRIALS)
    conn.execute(
        """UPDATE experiments SET status = 'failed', error = %s,
            completed_at = clock_timestamp() WHERE id = %s AND status = 'running'""",
        (error, experiment),
    )


def daily_ratios(
    conn: Connection, dataset_hash: str, before: "Experiment | None" = None
) -> list[float]:
    """The daily Sharpe ratio of every run that ended on this data: one entry a trial, in order.

    Every point of a sweep is a trial. So is a run that failed after it had read the data, with a
    ratio of NaN: its strategy has seen them, and nobody can say what it has told. No other run ends
    before the transaction does, so that each knows all before it.

    Args:
        conn: a connection inside a transaction.
        dataset_hash: of the data.
        before: only runs that ended before this one.
    """
    take(conn, TRIALS)
    rows = conn.execute(
        """SELECT CASE WHEN p.point IS NULL THEN (e.metrics ->> 'daily_sharpe')::double precision
            ELSE p.daily_sharpe END
        FROM experiments e LEFT JOIN sweep_points p ON p.experiment_id = e.id
        WHERE e.dataset_hash = %(hash)s AND e.status IN ('completed', 'failed')
          AND (%(before)s::timestamptz IS NULL OR e.completed_at < %(before)s)
        ORDER BY e.completed_at, e.id, p.point""",
        {"hash": dataset_hash, "before": None if before is None else before.completed_at},
    )
    return [float("nan") if ratio is None else float(ratio) for (ratio,) in rows]


def trials_until(conn: Connection, of: "Experiment") -> int:
    """How many trials on the same data had ended up to this one, its own included."""
    if of.dataset_hash is None:
        return 0
    row = conn.execute(
        "SELECT greatest(count(*), 1) FROM sweep_points WHERE experiment_id = %s", (of.id,)
    ).fetchone()
    assert row is not None
    return len(daily_ratios(conn, of.dataset_hash, of)) + int(row[0])


def find(conn: Connection, experiment: int) -> Experiment:
    """One experiment.

    Raises:
        NotFound: there is none of that number.
    """
    found = _one(conn, "WHERE e.id = %s", experiment)
    if found is None:
        raise NotFound(f"no experiment {experiment}; `odds backtest list` shows those there are")
    return found


def of_partition(conn: Connection, key: str) -> Experiment | None:
    """The experiment of a partition in Dagster; ``None`` where nothing was run in it."""
    return _one(conn, "WHERE coalesce(e.partition_key, e.id::text) = %s", key)


def _one(conn: Connection, where: str, value: object) -> Experiment | None:
    give_up_dead(conn)
    with conn.cursor(row_factory=class_row(Experiment)) as cursor:
        return cursor.execute(_COLUMNS + where, (value,)).fetchone()


def newest(conn: Connection, limit: int, least_roi: float | None = None) -> "pd.DataFrame":
    """The newest experiments, one row each, newest first.

    Args:
        conn: a connection inside a transaction.
        limit: how many.
        least_roi: only completed ones whose ROI is above it.
    """
    give_up_dead(conn)
    return fetch_frame(
        conn,
        _NEWEST if least_roi is None else _ABOVE,
        {"limit": limit, "least_roi": least_roi},
    )


_SHOWN = """
SELECT e.id, e.name, e.strategy, d.snapshot_id AS dataset, e.league, e.week, e.status,
    e.risk_mode, e.started_at, (metrics ->> 'total_bets')::bigint AS total_bets,
    (metrics ->> 'total_profit')::double precision AS total_profit,
    (metrics ->> 'roi')::double precision AS roi, e.dataset_hash, e.error
FROM experiments e LEFT JOIN dataset_snapshots d ON d.id = e.dataset_id
"""
_NEWEST = _SHOWN + "ORDER BY e.id DESC LIMIT %(limit)s"
# Answered by ix_experiments_roi, however many experiments there are.
_ABOVE = (
    _SHOWN
    + """WHERE (e.metrics ->> 'roi')::double precision > %(least_roi)s
ORDER BY e.id DESC LIMIT %(limit)s"""
)


def counts(conn: Connection) -> dict[str, int]:
    """How many experiments there are, by status."""
    give_up_dead(conn)
    rows = conn.execute("SELECT status, count(*) FROM experiments GROUP BY status ORDER BY status")
    return {str(status): int(count) for status, count in rows}
