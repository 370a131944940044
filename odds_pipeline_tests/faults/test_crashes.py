"""How hundreds of kills are planned, kept and counted; `make faults` makes them."""

from collections import Counter
from pathlib import Path

import pytest

from odds_pipeline.crash_points import Point
from odds_pipeline_tests.faults.invariants import Finding, Kind
from odds_pipeline_tests.faults.matrix import crashes, runner
from odds_pipeline_tests.faults.matrix.fault_class import Case
from odds_pipeline_tests.faults.matrix.runner import Result

KILLED = Result(Case("crash-point", 0), [], 0.5, killed=("claimed",), charged=3, booked=3)
WRONG = Result(
    *(Case("crash-again", 0), [Finding(Kind.CHARGED, "I4: one too many")], 1.5),
    killed=("spooled", "stored"),
    charged=3,
    booked=6,
)


@pytest.mark.parametrize("kills", [1, 150, 1000])
def test_so_many_are_killed_whatever_passes_its_point_by(kills: int) -> None:
    planned = [case for block in crashes.plan(kills) for case in block]
    assert len(planned) == len(set(planned))
    numbers = Counter(case.fault_class for case in planned)
    assert sum(numbers[name] * fewest for name, fewest in crashes.FEWEST.items()) >= kills
    assert numbers["crash-point"] % len(Point) == 0
    assert kills < 1000 or numbers[crashes.DAEMONS] >= 8


def test_a_run_that_was_ended_goes_on_after_its_last_whole_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "results"
    first, *rest = crashes.plan(60)
    played = [Result(case, [], 1.0, killed=("stored",)) for case in first]
    crashes.append(file, played)
    assert crashes.read(file) == played
    asked: list[list[Case]] = []

    def run(plans: list[list[Case]], *_: object) -> list[Result]:
        asked.extend(plans)
        return [KILLED]

    monkeypatch.setattr(runner, "run", run)
    assert crashes.run(60, 7, 1, file, print) == [*played, KILLED]
    assert asked == rest


def test_the_account_counts_kills_and_both_sides_credits(tmp_path: Path) -> None:
    crashes.append(tmp_path / "results", [KILLED, WRONG])
    lines = crashes.account(crashes.read(tmp_path / "results"))
    counted = {line.split("|")[1].strip(): line.split("|")[2:4] for line in lines if "|" in line}
    assert [cell.strip() for cell in counted["claimed"]] == ["1", "0"]
    assert [cell.strip() for cell in counted["all"]] == ["1", "2"]
    assert lines[-1] == (
        "3 kills in 2 cases; the provider charged 6 credits, the ledger has 9; 1 findings; "
        "recovery median 1.00 s, max 1.50 s"
    )
