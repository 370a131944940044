"""A run's fingerprint, to be compared with another process's: ``python -m`` this, with the data."""

import hashlib
import sys
from pathlib import Path

from odds_pipeline.backtesting.costs import Costs
from odds_pipeline.backtesting.engine import Run, backtest
from odds_pipeline.backtesting.figures import figures
from odds_pipeline.backtesting.honesty import honesty
from odds_pipeline.backtesting.sizing import Percentage
from odds_pipeline.backtesting.strategies import find
from odds_pipeline_tests.backtesting.games import nba


def fingerprint(shared_data: Path) -> str:
    """SHA-256 of a run's ledger and figures, with something drawn by its seed."""
    offered, results = nba(shared_data, "nba_closing_2020.csv.gz")
    how = Run(1_000.0, Percentage(0.01), Costs(rejected=0.3), seed=11)
    made = backtest(find("favourite")(), offered, results, how)
    told = made.bets.to_csv(index=False) + repr(figures(made)) + repr(honesty(made, [0.1], 11))
    return hashlib.sha256(told.encode()).hexdigest()


if __name__ == "__main__":
    sys.stdout.write(fingerprint(Path(sys.argv[1])))
