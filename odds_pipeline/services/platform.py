"""What the services work with, put together once by a composition root.

Belongs here: the parts and nothing they do. Does not belong here: building them
(``composition``), reading the environment.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine

from odds_pipeline.redaction import fingerprint
from odds_pipeline.services.spool import Spool
from odds_pipeline.settings import Settings
from odds_pipeline.sources.the_odds_api.queries import ProviderRequest
from odds_pipeline.sources.the_odds_api.responses import ProviderResponse


class Provider(Protocol):
    """Whoever answers a typed request."""

    def fetch(self, request: ProviderRequest) -> ProviderResponse:
        """Ask; see ``OddsApiClient.fetch``."""


@dataclass(frozen=True, slots=True)
class Platform:
    """The parts of a running platform.

    Args:
        settings: all settings.
        engine: our database.
        spool: where paid answers rest until they are stored.
        provider: gives the provider's client; made when first asked for.
        now: the clock, aware UTC.
    """

    settings: Settings
    engine: Engine
    spool: Spool
    provider: Callable[[], Provider]
    now: Callable[[], datetime]

    @property
    def source(self) -> str:
        """What raw documents of live calls are marked with."""
        return "simulator" if self.settings.demo else "the_odds_api"

    @property
    def key_fingerprint(self) -> str:
        """Names the API key without giving it away."""
        return fingerprint(self.settings.odds_api_key)
