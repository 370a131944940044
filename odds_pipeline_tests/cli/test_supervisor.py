"""Real children: they start in order, come back, and never outlive us."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from odds_pipeline.cli.occupancy import only_up, require_free
from odds_pipeline.cli.readiness import http_answers, log_says
from odds_pipeline.cli.supervisor import Child, Supervisor
from odds_pipeline.errors import AlreadyRunning, OddsPipelineError
from odds_pipeline.redaction import IN_FORCE

# It ends on SIGTERM, but what it started does not: a stuck worker of a run.
STUBBORN = """
import os, signal, sys
child = os.fork()
if child == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.pause()
print("up", child, flush=True)
signal.pause()
"""
LISTENING = ("-m", "http.server", "--bind", "127.0.0.1")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Lab:
    """Builds children and remembers what was reported about them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[tuple[str, str]] = []

    def progress(self, name: str, what: str) -> None:
        self.said.append((name, what))

    def python(self, name: str, *argv: str, ready: Callable[[], bool] | None = None) -> Child:
        log = self.folder / "logs" / f"{name}.log"
        return Child(
            name=name,
            argv=(sys.executable, *argv),
            env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
            log=log,
            ready=ready or log_says(log, "up"),
            deadline_s=30,
        )

    def web(self, name: str) -> Child:
        port = free_port()
        return self.python(name, *LISTENING, str(port), ready=http_answers(port, "/"))

    def supervisor(self, *children: Child, restarts: int = 2) -> Supervisor:
        return Supervisor(children, self.progress, backoff_s=(0.0,) * restarts)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def ended(pids: list[int]) -> bool:
    return not [pid for pid in pids if psutil.pid_exists(pid) and not zombie(pid)]


def zombie(pid: int) -> bool:
    return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def test_children_start_in_order_and_stop_in_reverse(lab: Lab) -> None:
    with lab.supervisor(lab.web("one"), lab.web("two")) as running:
        pids = list(running.pids.values())
        assert all(psutil.pid_exists(pid) for pid in pids)
        assert os.getpgid(pids[0]) == pids[0], "Ctrl-C in the terminal must not reach children"
    assert ended(pids)
    assert lab.said == [
        ("one", "starting"),
        ("one", "ready"),
        ("two", "starting"),
        ("two", "ready"),
        ("two", "stopping"),
        ("one", "stopping"),
    ]


def test_a_killed_child_comes_back(lab: Lab) -> None:
    child = lab.web("web")
    with lab.supervisor(child) as running:
        first = running.pids["web"]
        os.kill(first, signal.SIGKILL)
        while running.pids["web"] == first:
            running.check()
        while not child.ready():
            running.check()
    assert ("web", "ended (code -9), restart 1 of 2 in 0 s") in lab.said
    assert ("web", "restarted") in lab.said


def test_a_child_that_keeps_ending_is_given_up_and_the_rest_is_stopped(lab: Lab) -> None:
    broken = lab.python("broken", "-c", "print('up'); raise SystemExit('no such table')")
    pids: list[int] = []
    with (
        pytest.raises(OddsPipelineError, match=r"broken ended 3 times: no such table \(log: "),
        lab.supervisor(lab.web("web"), broken) as running,
    ):
        pids.append(running.pids["web"])
        running.watch()
    assert ended(pids)


def test_a_child_that_cannot_start_stops_the_others(lab: Lab) -> None:
    never = lab.python("never", "-c", "raise SystemExit('wrong option')")
    with pytest.raises(OddsPipelineError, match="never ended while starting: wrong option"):
        lab.supervisor(lab.web("web"), never).__enter__()
    assert ("web", "stopping") in lab.said


def test_a_missing_program_is_named(lab: Lab) -> None:
    missing = Child("web", ("/no/such/program",), {}, lab.folder / "log", lambda: True)
    with pytest.raises(
        OddsPipelineError, match=r"web cannot be started .*/no/such/program.*No such"
    ):
        lab.supervisor(missing).__enter__()


def test_a_child_that_is_never_ready_is_given_up(lab: Lab) -> None:
    slow = Child("slow", ("/bin/sleep", "600"), {}, lab.folder / "log", lambda: False, 0)
    with pytest.raises(OddsPipelineError, match="slow was not ready within 0 s"):
        lab.supervisor(slow).__enter__()
    assert lab.said[-1] == ("slow", "stopping")


def test_what_a_child_left_behind_is_killed(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odds_pipeline.cli.supervisor._GRACE_S", 0.2)
    child = lab.python("stubborn", "-c", STUBBORN)
    with lab.supervisor(child) as running:
        pids = [running.pids["stubborn"], int(child.log.read_text().split()[1])]
    assert ended(pids)


def test_what_a_child_says_is_written_and_shown_without_secrets(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    IN_FORCE.learn(["canary-of-a-child"])
    key = "canary-of-a-child"
    told = f"print('GET /v4?apiKey={key}'); print('up'); raise SystemExit('{key}')"
    child = replace(lab.python("talker", "-c", told), shown=True)
    with (
        pytest.raises(OddsPipelineError, match=r"ended 1 times: \[removed\] \(log: "),
        lab.supervisor(child, restarts=0) as running,
    ):
        running.watch()
    assert child.log.read_text() == "GET /v4?apiKey=[removed]\nup\n[removed]\n"
    shown = "talker: GET /v4?apiKey=[removed]\ntalker: up\ntalker: [removed]\n"
    assert capsys.readouterr().out == shown


def test_the_log_of_the_last_time_is_kept(lab: Lab) -> None:
    quick = lab.python("quick", "-c", "")
    quick.log.parent.mkdir()
    quick.log.write_text("before")
    with pytest.raises(OddsPipelineError):
        lab.supervisor(quick).__enter__()
    assert quick.log.with_name("quick.log.1").read_text() == "before"
    assert "before" not in quick.log.read_text()


SUPERVISING = """
import sys
from pathlib import Path
from odds_pipeline.cli.signals import orderly_exit
from odds_pipeline.cli.supervisor import Child, Supervisor
child = Child("sleeper", ("/bin/sleep", "600"), {}, Path(sys.argv[1]), lambda: True)
with orderly_exit(), Supervisor([child], lambda name, what: None) as running:
    print(running.pids["sleeper"], flush=True)
    running.watch()
"""


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129), (signal.SIGKILL, -9)],
)
def test_no_signal_leaves_children(tmp_path: Path, number: int, code: int) -> None:
    if number == signal.SIGKILL and sys.platform != "linux":
        pytest.skip("only Linux tells children that their parent was killed")
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISING, str(tmp_path / "log")],
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    ) as supervising:
        assert supervising.stdout is not None
        sleeper = psutil.Process(int(supervising.stdout.readline()))
        supervising.send_signal(number)
        assert supervising.wait(60) == code
        _, left = psutil.wait_procs([sleeper], timeout=30)
        assert not left or ended([sleeper.pid])


def test_a_second_odds_up_is_told_where_the_first_is(tmp_path: Path) -> None:
    ui = "http://127.0.0.1:3000"
    with (
        only_up(tmp_path / "home", ui),
        pytest.raises(AlreadyRunning, match=rf"already runs here \(pid {os.getpid()}\): UI {ui}$"),
        only_up(tmp_path / "home", "http://127.0.0.1:4000"),
    ):
        pass
    with only_up(tmp_path / "home", ui):
        pass


def test_a_used_port_names_its_setting() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(AlreadyRunning, match=rf"^port {port} on .* set ODDS_UI_PORT to a free"):
            require_free(port, "ODDS_UI_PORT")
    require_free(free_port(), "ODDS_UI_PORT")
