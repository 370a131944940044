"""From the outbox to channels: once, in one summary when there are many, and nothing lost."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from odds_pipeline.catalog.alerts import Alert, AlertType, Severity
from odds_pipeline.errors import AlertNotSent
from odds_pipeline.services.alerting.sending import due_now, send_waiting
from odds_pipeline.services.platform import Platform
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.storage import outbox
from odds_pipeline.storage.engine import transaction
from odds_pipeline_tests.alerts.receiver import Receiver, receiving
from odds_pipeline_tests.services.alerting.alerting import alerting


@dataclass
class Memory:
    """A channel that remembers, or refuses."""

    name: str
    refuses: bool = False
    told: list[str] = field(default_factory=list)

    def send(self, message: str, severity: Severity) -> None:
        if self.refuses:
            raise AlertNotSent(f"{self.name}: refused")
        self.told.append(message)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


def alert(number: int, severity: Severity = Severity.INFO) -> Alert:
    return Alert(
        AlertType.ARBITRAGE, severity, f"edge {number}", "edge", f"{number:016x}", "2026-03-10"
    )


def raised(platform: Platform, *alerts: Alert) -> int:
    with transaction(platform.engine) as conn:
        return outbox.add(conn, alerts)


def unsent(platform: Platform) -> list[outbox.StoredAlert]:
    with transaction(platform.engine) as conn:
        return outbox.unsent(conn, 20_000)


def test_each_is_sent_once_with_its_stable_id(platform: Platform, receiver: Receiver) -> None:
    opened = alerting(platform, alert_urls=receiver.url)
    assert due_now(opened) is None
    assert raised(opened, alert(1), alert(2), alert(1)) == 2
    assert raised(opened, alert(2)) == 0
    assert due_now(opened) == (2, "2 alerts in 2 messages")
    done = send_waiting(opened)
    assert (done.messages, done.alerts, done.failures) == (2, 2, {})
    assert receiver.ids == [alert(1).key, alert(2).key]
    assert due_now(opened) is None
    assert send_waiting(opened).messages == 0
    assert unsent(opened) == []


def test_ten_thousand_at_once_give_one_summary(platform: Platform, receiver: Receiver) -> None:
    opened = alerting(platform, alert_urls=receiver.url)
    critical = alert(10_000, Severity.CRITICAL)
    assert raised(opened, *map(alert, range(9_999)), critical) == 10_000
    done = send_waiting(opened)
    assert (done.messages, done.alerts) == (1, 10_000)
    (message,) = receiver.messages
    assert message.startswith(
        "DEMO CRITICAL 10,000 alerts at once: 1 critical arbitrage, 9,999 info"
    )
    assert "critical: edge 10000" in message
    assert unsent(opened) == []
    with transaction(opened.engine) as conn:
        (summary,) = outbox.newest(conn, 1, AlertType.SUMMARY)
        assert summary.alert_key == receiver.ids[0]
        assert len(outbox.acknowledge(conn, summary.alert_key)) == 10_001
        assert outbox.newest(conn, 1, only_open=True) == []


def test_nothing_is_raised_or_sent_unless_enabled(platform: Platform, receiver: Receiver) -> None:
    raised(platform, alert(1))
    assert send_waiting(alerting(platform, False, alert_urls=receiver.url)).messages == 0
    assert send_waiting(alerting(platform)).messages == 0  # no channel
    assert receiver.came == []


def test_a_channel_that_refuses_gets_it_later_and_the_other_not_again(platform: Platform) -> None:
    opened = alerting(platform)
    good, bad = Memory("good"), Memory("bad", refuses=True)
    raised(opened, *map(alert, range(3)))
    first = send_waiting(opened, [good, bad])
    assert (first.messages, first.failures) == (0, {"bad": "bad: refused"})
    raised(opened, *map(alert, range(3, 12)))
    send_waiting(opened, [good, bad])
    bad.refuses = False
    assert send_waiting(opened, [good, bad]).messages == 4
    assert good.told == bad.told
    assert [told.splitlines()[0] for told in good.told[:3]] == [
        f"DEMO INFO edge {n}" for n in range(3)
    ]
    assert good.told[3].startswith("DEMO INFO 9 alerts at once")
    assert unsent(opened) == []


def test_a_broken_channel_stops_no_other(platform: Platform) -> None:
    class Broken(Memory):
        def send(self, message: str, severity: Severity) -> None:
            raise KeyError("token")

    opened, good = alerting(platform), Memory("good")
    raised(opened, alert(1))
    done = send_waiting(opened, [Broken("broken"), good])
    assert (len(good.told), done.failures) == (1, {"broken": "broken: KeyError: 'token'"})


def test_the_hour_has_a_limit_and_the_night_is_quiet(
    platform: Platform, clock: SteppedClock, receiver: Receiver
) -> None:
    opened = alerting(platform, alert_urls=receiver.url, alert_hourly_limit=2)
    memory = Memory("m")
    raised(opened, alert(1), alert(2))
    assert send_waiting(opened, [memory]).messages == 2
    with transaction(opened.engine) as conn:
        conn.execute("UPDATE alerts SET sent_at = %s", (clock.now(),))
    raised(opened, alert(3))
    assert due_now(opened) is None
    assert send_waiting(opened, [memory]).messages == 0
    clock.advance(timedelta(minutes=61))
    assert send_waiting(opened, [memory]).messages == 1
    quiet = alerting(platform, alert_quiet_hours="13:00-14:00")
    raised(opened, alert(4), alert(5, Severity.CRITICAL))
    assert send_waiting(quiet, [memory]).messages == 1
    assert [told.splitlines()[0] for told in memory.told[-2:]] == [
        "DEMO INFO edge 3",
        "DEMO CRITICAL edge 5",
    ]


def test_of_two_senders_one_has_the_turn(platform: Platform) -> None:
    opened = alerting(platform)
    raised(opened, alert(1))
    began, may_end = threading.Event(), threading.Event()

    class Slow(Memory):
        def send(self, message: str, severity: Severity) -> None:
            began.set()
            assert may_end.wait(10)
            super().send(message, severity)

    slow = Slow("slow")
    first = threading.Thread(target=send_waiting, args=(opened, [slow]))
    first.start()
    assert began.wait(10)
    assert send_waiting(opened, [slow]).messages == 0
    may_end.set()
    first.join()
    assert len(slow.told) == 1


def test_foreign_words_reach_no_channel_as_markup(platform: Platform) -> None:
    opened = alerting(platform)
    hostile = Alert(
        AlertType.ARBITRAGE, Severity.INFO, "@everyone <@1> [x](https://e.example)", "edge", "1", ""
    )
    raised(opened, hostile)
    memory = Memory("m")
    send_waiting(opened, [memory])
    (told,) = memory.told
    assert not set("@<>[]") & set(told)
    assert "://" not in told


def test_the_unsent_newest_first_are_read_off_their_index(platform: Platform) -> None:
    raised(platform, *map(alert, range(3_000)))
    with transaction(platform.engine) as conn:
        conn.execute("UPDATE alerts SET sent = true, sent_at = now() WHERE id % 100 <> 0")
        conn.execute("ANALYZE alerts")
        plan = conn.execute(f"EXPLAIN {outbox.UNSENT}", (50,)).fetchall()
        rows = outbox.unsent(conn, 50)
    told = "\n".join(line for (line,) in plan)
    assert "ix_alerts_unsent" in told
    assert "Sort" not in told
    assert [row.id for row in rows] == sorted((row.id for row in rows), reverse=True)
    assert len(rows) == 30
