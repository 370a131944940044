"""The named points themselves; what a kill at each of them leaves is the matrix's to judge."""

import signal

import pytest

from odds_pipeline import crash_points
from odds_pipeline.crash_points import Point
from odds_pipeline.errors import SettingsError
from odds_pipeline.settings import load_settings
from odds_pipeline_tests.faults import writer
from odds_pipeline_tests.faults.cases import Stage


def test_an_unarmed_writer_lives(stage: Stage) -> None:
    assert stage.run(writer.write, 0, 2) == 0
    assert len(stage.acknowledged.read_text().splitlines()) == 2


@pytest.mark.parametrize("text", ["nowhere", "spooled:0", "spooled:x", "spooled:-1", ":1"])
def test_a_point_that_is_none_is_refused_as_a_setting(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ODDS_CRASH", text)
    with pytest.raises(SettingsError, match="ODDS_CRASH: "):
        load_settings()


def test_the_count_of_visits_is_kept_for_each_arming(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []
    monkeypatch.setattr("os.kill", lambda _, number: killed.append(number))
    crash_points.arm("spooled:2")
    for point in (Point.SPOOLED, Point.STORED, Point.SPOOLED, Point.SPOOLED):
        crash_points.reached(point)
    assert killed == [signal.SIGKILL]
    crash_points.arm(None)
    crash_points.reached(Point.SPOOLED)
    assert len(killed) == 1
