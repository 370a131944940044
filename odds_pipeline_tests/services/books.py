"""What the database says, for tests of services."""

from typing import Any

from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import ledger
from odds_pipeline.storage.engine import transaction


def rows(platform: Platform, query: str, *values: object) -> list[tuple[Any, ...]]:
    with transaction(platform.engine) as conn:
        return conn.execute(query, values).fetchall()


def spent(platform: Platform) -> tuple[float, float]:
    """Credits spent and reserved this month by our own ledger."""
    with transaction(platform.engine) as conn:
        balance = ledger.balance(conn, platform.key_fingerprint)
    return balance.spent, balance.reserved


def entries(platform: Platform) -> list[tuple[str, float]]:
    """The ledger's entries in order."""
    found = rows(platform, "SELECT entry, credits FROM credit_ledger ORDER BY entry_id")
    return [(entry, float(credits)) for entry, credits in found]


def slots_of(platform: Platform) -> list[tuple[str, str, str | None]]:
    """Purpose, status and reason of every slot that is not merely planned."""
    return rows(
        platform,
        """SELECT purpose, status, reason FROM slots WHERE status <> 'planned'
        ORDER BY slot_time, purpose""",
    )
