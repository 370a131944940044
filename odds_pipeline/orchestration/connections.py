"""Lets a process keep its connections to Dagster's database for as long as it needs them.

Belongs here: keeping them, and giving up those that the server ended. Does not belong here: our
own database's connections (``storage.engine``).

Dagster stores each event of a run through three new connections, which costs more than storing it.
"""

from select import POLLIN, poll
from typing import Protocol

import dagster as dg
from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import NullPool

from odds_pipeline.storage.engine import STATEMENT_MS

RECYCLED_S, OVERFLOW = 3600, 5


class _Driver(Protocol):
    def fileno(self) -> int: ...


def keep_connected(instance: dg.DagsterInstance) -> None:
    """Keep this process's connections to Dagster's database, as Dagster's webserver does.

    One that the server ended meanwhile is replaced, which the webserver leaves to its user. An
    instance that keeps them already, or has no such database, stays as it is.
    """
    if not any(isinstance(engine.pool, NullPool) for engine in _engines(instance)):
        return
    instance.optimize_for_webserver(
        statement_timeout=STATEMENT_MS, pool_recycle=RECYCLED_S, max_overflow=OVERFLOW
    )
    for engine in _engines(instance):
        event.listen(engine, "checkout", _require_standing)


def _engines(instance: dg.DagsterInstance) -> list[Engine]:
    storages = (instance.run_storage, instance.event_log_storage, instance.schedule_storage)
    engines = (getattr(storage, "_engine", None) for storage in storages)
    return [one for one in engines if one is not None and one.dialect.name == "postgresql"]


def _require_standing(driver: _Driver, *_: object) -> None:
    """Refuse a connection that says something where nothing was asked: that the server ends it."""
    asked = poll()
    asked.register(driver.fileno(), POLLIN)
    if asked.poll(0):
        raise DisconnectionError
