"""Turning the signals that end a program into an orderly exit.

Python dies of SIGTERM and SIGHUP without running any ``finally``; servers and children would stay.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def orderly_exit() -> Iterator[None]:
    """Raise SystemExit(128 + number) at the first ending signal and ignore later ones.

    Later ones are ignored so that an impatient Ctrl-C does not interrupt the cleaning up, which is
    bounded in time. Signals that were ignored at the start (nohup, background jobs) stay ignored.
    """

    def leave(number: int, _frame: FrameType | None) -> None:
        for each in replaced:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(128 + number)

    replaced = {
        each: signal.getsignal(each)
        for each in _ENDING
        if signal.getsignal(each) is not signal.SIG_IGN
    }
    for each in replaced:
        signal.signal(each, leave)
    try:
        yield
    finally:
        for each, before in replaced.items():
            signal.signal(each, before)
