"""The credit count: formulas, months, restarts."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from odds_pipeline.errors import UsageError
from odds_pipeline.simulator.credits import CreditCount, odds_cost, region_count, scores_cost

NOVEMBER = datetime(2025, 11, 30, 23, 59, 59, tzinfo=UTC)
DECEMBER = datetime(2025, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("regions", "books", "billed"), [(1, 0, 1), (3, 0, 3), (3, 8, 1), (0, 10, 1), (0, 11, 2)]
)
def test_ten_bookmakers_are_one_region(regions: int, books: int, billed: int) -> None:
    assert region_count(regions, books) == billed


def test_costs() -> None:
    assert odds_cost(3, 1, historical=False) == 3
    assert odds_cost(3, 2, historical=True) == 60
    assert (scores_cost(None), scores_cost(3)) == (1, 2)


def test_the_count_starts_anew_on_the_first_of_the_month() -> None:
    count = CreditCount(500, None)
    count.charge("k", 40, NOVEMBER)
    count.charge("other", 1, NOVEMBER)
    assert (count.used("k", NOVEMBER), count.remaining("k", NOVEMBER)) == (40, 460)
    assert (count.used("k", DECEMBER), count.remaining("k", DECEMBER)) == (0, 500)
    count.charge("k", 2, DECEMBER)
    assert count.total("k") == 42


def test_a_restart_continues_the_count_and_the_file_holds_no_key(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "credits.json"
    CreditCount(500, state).charge("secret-key", 40, NOVEMBER)
    assert CreditCount(500, state).remaining("secret-key", NOVEMBER) == 460
    assert "secret-key" not in state.read_text()
    assert [path.name for path in state.parent.iterdir()] == ["credits.json"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"2025-11": 3}'])
def test_a_spoilt_state_file_is_named(tmp_path: Path, text: str) -> None:
    state = tmp_path / "credits.json"
    state.write_text(text)
    with pytest.raises(UsageError, match=r"credits\.json"):
        CreditCount(500, state)
