"""Which database to use: the one that is named, or the embedded server's.

Belongs here: the choice, bringing a database to the newest revision, and asking which it has.
Does not belong here: how the embedded server lives (``embedded``), how engines are opened.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from odds_pipeline.storage.embedded import EmbeddedServer
from odds_pipeline.storage.urls import data_url


@contextmanager
def database(url: str | None, home: Path) -> Iterator[str]:
    """The address of our database for as long as it is needed.

    Args:
        url: the database of one's own; ``None`` for the embedded server under ``home``.
        home: the platform's folder.

    Raises:
        DatabaseUnavailable: the embedded server cannot be started.
        SettingsError: ``url`` is not a PostgreSQL address.
    """
    if url is not None:
        yield data_url(url)
        return
    with EmbeddedServer(home) as embedded:
        yield embedded
