"""The tables, as SQLAlchemy Core metadata: what Alembic compares the database with.

Belongs here: columns, keys, checks and the comment of every table. Does not belong here: views,
triggers and functions (``migrations``), queries (the writers and readers beside this file).

Units: prices are decimal odds; times are ``timestamptz`` in UTC; credits are the provider's.
"Append-only" tables are never updated; those marked immutable also refuse it by trigger.
"""

from odds_pipeline.storage.tables import (
    archive,
    collection,
    corrections,
    deployment,
    dimensions,
    facts,
    identity,
    market,
    operation,
    quality,
    raw,
    research,
)
from odds_pipeline.storage.tables.conventions import metadata

__all__ = [
    "archive",
    "collection",
    "corrections",
    "deployment",
    "dimensions",
    "facts",
    "identity",
    "market",
    "metadata",
    "operation",
    "quality",
    "raw",
    "research",
]
