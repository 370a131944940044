"""Discord, Slack, e-mail, Telegram and a hundred others, through apprise.

Belongs here: addresses of the settings as channels, and handing one message over. Does not belong
here: which addresses are allowed (``targets``).

Services with an address of their own (Discord, Slack, Telegram) go there and nowhere else; where
the address names a host, the host is judged at each sending. Redirects are not followed.
"""

import logging
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from odds_pipeline.alerts.channels.registry import Channel, channels
from odds_pipeline.alerts.channels.targets import require_target
from odds_pipeline.catalog.alerts import Severity
from odds_pipeline.errors import AlertNotSent
from odds_pipeline.redaction import redact
from odds_pipeline.settings import Settings

TITLE = "odds_pipeline"
# apprise's words for how bad something is.
_KINDS = {
    Severity.INFO: "info",
    Severity.WARNING: "warning",
    Severity.ERROR: "failure",
    Severity.CRITICAL: "failure",
}
SECONDS = 5
# Options of an address that would undo what is required here.
_REFUSED = {"verify": {"no", "false", "0", "off"}, "redirect": {"yes", "true", "1", "on"}}


@dataclass(frozen=True, slots=True)
class AppriseChannel:
    """One address of apprise's kind.

    Args:
        address: it, with its secret.
        local: whether this machine may be its target.
    """

    address: str
    local: bool = False

    @property
    def name(self) -> str:
        """Its service and a fingerprint of the address."""
        scheme = urlsplit(self.address).scheme
        service = "discord" if "discord" in self.address.partition("?")[0].lower() else scheme
        return f"{service} {sha256(self.address.encode()).hexdigest()[:8]}"

    def send(self, message: str, severity: Severity) -> None:
        """Hand over one message; see ``Channel.send``."""
        import apprise

        logging.getLogger("urllib3").setLevel(logging.WARNING)
        asset = apprise.AppriseAsset(
            app_id=TITLE, http_redirects=False, async_mode=False, interpret_emojis=False
        )
        service = apprise.Apprise.instantiate(self.address, asset=asset)
        if service is None:
            raise AlertNotSent(f"{self.name}: apprise does not know such an address")
        self._require(service)
        service.socket_connect_timeout = service.socket_read_timeout = float(SECONDS)
        with apprise.LogCapture(level=logging.WARNING) as said:  # type: ignore[no-untyped-call]
            taken = service.notify(body=message, title=TITLE, notify_type=_KINDS[severity])
            reason = " ".join(said.getvalue().split())
        if not taken:
            raise AlertNotSent(f"{self.name}: {redact(reason) or 'not taken'}")

    def _require(self, service: Any) -> None:  # noqa: ANN401 - apprise has no types
        options = dict(parse_qsl(urlsplit(self.address).query))
        for option, values in _REFUSED.items():
            if options.get(option, "").lower() in values:
                raise AlertNotSent(f"{self.name}: {option}={options[option]} is not allowed")
        if not any("{host}" in template for template in service.templates):
            return  # the service's own address
        try:
            host = getattr(service, "smtp_host", None) or service.host
            require_target(str(host), secure=bool(service.secure), local=self.local)
        except AlertNotSent as refused:
            raise AlertNotSent(f"{self.name}: {refused}") from None


@channels
def apprise_channels(settings: Settings) -> list[Channel]:
    """The Discord webhook, then each address of ALERT_URLS."""
    return [AppriseChannel(url, settings.alert_local_targets) for url in settings.alert_addresses]
