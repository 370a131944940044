"""How many calls a second one key may make.

Belongs here: the frequency limit. Does not belong here: credits. Elapsed time is measured on a
monotonic clock, never on the provider's own, which may stand still.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable

CALLS_A_SECOND = 30
_WINDOW = 1.0


class FrequencyLimit:
    """Admits at most ``calls`` a key in any one second; ``None`` admits every call."""

    def __init__(self, calls: int | None, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._calls = calls
        self._elapsed = elapsed
        self._admitted: defaultdict[str, deque[float]] = defaultdict(deque)

    def admits(self, key: str) -> bool:
        """Whether this call may pass; a refused one does not count against the next."""
        if self._calls is None:
            return True
        now = self._elapsed()
        admitted = self._admitted[key]
        while admitted and now - admitted[0] >= _WINDOW:
            admitted.popleft()
        if len(admitted) >= self._calls:
            return False
        admitted.append(now)
        return True
