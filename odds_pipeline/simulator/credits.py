"""What calls cost and what is left, counted independently of the platform's own ledger.

Belongs here: cost formulas, the count of each key and month, its state file. Does not belong
here: which call is paid. Units: credits; a month is a calendar month in UTC.

Costs (provider guide): markets x regions, each started ten bookmakers being one region; ten times
that for history; nothing for empty data. A call is admitted while any credit is left and then
charged in full, so what remains may end below zero.
"""

import json
import os
from collections import defaultdict
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from odds_pipeline.errors import UsageError

HISTORICAL_FACTOR = 10
FREE_PLAN = 500  # credits a month of the plan that has no history
_BOOKS_A_REGION = 10
_DIGEST_LENGTH = 16


def region_count(regions: int, bookmakers: int) -> int:
    """Regions billed: bookmakers, where named, override regions."""
    return -(-bookmakers // _BOOKS_A_REGION) if bookmakers else regions


def odds_cost(markets: int, regions: int, *, historical: bool) -> int:
    """Credits of one odds call with data."""
    return markets * regions * (HISTORICAL_FACTOR if historical else 1)


def scores_cost(days_from: int | None) -> int:
    """Credits of one scores call with data."""
    return 1 if days_from is None else 2


class CreditCount:
    """Credits charged by key and month.

    Keys are kept as digests only, in memory and in the state file.

    Args:
        quota: credits a month, for every key.
        state: JSON file that carries the count over a restart; ``None`` forgets it.

    Raises:
        UsageError: the state file cannot be read as one.
    """

    def __init__(self, quota: int, state: Path | None) -> None:
        self._quota = quota
        self._state = state
        self._used: defaultdict[str, dict[str, int]] = defaultdict(dict)
        if state is not None and state.exists():
            self._used.update(_read(state))

    @property
    def is_free_plan(self) -> bool:
        """Whether nobody pays for so small a quota."""
        return self._quota <= FREE_PLAN

    def used(self, key: str, now: datetime) -> int:
        """Credits the key has used in the month of ``now``."""
        return self._used[_month(now)].get(_digest(key), 0)

    def remaining(self, key: str, now: datetime) -> int:
        """Credits left in the month of ``now``; may be negative."""
        return self._quota - self.used(key, now)

    def total(self, key: str) -> int:
        """Credits the key was ever charged."""
        return sum(month.get(_digest(key), 0) for month in list(self._used.values()))

    def charge(self, key: str, amount: int, now: datetime) -> None:
        """Add a charge and keep it in the state file."""
        if amount == 0:
            return
        self._used[_month(now)][_digest(key)] = self.used(key, now) + amount
        if self._state is not None:
            _write(self._state, self._used)


def _month(now: datetime) -> str:
    return now.strftime("%Y-%m")


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:_DIGEST_LENGTH]


def _read(state: Path) -> dict[str, dict[str, int]]:
    try:
        months = json.loads(state.read_bytes())
        return {
            str(month): {str(key): int(used) for key, used in keys.items()}
            for month, keys in months.items()
        }
    except (ValueError, AttributeError, TypeError):
        reason = f"{state} is not a credit count of the loopback provider; delete it to start anew"
    raise UsageError(reason)


def _write(state: Path, used: dict[str, dict[str, int]]) -> None:
    state.parent.mkdir(parents=True, exist_ok=True)
    fresh = state.with_name(f"{state.name}.{os.getpid()}.new")
    fresh.write_text(json.dumps(used, sort_keys=True))
    fresh.replace(state)
