"""Runs the migrations against the database that the settings name."""

import time

from alembic import context
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, create_engine, pool
from sqlalchemy.exc import OperationalError

from odds_pipeline.redaction import install
from odds_pipeline.settings import load_settings
from odds_pipeline.storage.database import database
from odds_pipeline.storage.drift import ours
from odds_pipeline.storage.tables import metadata

LOCK_MS = 200
TRIES = 45
PAUSE_SECONDS = 0.1


def migrate(url: str) -> None:
    """Run the asked revisions, each in a transaction of its own, never waiting long for a lock.

    Whoever needs a table that a migration waits for waits behind it: so it gives up soon, lets
    them through and tries again. What was done before stays done.
    """
    engine = create_engine(url, poolclass=pool.NullPool)
    for left in range(TRIES - 1, -1, -1):
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_MS}ms'")
            connection.commit()
            if _ran(connection, last=not left):
                break
        time.sleep(PAUSE_SECONDS)
    engine.dispose()


def _ran(connection: Connection, *, last: bool) -> bool:
    """Run what is left of the asked revisions; False where a lock was not to be had."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        compare_server_default=True,
        include_name=ours,
        transaction_per_migration=True,
    )
    before = context.get_context().get_current_heads()
    connection.rollback()
    try:
        with context.begin_transaction():
            context.run_migrations()
    except OperationalError as refused:
        connection.rollback()
        after = context.get_context().get_current_heads()
        # "Two down" means another revision once one of them is done.
        counted = str(context.get_revision_argument())[:1] in "+-"
        if last or not isinstance(refused.orig, LockNotAvailable) or (counted and after != before):
            raise
        return False
    return True


def print_sql() -> None:
    """Write the statements instead of running them; needs no database."""
    context.configure(
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},  # others double every percent sign
        target_metadata=metadata,
        literal_binds=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    print_sql()
else:
    settings = load_settings()
    install(settings)
    with database(settings.direct_database, settings.home) as address:
        migrate(address)
