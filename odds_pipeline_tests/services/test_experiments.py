"""What becomes of an experiment: drafted, run, ended or given up, and made again."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from odds_pipeline.backtesting.strategy import Picks, Strategy
from odds_pipeline.errors import NotFound, StorageError, UsageError
from odds_pipeline.services.backtests import Result, carry_out, put_on_record, run_backtest
from odds_pipeline.services.datasets.examine import lock
from odds_pipeline.services.datasets.freeze import freeze
from odds_pipeline.services.datasets.frozen import Frozen
from odds_pipeline.services.datasets.load import load
from odds_pipeline.services.datasets.place import folder_of
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.reproduce import reproduce
from odds_pipeline.storage import experiments
from odds_pipeline.storage.engine import session, transaction
from odds_pipeline.storage.experiments import Experiment
from odds_pipeline_tests.conftest import whole_server
from odds_pipeline_tests.services.seasons import FAVOURITES, SPORT, TERMS, bring

if TYPE_CHECKING:
    import pandas as pd


@pytest.fixture
def frozen(platform: Platform, home: Path) -> Frozen:
    bring(platform, home)
    freeze(platform, "nhl", TERMS)
    return load(platform, "nhl")


def _found(platform: Platform, number: int) -> Experiment:
    with transaction(platform.engine) as conn:
        return experiments.find(conn, number)


def test_it_is_a_draft_then_runs_then_is_completed(platform: Platform, frozen: Frozen) -> None:
    number = put_on_record(platform, frozen, FAVOURITES)
    draft = _found(platform, number)
    assert (draft.status, draft.started_at, draft.dataset) == ("draft", None, "nhl@1")
    made = carry_out(platform, number, frozen, FAVOURITES)
    done = _found(platform, number)
    assert (done.status, done.metrics) == ("completed", made.metrics)
    assert done.started_at is not None
    assert done.completed_at is not None
    assert done.created_at < done.started_at < done.completed_at
    # Early favourites at Pinnacle, and late ones at the best price: by hand.
    assert made.metrics["total_profit"] == pytest.approx(
        0.55 + 0.65 - 1 + 0.45 + 0.52 + 0.60 - 1 + 0.40
    )
    with pytest.raises(StorageError, match="has begun already"):
        carry_out(platform, number, frozen, FAVOURITES)


@whole_server
def test_one_whose_process_is_gone_ends_as_failed_at_the_next_look(
    platform: Platform, frozen: Frozen
) -> None:
    number = put_on_record(platform, frozen, FAVOURITES)
    with session(platform.engine) as held, experiments.living(held, number):
        with transaction(platform.engine) as conn:
            experiments.start(conn, number, "x")
        assert _found(platform, number).status == "running"
        with pytest.raises(StorageError, match="runs in another process"):
            carry_out(platform, number, frozen, FAVOURITES)
        # As when the process is killed: its connection goes, and nothing else happens.
        process = held.execute("SELECT pg_backend_pid()").fetchone()
        with transaction(platform.engine) as conn:
            conn.execute("SELECT pg_terminate_backend(%s, 5000)", process)
        with transaction(platform.engine) as conn:
            conn.execute("SET TRANSACTION READ ONLY")
            assert experiments.find(conn, number).status == "running"
        gone = _found(platform, number)
        assert (gone.status, gone.error) == ("failed", experiments.DIED)
        held.close()
    with pytest.raises(StorageError, match="was given up"), transaction(platform.engine) as conn:
        experiments.complete(conn, number, {})
    with transaction(platform.engine) as conn:
        assert experiments.counts(conn) == {"failed": 1}


def test_a_completed_one_comes_out_the_same_to_the_last_bit(
    platform: Platform, frozen: Frozen
) -> None:
    first = run_backtest(platform, frozen, FAVOURITES)
    with pytest.raises(UsageError, match="nhl@1 is not locked"):
        reproduce(platform, first.experiment)
    lock(platform, "nhl")
    second = run_backtest(platform, frozen, FAVOURITES)
    assert (first.metrics["trials"], second.metrics["trials"]) == (1, 2)
    # The trials made since do not count against it.
    for number in (first.experiment, second.experiment):
        again = reproduce(platform, number)
        assert again.same
        assert again.experiment.code_version == again.code_version
    path = folder_of(platform, frozen.dataset) / "results.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(StorageError, match="nhl@1 is not as it was frozen"):
        reproduce(platform, first.experiment)


def test_a_figure_that_comes_out_otherwise_is_named(platform: Platform, frozen: Frozen) -> None:
    made = run_backtest(platform, frozen, FAVOURITES)
    lock(platform, "nhl")
    told = made.metrics | {"roi": 0.5, "bets_hash": "x"}
    with transaction(platform.engine) as conn:
        conn.execute("UPDATE experiments SET metrics = %s", (json.dumps(told),))
    again = reproduce(platform, made.experiment)
    assert again.differing == {
        "roi": (0.5, made.metrics["roi"]),
        "bets_hash": ("x", made.metrics["bets_hash"]),
    }


class Breaks(Strategy):
    """Sees the data, and fails."""

    name = "breaks"
    summary = "Fails."

    def opportunities(self, offers: "pd.DataFrame") -> Picks:
        raise RuntimeError(f"{len(offers)} offers seen")


def test_a_run_that_fails_is_a_trial_once_it_has_read_the_data(
    platform: Platform, frozen: Frozen
) -> None:
    lock(platform, "nhl")
    first = run_backtest(platform, frozen, FAVOURITES)
    breaks = replace(FAVOURITES, strategy=f"{__name__}:Breaks")
    with pytest.raises(RuntimeError, match="offers seen"):
        run_backtest(platform, frozen, breaks)
    empty = replace(TERMS.selection(SPORT, None, None), markets=("totals",))
    with pytest.raises(NotFound):
        run_backtest(platform, empty, FAVOURITES)
    third = run_backtest(platform, frozen, FAVOURITES)
    assert (first.metrics["trials"], third.metrics["trials"]) == (1, 3)
    with transaction(platform.engine) as conn:
        assert experiments.counts(conn) == {"completed": 2, "failed": 2}
        for made in (first, third):
            of = experiments.find(conn, made.experiment)
            assert experiments.trials_until(conn, of) == made.metrics["trials"]
    assert reproduce(platform, first.experiment).same
    assert reproduce(platform, third.experiment).same


def test_what_ran_on_no_dataset_or_failed_is_not_made_again(
    platform: Platform, frozen: Frozen
) -> None:
    known = frozen.dataset.known_by
    on_stored: Result = run_backtest(
        platform, TERMS.selection("icehockey_nhl", known, known), FAVOURITES
    )
    # The same offers and results: a trial on the dataset counts them, and the other way round.
    assert on_stored.dataset_hash == run_backtest(platform, frozen, FAVOURITES).dataset_hash
    with pytest.raises(UsageError, match="bound to no dataset"):
        reproduce(platform, on_stored.experiment)
    with pytest.raises(UsageError, match="is draft"):
        reproduce(platform, put_on_record(platform, frozen, FAVOURITES))


def test_good_ones_are_found_by_an_index(platform: Platform) -> None:
    with transaction(platform.engine) as conn:
        conn.execute(
            """INSERT INTO experiments (name, strategy, config, code_version, seed, risk_mode,
                bankroll, status, started_at, metrics)
            SELECT 'a', 'b', '{}', 'c', 0, 'flat', 1, 'completed', now(),
                jsonb_build_object('roi', (i - 4990) / 1000.0)
            FROM generate_series(1, 5000) i"""
        )
        conn.execute("ANALYZE experiments")
        found = experiments.newest(conn, 20, least_roi=0.008)
        assert sorted(found["roi"]) == [0.009, 0.01]
        plan = conn.execute(
            "EXPLAIN SELECT id FROM experiments WHERE (metrics ->> 'roi')::double precision > 0.008"
        ).fetchall()
    assert "ix_experiments_roi" in str(plan)
