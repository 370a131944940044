"""The bets of backtests on record, as Parquet files in the database.

Belongs here: keeping and reading them. Does not belong here: making them (``backtesting``).
"""

from io import BytesIO
from typing import TYPE_CHECKING, Any

import psycopg

from odds_pipeline.errors import NotFound

if TYPE_CHECKING:
    import pandas as pd

Connection = psycopg.Connection[Any]


def keep(conn: Connection, experiment: int, bets: "pd.DataFrame") -> None:
    """Keep the bets of an experiment."""
    written = BytesIO()
    bets.to_parquet(written, compression="zstd", index=False)
    conn.execute(
        "INSERT INTO backtest_ledgers (experiment_id, bets) VALUES (%s, %s)",
        (experiment, written.getvalue()),
    )


def bets_of(conn: Connection, experiment: int) -> "pd.DataFrame":
    """The bets of an experiment, in the order of their decisions.

    Raises:
        NotFound: none are kept of it.
    """
    import pandas as pd

    row = conn.execute(
        "SELECT bets FROM backtest_ledgers WHERE experiment_id = %s", (experiment,)
    ).fetchone()
    if row is None:
        raise NotFound(f"no bets are kept of experiment {experiment}: it did not come to its end")
    return pd.read_parquet(BytesIO(row[0]))
