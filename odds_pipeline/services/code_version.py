"""Which code a backtest ran: the program's version, and a digest of what decides a result.

Belongs here: that name. Does not belong here: keeping it (``storage.experiments``).
"""

import inspect
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from odds_pipeline import backtesting, betting
from odds_pipeline.backtesting.strategy import Strategy

LENGTH = 12
OURS = "odds_pipeline."


def code_version(strategy: type[Strategy]) -> str:
    """Version and digest, such as ``0.1.0+3f5a0c9d21be``.

    The digest covers the engine, the mathematics under it, and the file of a strategy of one's own.

    Args:
        strategy: the class that will run.
    """
    digest = sha256(_engine().encode())
    own = None if strategy.__module__.startswith(OURS) else inspect.getsourcefile(strategy)
    if own is not None:
        digest.update(Path(own).read_bytes())
    return f"{version('odds-pipeline')}+{digest.hexdigest()[:LENGTH]}"


@cache
def _engine() -> str:
    digest = sha256()
    for package in (backtesting, betting):
        folder = Path(package.__path__[0])
        for path in sorted(folder.rglob("*.py")):
            digest.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
    return digest.hexdigest()
