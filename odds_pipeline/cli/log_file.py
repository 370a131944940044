"""The log: one JSON object a line, in LOG_FILE or ``<home>/logs/odds.log``.

Belongs here: where events go, at which level, and that no secret is in them. Does not belong
here: what is logged. Times are UTC.
"""

import logging
from collections.abc import MutableMapping
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from odds_pipeline.errors import SettingsError
from odds_pipeline.settings import Settings

REMOVED = "[removed]"


def log_path(settings: Settings) -> Path:
    """Where the log is."""
    return settings.log_file or settings.home / "logs" / "odds.log"


def start_logging(settings: Settings) -> None:
    """Send structlog's and the standard library's events to the log file.

    Raises:
        SettingsError: the file cannot be written.
    """
    import structlog

    path = log_path(settings)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = WatchedFileHandler(path)
    except OSError as refused:
        reason = f"LOG_FILE: {path} cannot be written ({refused.strerror}); name another file"
        raise SettingsError(reason) from None
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
                Scrubber(secrets_of(settings)),
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each, WatchedFileHandler)]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(settings.log_level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def secrets_of(settings: Settings) -> list[str]:
    """What must never be written: the API key and the database password, encoded or not."""
    from urllib.parse import unquote, urlsplit

    found = []
    if settings.odds_api_key is not None:
        found.append(settings.odds_api_key.get_secret_value())
    if settings.database_url is not None:
        password = urlsplit(settings.database_url.get_secret_value()).password
        found.extend([password, unquote(password)] if password else [])
    forms = {form for secret in found for form in (secret, quote(secret, ""), quote_plus(secret))}
    return sorted((form for form in forms if form), key=len, reverse=True)


class Scrubber:
    """A structlog processor that removes secrets from every text of an event."""

    def __init__(self, secrets: list[str]) -> None:
        self._secrets = secrets

    def __call__(
        self, _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """The event with every text scrubbed."""
        return {self.scrub(key): self._walk(value) for key, value in event.items()}

    def scrub(self, text: str) -> str:
        """The text without any secret."""
        for secret in self._secrets:
            text = text.replace(secret, REMOVED)
        return text

    def _walk(self, value: object) -> object:
        if isinstance(value, str):
            return self.scrub(value)
        if isinstance(value, dict):
            return {self.scrub(str(key)): self._walk(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._walk(inner) for inner in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self.scrub(str(value))
