"""A platform with alerts on."""

from dataclasses import replace
from typing import Any

from pydantic import SecretStr

from odds_pipeline.services.platform import Platform


def alerting(platform: Platform, enabled: bool = True, **settings: Any) -> Platform:
    """The same platform with alerts on, and further settings."""
    if "alert_urls" in settings:
        settings["alert_urls"] = SecretStr(settings["alert_urls"])
    chosen = {"alert_enabled": enabled, "alert_local_targets": True} | settings
    return replace(platform, settings=platform.settings.model_copy(update=chosen))
