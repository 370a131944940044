"""Which fault strikes which call.

Belongs here: faults for the next calls, faults by share, and the count of those played. Does not
belong here: what a fault does (``families``). Safe to use from several threads.
"""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from odds_pipeline.errors import UsageError
from odds_pipeline.simulator.endpoints import ENDPOINTS
from odds_pipeline.simulator.faults.fault import Fault
from odds_pipeline.simulator.faults.registry import fault_named


@dataclass(slots=True)
class _Ordered:
    fault: Fault
    left: int
    endpoint: str | None


class Faults:
    """The faults that are switched on.

    Args:
        seed: of the draws; the same seed and the same order of calls give the same faults.
        shares: share of all calls by name of fault, each from 0 to 1 and together at most 1.

    Raises:
        UsageError: an unknown name or a share that is none.
    """

    def __init__(self, seed: int = 0, shares: Mapping[str, float] | None = None) -> None:
        self._lock = Lock()
        self._random = random.Random(seed)
        self._shares = [(fault_named(name), share) for name, share in (shares or {}).items()]
        self._ordered: list[_Ordered] = []
        self._played: Counter[str] = Counter()
        self._elsewhere = 0
        total = sum(share for _, share in self._shares)
        if not all(0 <= share <= 1 for _, share in self._shares) or total > 1 + 1e-9:
            raise UsageError("shares of faults are from 0 to 1, and together at most 1")

    def next(self, name: str, *, times: int = 1, endpoint: str | None = None) -> None:
        """Let the next calls meet a fault, after those ordered before.

        Args:
            name: of the fault.
            times: for how many calls.
            endpoint: only calls of this one, by its path as in the table of endpoints, such as
                ``/v4/sports/{sport}/odds``.

        Raises:
            UsageError: an unknown fault or endpoint.
        """
        if endpoint is not None and all(one.path != endpoint for one in ENDPOINTS):
            raise UsageError(f"no endpoint has the path {endpoint!r}")
        ordered = _Ordered(fault_named(name), times, endpoint)
        with self._lock:
            self._ordered.append(ordered)

    def clear(self) -> None:
        """Forget what was ordered for the next calls."""
        with self._lock:
            self._ordered.clear()

    def draw(self, endpoint: str) -> Fault | None:
        """The fault of one call to an endpoint, named by its path; ``None`` for a proper answer."""
        with self._lock:
            struck = self._first_ordered(endpoint) or self._by_share()
            if struck is not None:
                self._played[struck.name] += 1
            return struck

    def played(self) -> dict[str, int]:
        """How often each fault has struck."""
        with self._lock:
            return dict(self._played)

    def note_elsewhere(self, credits: int) -> None:
        """Remember credits that a fault has spent in someone else's name."""
        with self._lock:
            self._elsewhere += credits

    @property
    def spent_elsewhere(self) -> int:
        """Credits that faults have spent as a second user of a key; part of what is charged."""
        return self._elsewhere

    def _first_ordered(self, endpoint: str) -> Fault | None:
        for ordered in self._ordered:
            if ordered.endpoint in (None, endpoint):
                ordered.left -= 1
                if ordered.left <= 0:
                    self._ordered.remove(ordered)
                return ordered.fault
        return None

    def _by_share(self) -> Fault | None:
        if not self._shares:
            return None
        drawn = self._random.random()
        for fault, share in self._shares:
            if drawn < share:
                return fault
            drawn -= share
        return None
