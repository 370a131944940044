"""The grids of sweeps on record.

Belongs here: keeping and reading every point. Does not belong here: the sweep's own record
(``experiments``), running it (``services.sweeps``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class KeptPoint:
    """One point: its values by axis, and its figures."""

    point: int
    parameters: dict[str, str]
    daily_sharpe: float | None
    metrics: dict[str, Any]


def keep(conn: Connection, experiment: int, points: Iterable[KeptPoint]) -> None:
    """Keep every point of a sweep; each counts as a trial from the sweep's completion on."""
    copy = "COPY sweep_points (experiment_id, point, parameters, daily_sharpe, metrics) FROM STDIN"
    with conn.cursor() as cursor, cursor.copy(copy) as rows:
        for each in points:
            rows.write_row(
                (
                    experiment,
                    each.point,
                    _json(each.parameters),
                    each.daily_sharpe,
                    _json(each.metrics),
                )
            )


def points_of(conn: Connection, experiment: int) -> list[KeptPoint]:
    """Every point of a sweep in its order; none of a single run."""
    with conn.cursor(row_factory=class_row(KeptPoint)) as cursor:
        return cursor.execute(
            """SELECT point, parameters, daily_sharpe, metrics FROM sweep_points
            WHERE experiment_id = %s ORDER BY point""",
            (experiment,),
        ).fetchall()


def _json(value: Mapping[str, Any]) -> Jsonb:
    return Jsonb(dict(value))
