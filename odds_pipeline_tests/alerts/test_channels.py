"""Channels over real HTTP on the loopback; which targets are refused, and how that is said."""

import socket
from typing import Any

import pytest
from pydantic import SecretStr

from odds_pipeline.alerts.channels import registry
from odds_pipeline.alerts.channels.by_apprise import AppriseChannel
from odds_pipeline.alerts.channels.registry import Channel, channels, open_channels
from odds_pipeline.catalog.alerts import Severity
from odds_pipeline.errors import AlertNotSent, SettingsError
from odds_pipeline.redaction import secrets_of
from odds_pipeline.settings import Settings, load_settings
from odds_pipeline_tests.alerts.receiver import receiving

TOKEN = "abcdefghijklmnopqrstuvwxyz0123456789_-ABC"
WEBHOOK = f"https://discord.com/api/webhooks/123456789012345678/{TOKEN}"


def test_a_message_arrives_as_it_is() -> None:
    with receiving() as receiver:
        channel = AppriseChannel(receiver.url, local=True)
        channel.send("Edge of 3 % on Żółw at Home\nid 0123456789abcdef", Severity.WARNING)
    (body,) = receiver.came
    assert body["message"] == "Edge of 3 % on Żółw at Home\nid 0123456789abcdef"
    assert (body["title"], body["type"]) == ("odds_pipeline", "warning")


def test_what_is_not_taken_is_an_error_and_a_redirect_is_not_followed() -> None:
    with receiving() as elsewhere, receiving() as receiver:
        channel = AppriseChannel(receiver.url, local=True)
        for status, location in ((500, ""), (307, elsewhere.url.replace("json", "http", 1))):
            receiver.status, receiver.location = status, location
            with pytest.raises(AlertNotSent, match=r"^json [0-9a-f]{8}: "):
                channel.send("told", Severity.INFO)
    assert elsewhere.came == []


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("json://hooks.example.com/x", "not addressed over TLS"),
        ("jsons://10.0.0.8/x", "private network"),
        ("jsons://169.254.169.254/latest/meta-data", "private network"),
        ("jsons://127.0.0.1/x", "private network or of this machine"),
        ("jsons://[::ffff:192.168.1.1]/x", "private network|apprise does not know"),
        ("jsons://100.64.1.1/x", "private network"),
        ("jsons://inside.example.com/x", "private network"),
        ("jsons://nowhere.invalid/x", "cannot be resolved"),
        ("jsons://hooks.example.com/x?verify=no", "verify=no is not allowed"),
        ("jsons://hooks.example.com/x?redirect=yes", "redirect=yes is not allowed"),
        ("nosuch://x/y", "apprise does not know"),
    ],
)
def test_targets_that_are_refused(address: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"hooks.example.com": "93.184.216.34", "inside.example.com": "192.168.1.20"}

    def resolve(host: str, *_: Any, **__: Any) -> list[Any]:
        if host.endswith(".invalid"):
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known.get(host, host), 0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(AlertNotSent, match=why):
        AppriseChannel(address).send("told", Severity.INFO)


def test_the_names_of_channels_hold_no_secret_and_tell_them_apart() -> None:
    addresses = f"tgram://123456789:{TOKEN}/12, mailtos://ann:{TOKEN}@mail.example.com"
    settings = Settings(
        _env_file=None,
        discord_webhook_url=SecretStr(WEBHOOK),
        alert_urls=SecretStr(addresses),
    )
    names = [channel.name for channel in open_channels(settings)]
    assert [name.split()[0] for name in names] == ["discord", "tgram", "mailtos"]
    assert len(set(names)) == 3
    assert TOKEN not in " ".join(names)
    assert {TOKEN, WEBHOOK} <= set(secrets_of(settings))


def test_a_new_channel_is_one_declaration() -> None:
    class Pager:
        name = "pager"

        def send(self, message: str, severity: Severity) -> None:
            raise AlertNotSent("pager: no battery")

    @channels
    def pagers(_: Settings) -> list[Channel]:
        return [Pager()]

    try:
        assert [each.name for each in open_channels(Settings(_env_file=None))] == ["pager"]
    finally:
        del registry._openers[f"{pagers.__module__}.{pagers.__qualname__}"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DISCORD_WEBHOOK_URL", "https://discord.com.evil.example/api/webhooks/1/x"),
        ("DISCORD_WEBHOOK_URL", "http://discord.com/api/webhooks/1/x"),
        ("ALERT_URLS", "mailtos://a@b.example,nothing"),
        ("ALERT_QUIET_HOURS", "22-6"),
        ("ALERT_QUIET_HOURS", "22:00-22:00"),
        ("ALERT_DAILY_AT", "25:00"),
    ],
)
def test_a_wrong_setting_is_one_line_without_its_value(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"^{name}: ") as wrong:
        load_settings()
    assert "evil" not in str(wrong.value)
