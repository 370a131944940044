"""kill -9 at every step of an alert, from its cause to the channel: none is lost or renamed."""

import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from odds_pipeline.composition import open_platform
from odds_pipeline.crash_points import AlertPoint
from odds_pipeline.settings import Settings
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.storage.urls import libpq_url
from odds_pipeline_tests.alerts.receiver import Receiver, receiving
from odds_pipeline_tests.faults import alerter
from odds_pipeline_tests.faults.cases import CallClock, Stage

FEW, MANY = 2, 8  # sent one by one; told in one summary


class AlertStage(Stage):
    """A stage whose alerts go to a service on the loopback."""

    receiver: Receiver

    @property
    def settings(self) -> Settings:
        return super().settings.model_copy(
            update={
                "alert_enabled": True,
                "alert_local_targets": True,
                "alert_urls": SecretStr(self.receiver.url),
            }
        )

    def environment(self, crash: str = "") -> dict[str, str]:
        more = {
            "ALERT_ENABLED": "true",
            "ALERT_LOCAL_TARGETS": "true",
            "ALERT_URLS": self.receiver.url,
        }
        return super().environment(crash) | more


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def stage(database_url: str, home: Path, receiver: Receiver) -> Iterator[AlertStage]:
    with RunningSimulator(clock=CallClock()) as provider:
        stage = AlertStage(database_url, home, provider)
        object.__setattr__(stage, "receiver", receiver)
        yield stage


CASES = [
    *((point, FEW) for point in AlertPoint if point is not AlertPoint.ALERTS_TOGETHER),
    (AlertPoint.ALERTS_TOGETHER, MANY),
    *(
        pytest.param(point, MANY, marks=pytest.mark.slow)
        for point in AlertPoint
        if point not in {AlertPoint.ALERT_RAISED, AlertPoint.ALERTS_TOGETHER}
    ),
]


@pytest.mark.parametrize(("point", "count"), CASES)
def test_a_killed_sender_loses_no_alert(stage: AlertStage, point: AlertPoint, count: int) -> None:
    assert stage.run(alerter.work, count, crash=f"{point}:1") == -signal.SIGKILL
    with psycopg.connect(libpq_url(stage.database_url)) as conn:
        causes = conn.execute("SELECT count(*) FROM data_quality_logs").fetchone()
        raised = conn.execute("SELECT count(*) FROM alerts WHERE alert_type <> 'summary'")
        assert causes == raised.fetchone()
    with open_platform(stage.settings) as platform:
        alerter.log_and_send(platform, count)
    with psycopg.connect(libpq_url(stage.database_url)) as conn:
        kept = {
            key: (told_in, sent)
            for key, told_in, sent in conn.execute("SELECT alert_key, told_in, sent FROM alerts")
        }
        summaries: dict[int, str] = dict(
            conn.execute("SELECT id, alert_key FROM alerts WHERE alert_type = 'summary'").fetchall()
        )
    alerts = {alerter.alert(number).key for number in range(count)}
    assert set(kept) == alerts | set(summaries.values())
    assert all(sent for _, sent in kept.values())
    for key in alerts:
        told_in, _ = kept[key]
        assert (key if told_in is None else summaries[told_in]) in stage.receiver.ids
    # At most the one message in flight came twice, under the same id.
    again = len(stage.receiver.ids) - len(set(stage.receiver.ids))
    assert again == (point is AlertPoint.ALERT_TAKEN)
    assert len(summaries) == (count == MANY)
