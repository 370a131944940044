"""Puts the platform together from settings: the composition root that CLI and Dagster share.

Belongs here: which database, engine, client and clock a process uses. Does not belong here: what
is done with them. Heavy libraries are imported when first used.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache

from pydantic import SecretStr

from odds_pipeline import crash_points
from odds_pipeline.redaction import hide_password
from odds_pipeline.services.platform import Platform, Provider
from odds_pipeline.services.spool import Spool
from odds_pipeline.settings import Settings
from odds_pipeline.storage.database import database
from odds_pipeline.storage.engine import open_engine, require_schema

REVISION = "0021"
DEMO_KEY = "demo"


@contextmanager
def open_platform(settings: Settings) -> Iterator[Platform]:
    """The platform on the configured database, for as long as it is needed.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
        SchemaOutOfDate: it is not at this code's revision.
    """
    crash_points.arm(settings.odds_crash)
    with database(settings.own_database, settings.home) as url:
        hide_password(url)
        engine = open_engine(
            url,
            settings.database_pool_size,
            settings.database_max_overflow,
            pooled=settings.database_direct_url is not None,
        )
        try:
            require_schema(engine, REVISION)
            first, *further = [_provider(settings, key.secret) for key in settings.api_keys]
            yield Platform(
                settings=settings,
                engine=engine,
                spool=Spool(settings.home / "spool"),
                provider=first,
                now=lambda: datetime.now(UTC),
                further_providers=tuple(further),
            )
        finally:
            engine.dispose()


def _provider(settings: Settings, key: SecretStr | None) -> Callable[[], Provider]:
    @cache
    def make() -> Provider:
        from odds_pipeline.sources.the_odds_api.client import OddsApiClient

        return OddsApiClient(settings.provider_url, key or DEMO_KEY)

    return make
