"""The log: one JSON object a line (or readable ones), in LOG_FILE or ``<home>/logs/odds.log``.

Belongs here: where events go, at which level, and how long they are kept. Does not belong here:
what is logged, what is secret (``redaction``). Times and days are UTC.

DEBUG is detail; INFO normal work (``odds_fetched``: one line a capture); WARNING quality issues and
retries; ERROR failed operations and invalid data; CRITICAL system failure and exhausted quota.

A file holds one day. Any number of processes write to it: the first one to write on a new day
puts the file aside under its day's name, and the others notice and follow.
"""

import logging
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

from odds_pipeline.errors import SettingsError
from odds_pipeline.redaction import IN_FORCE, install
from odds_pipeline.settings import Settings

KEPT_DAYS = 30


def log_path(settings: Settings) -> Path:
    """Where the log is."""
    return settings.log_file or settings.home / "logs" / "odds.log"


def start_logging(settings: Settings) -> None:
    """Send structlog's and the standard library's events to the log file, without secrets.

    Raises:
        SettingsError: the file cannot be written.
    """
    import structlog

    install(settings)
    handler = _handler(log_path(settings))
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _without_secrets,
                _renderer(settings),
            ],
        )
    )
    root = logging.getLogger()
    _stop(root)
    root.addHandler(handler)
    root.setLevel(settings.log_level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


@contextmanager
def run_log(settings: Settings, **known: str) -> Iterator[None]:
    """Log to the file for the length of a run, each event with what is known of the run.

    What logged before (a command that does the run in its own process) goes on. A file that cannot
    be written costs the run its log and nothing else.

    Args:
        settings: where to, from which level on.
        known: what correlates events, such as ``run_id``.
    """
    import structlog

    root = logging.getLogger()
    before = [each for each in root.handlers if isinstance(each, DailyFileHandler)]
    level = root.level
    if not before:
        try:
            start_logging(settings)
        except SettingsError as refused:
            logging.getLogger(__name__).warning("no_log_file", extra={"why": str(refused)})
    try:
        with structlog.contextvars.bound_contextvars(**known):
            yield
    finally:
        if not before:
            _stop(root)
            root.setLevel(level)


def _stop(root: logging.Logger) -> None:
    for old in [each for each in root.handlers if isinstance(each, DailyFileHandler)]:
        root.removeHandler(old)
        old.close()


def _handler(path: Path) -> "DailyFileHandler":
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return DailyFileHandler(path)
    except OSError as refused:
        reason = f"LOG_FILE: {path} cannot be written ({refused.strerror}); name another file"
    raise SettingsError(reason)


def _renderer(settings: Settings) -> Any:  # noqa: ANN401 - a processor of structlog's
    import structlog

    if settings.log_format == "json":
        return structlog.processors.JSONRenderer(default=str)
    return structlog.dev.ConsoleRenderer(colors=False, sort_keys=False)


def _without_secrets(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Records are clean already; what is bound or added to them is not."""
    clean: dict[str, Any] = IN_FORCE.value(event)
    return clean


def _today() -> date:
    return datetime.now(UTC).date()


class DailyFileHandler(WatchedFileHandler):
    """Writes today's file, puts each finished day aside, and removes those kept long enough.

    Args:
        path: today's file; a finished day is ``<path>.YYYY-MM-DD``.
        today: the UTC day it is.
    """

    def __init__(self, path: Path, today: Callable[[], date] = _today) -> None:
        super().__init__(path)
        self._path = path
        self._today = today
        self._day = date.min

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record to its day's file."""
        today = self._today()
        if today != self._day:
            self._put_aside(today)
            self._day = today
        super().emit(record)

    def _put_aside(self, today: date) -> None:
        from odds_pipeline.storage.embedded.locks import exclusively

        with exclusively(self._path.with_name(f".{self._path.name}.lock")):
            if not self._path.exists():
                return
            status = self._path.stat()
            written = datetime.fromtimestamp(status.st_mtime, UTC).date()
            if status.st_size and written < today:
                self._path.replace(self._path.with_name(f"{self._path.name}.{written}"))
        for old in self._path.parent.glob(f"{self._path.name}.????-??-??"):
            if _day_of(old) < today - timedelta(days=KEPT_DAYS):
                old.unlink(missing_ok=True)


def _day_of(file: Path) -> date:
    try:
        return date.fromisoformat(file.name[-10:])
    except ValueError:
        return date.max  # not one of ours
