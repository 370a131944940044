"""Runs the migrations against the database that the settings name."""

import re

from alembic import context
from sqlalchemy import create_engine, pool

from odds_pipeline.redaction import install
from odds_pipeline.settings import load_settings
from odds_pipeline.storage.database import database
from odds_pipeline.storage.tables import metadata

PARTITION = re.compile(r"_\d{4}_\d{2}$")


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Leave monthly partitions to the writers that make them."""
    return kind != "table" or name is None or PARTITION.search(name) is None


def migrate(url: str) -> None:
    """Run the asked revisions in one transaction, never waiting long for a lock."""
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("SET lock_timeout = '5s'")
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            compare_type=True,
            compare_server_default=True,
            include_name=ours,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


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
    named = settings.database_url
    with database(named.get_secret_value() if named else None, settings.home) as address:
        migrate(address)
