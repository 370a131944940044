"""Ways to see that a started program is ready. A probe answers at once: True, or not yet."""

import http.client
from collections.abc import Callable
from pathlib import Path

from odds_pipeline.storage.embedded.ports import LOOPBACK

_ANSWER_S = 2.0


def http_answers(port: int, path: str) -> Callable[[], bool]:
    """Ready when GET ``path`` on this loopback port gives a status below 400."""

    def probe() -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_ANSWER_S)
        try:
            connection.request("GET", path)
            return connection.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return probe


def log_says(log: Path, words: str) -> Callable[[], bool]:
    """Ready when ``words`` stand in the log, for programs that listen nowhere."""

    def probe() -> bool:
        return log.exists() and words in log.read_text(errors="replace")

    return probe
