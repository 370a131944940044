"""The short form of the fault matrix, and how a run is drawn, named and summed up."""

import json
from collections import Counter
from pathlib import Path
from typing import cast

import pytest

from odds_pipeline.crash_points import Point
from odds_pipeline_tests.faults import soak
from odds_pipeline_tests.faults.invariants import Finding, Kind
from odds_pipeline_tests.faults.matrix import drawing, report
from odds_pipeline_tests.faults.matrix.block import Block, new_block
from odds_pipeline_tests.faults.matrix.classes import CLASSES
from odds_pipeline_tests.faults.matrix.fault_class import Case
from odds_pipeline_tests.faults.matrix.runner import Result, play_all, replay

SEED = 20261128
AT_EVERY_POINT = [Case("crash-point", number) for number in range(len(Point))]
OF_OTHER_CLASSES = [
    Case(name, number)
    for name, count in {
        "crash-again": 1,
        "provider": 3,
        "connection-byte": 1,
        "connection-commit": 2,
        "backend-terminated": 1,
        "two-collectors": 1,
        "hostile-document": 3,
    }.items()
    for number in range(count)
]


@pytest.mark.long
@pytest.mark.parametrize(
    "cases",
    [AT_EVERY_POINT[::2], AT_EVERY_POINT[1::2], OF_OTHER_CLASSES],
    ids=["even points", "odd points", "others"],
)
def test_no_fault_breaks_an_invariant(database_url: str, cases: list[Case]) -> None:
    with new_block(database_url) as block:
        results = list(play_all(cases, SEED, lambda: block))
    assert [result.case for result in results] == cases
    found = {replay(SEED, [one.case]): one.findings for one in results if one.findings}
    assert not found, json.dumps(found, indent=1)


@pytest.mark.slow
def test_an_hour_of_sampling_at_a_faulty_provider_accounts_for_every_slot(
    database_url: str,
) -> None:
    account = soak.run(database_url, hours=1, seed=SEED)
    assert account.is_clean, "\n".join(account.lines())
    assert account.slots.total() >= 3
    assert set(account.memory) == {"start", "middle", "end"}


def test_a_case_that_ends_is_a_finding_and_the_next_gets_another_block() -> None:
    opened: list[str] = []

    def another() -> Block:
        opened.append("block")
        return cast("Block", object())

    cases = [Case("provider", 0), Case("provider", 1)]
    results = list(play_all(cases, SEED, another))
    assert [len(one.findings) for one in results] == [1, 1]
    assert all("the case ended by AttributeError" in one.findings[0].words for one in results)
    assert len(opened) == 1 + len(cases)


def test_a_run_has_every_class_by_its_weight_and_is_drawn_again_from_its_seed() -> None:
    cases = drawing.draw(1000, 7)
    assert cases == drawing.draw(1000, 7) != drawing.draw(1000, 8)
    assert len(cases) == len(set(cases)) == 1000
    drawn = Counter(case.fault_class for case in cases)
    assert all(drawn[name] >= one.at_least for name, one in CLASSES.items())
    assert drawn["crash-point"] > drawn["server-killed"] > drawn["database-disk-full"]
    assert {len(drawing.draw(count, 7)) for count in (1, 5, 50, 300)} == {1, 5, 50, 300}
    in_blocks = [case for block in drawing.blocks(cases) for case in block]
    assert sorted(in_blocks) == sorted(cases)
    assert max(map(len, drawing.blocks(cases))) == drawing.IN_A_BLOCK


def test_a_case_draws_the_same_from_the_same_seed() -> None:
    case = Case("provider", 3)
    assert case.random(1).random() == case.random(1).random() != case.random(2).random()
    assert case.random(1).random() != Case("provider", 4).random(1).random()
    assert replay(1, [case, Case("backfill", 0)]).endswith("--only provider:3,backfill:0")


def test_the_table_counts_what_was_found(tmp_path: Path) -> None:
    results = [
        Result(Case("provider", 0), [], 1.0),
        Result(Case("provider", 1), [], 3.0),
        Result(Case("backfill", 0), [Finding(Kind.CHARGED, "I4: one too many")], 9.0),
        Result(Case("spool-full", 0), [], skipped="only root can"),
    ]
    assert not report.is_clean(results)
    assert report.is_clean(results[:2])
    rows = {
        cells[0]: cells[1:]
        for line in report.table(results)
        if (cells := [cell.strip() for cell in line.strip("|").split("|")])
    }
    assert rows["provider"] == ["2", *"0" * len(Kind), "2.00", "3.00"]
    assert rows["backfill"][1 + list(Kind).index(Kind.CHARGED)] == "1"
    assert rows["all"][:1] == ["3"]
    page = tmp_path / "faults.md"
    page.write_text("# Faults\n<!-- matrix -->\nold\n<!-- end of matrix -->\nmore\n")
    report.keep("matrix", "run it", report.table(results[:2]), page)
    kept = page.read_text()
    assert kept.startswith("# Faults\n<!-- matrix -->\n`run it`, ")
    assert kept.endswith("|\n<!-- end of matrix -->\nmore\n")
    assert "old" not in kept
