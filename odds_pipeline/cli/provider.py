"""Whether anything listens at the provider's address, asked before a run is started for it."""

import socket
from urllib.parse import urlsplit

from odds_pipeline.errors import ProviderUnreachable
from odds_pipeline.settings import Settings

_CONNECT_S = 5.0


def require_provider(settings: Settings) -> None:
    """Make sure that the provider can be connected to; nothing is asked of it.

    Raises:
        ProviderUnreachable: nothing answers at its address.
    """
    parts = urlsplit(settings.provider_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((str(parts.hostname), port), timeout=_CONNECT_S):
            return
    except OSError as refused:
        reason = refused.strerror or str(refused)
    where = f"{parts.scheme}://{parts.hostname}:{port}"
    advice = "check the network and ODDS_API_BASE_URL"
    if settings.demo:
        advice = "start it with `odds up` or `odds simulator serve`, or set ODDS_API_KEY"
    raise ProviderUnreachable(f"the provider at {where} does not answer ({reason}); {advice}")
