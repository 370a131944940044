"""What the services work with, put together once by a composition root.

Belongs here: the parts and nothing they do. Does not belong here: building them
(``composition``), reading the environment.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import Engine

from odds_pipeline.redaction import fingerprint
from odds_pipeline.services.read_ahead import ReadAhead
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
        further_providers: as ``provider``, for each key after the first.
        ahead: what was read while it was being stored.
    """

    settings: Settings
    engine: Engine
    spool: Spool
    provider: Callable[[], Provider]
    now: Callable[[], datetime]
    further_providers: tuple[Callable[[], Provider], ...] = ()
    ahead: ReadAhead = field(default_factory=ReadAhead)

    @property
    def source(self) -> str:
        """What raw documents of live calls are marked with."""
        return "simulator" if self.settings.demo else "the_odds_api"

    @property
    def key_fingerprint(self) -> str:
        """Names the API key without giving it away; of several, the first."""
        return fingerprint(self.settings.api_keys[0].secret)

    @property
    def quota(self) -> int:
        """Credits a month of the key's plan; of several keys, the first's."""
        return self.settings.api_keys[0].quota

    def by_key(self) -> tuple["Platform", ...]:
        """The platform as each key sees it: that key alone, with its quota and its client."""
        keys = self.settings.api_keys
        if len(keys) == 1:
            return (self,)
        return tuple(
            replace(
                self,
                settings=self.settings.model_copy(
                    update={"odds_api_key": key.secret, "odds_api_quota": (key.quota,)}
                ),
                provider=provider,
                further_providers=(),
            )
            for key, provider in zip(keys, (self.provider, *self.further_providers), strict=True)
        )
