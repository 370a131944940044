"""Sends what waits in the outbox: at least once, in order, one sender at a time.

Belongs here: the steps between outbox and channels. Does not belong here: what goes out at once
(``alerts.policy``), the channels.

    those that go together get a summary (committed) | each: channel takes it | that is noted |
    all channels have: sent (committed)

No step is lost by a kill: what is not noted is done again. A kill between a channel's
taking a message and the note of it sends the message again, with the same id at its end: nobody
else can be asked whether it came.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from odds_pipeline.alerts.channels.registry import Channel, open_channels
from odds_pipeline.alerts.policy import Limits, Outgoing, Waiting, outgoing, summary_of
from odds_pipeline.alerts.text import safe
from odds_pipeline.catalog.alerts import Severity
from odds_pipeline.crash_points import AlertPoint, reached
from odds_pipeline.errors import AlertNotSent
from odds_pipeline.redaction import redact
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import outbox
from odds_pipeline.storage.engine import session, transaction
from odds_pipeline.storage.locks import ALERT_SENDER, unless_held

log = logging.getLogger(__name__)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a pass sent: messages, the alerts they told of, and why channels failed, by channel."""

    messages: int = 0
    alerts: int = 0
    failures: dict[str, str] = field(default_factory=dict)


def send_waiting(platform: Platform, channels: Sequence[Channel] | None = None) -> Sent:
    """Send what is due now; nothing while another sender is at it.

    Args:
        platform: its database, settings and clock are used.
        channels: default those of the settings.
    """
    if not platform.settings.alert_enabled:
        return Sent()
    opened = open_channels(platform.settings) if channels is None else channels
    if not opened:
        return Sent()
    with session(platform.engine) as conn, unless_held(conn, ALERT_SENDER) as ours:
        return _send(platform, opened) if ours else Sent()


def limits_of(platform: Platform) -> Limits:
    """How much may be sent, by the settings."""
    settings = platform.settings
    return Limits(settings.alert_hourly_limit, settings.quiet_hours)


class Due(NamedTuple):
    """What a pass would send: the number of its newest alert, and how much it is, in words."""

    newest: int
    words: str


def due_now(platform: Platform) -> Due | None:
    """What a pass would send now; ``None`` for nothing."""
    settings = platform.settings
    if not settings.alert_enabled or not open_channels(settings):
        return None
    with transaction(platform.engine) as conn:
        begun = [_read(row) for row in outbox.begun(conn)]
    chosen = _chosen(platform)
    due = [*begun, *chosen.single, *chosen.together]
    if not due:
        return None
    messages = len(begun) + (len(chosen.single) or bool(chosen.together))
    return Due(max(alert.id for alert in due), f"{len(due)} alerts in {messages} messages")


def _send(platform: Platform, channels: Sequence[Channel]) -> Sent:
    with transaction(platform.engine) as conn:
        begun = [_read(row) for row in outbox.begun(conn)]
    done = _each(platform, channels, begun, Sent())
    chosen = _chosen(platform)
    if chosen.together:
        summary = summary_of(chosen.together)
        with transaction(platform.engine) as conn:
            number = outbox.put_together(conn, summary, [alert.id for alert in chosen.together])
        reached(AlertPoint.ALERTS_TOGETHER)
        told = Waiting(number, summary.key, summary.alert_type, summary.severity, summary.message)
        return _each(platform, channels, [told], done)
    return _each(platform, channels, chosen.single, done)


def _chosen(platform: Platform) -> Outgoing:
    now = platform.now()
    with transaction(platform.engine) as conn:
        waiting = [_read(row) for row in outbox.waiting(conn)]
        lately = outbox.sent_since(conn, now - HOUR)
    return outgoing(waiting, lately, limits_of(platform), now)


def _read(row: tuple[int, str, str, str, str]) -> Waiting:
    number, key, alert_type, severity, message = row
    return Waiting(number, key, alert_type, Severity(severity), message)


def _each(
    platform: Platform, channels: Sequence[Channel], alerts: Iterable[Waiting], done: Sent
) -> Sent:
    failures = dict(done.failures)
    messages, told = done.messages, done.alerts
    for alert in alerts:
        with transaction(platform.engine) as conn:
            taken = outbox.taken_by(conn, alert.id)
        for channel in channels:
            if channel.name in taken or channel.name in failures:
                continue
            failure = _hand_over(channel, alert, demo=platform.settings.demo)
            if failure is not None:
                failures[channel.name] = failure
                continue
            reached(AlertPoint.ALERT_TAKEN)
            with transaction(platform.engine) as conn:
                outbox.took(conn, alert.id, channel.name)
            reached(AlertPoint.ALERT_NOTED)
            taken.add(channel.name)
        if taken >= {channel.name for channel in channels}:
            with transaction(platform.engine) as conn:
                told += outbox.finish(conn, alert.id)
            reached(AlertPoint.ALERT_SENT)
            messages += 1
    return Sent(messages, told, failures)


def _hand_over(channel: Channel, alert: Waiting, *, demo: bool) -> str | None:
    """Why a channel did not take an alert; ``None`` when it did."""
    reached(AlertPoint.ALERT_SENDING)
    why = _sent_by(channel, text_of(alert, demo=demo), alert.severity)
    told = {"alert": alert.key, "channel": channel.name}
    if why is None:
        log.info("alert_sent", extra=told)
    else:
        log.warning("alert_not_sent", extra=told | {"why": why})
    return why


def _sent_by(channel: Channel, message: str, severity: Severity) -> str | None:
    try:
        channel.send(message, severity)
    except AlertNotSent as refused:
        return str(refused)
    except Exception as fault:  # one channel's fault is no reason to leave out the others
        return redact(f"{channel.name}: {type(fault).__name__}: {fault}")
    return None


def text_of(alert: Waiting, *, demo: bool) -> str:
    """What a channel is handed: the message made safe, and the alert's stable id.

    Nobody is to take simulated odds for real ones: DEMO stands before them.
    """
    mark = "DEMO " if demo else ""
    return f"{mark}{alert.severity.upper()} {safe(alert.message)}\nid {alert.key}"


def try_channels(channels: Sequence[Channel]) -> dict[str, str | None]:
    """Send one message to each channel at once; why it was not taken, by channel's name."""
    message = "INFO This is a test of odds_pipeline's alerts."
    return {channel.name: _sent_by(channel, message, Severity.INFO) for channel in channels}
