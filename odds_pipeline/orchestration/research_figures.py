"""Numbers, tables and pictures of the group `research`.

Belongs here: what the services found, as Dagster metadata. Does not belong here: finding it
(``services``), drawing (``services.pictures``). Units stand in the keys.
"""

from typing import TYPE_CHECKING, Any

import dagster as dg

from odds_pipeline.orchestration import markdown
from odds_pipeline.orchestration.descriptions import table_metadata
from odds_pipeline.orchestration.figures import Metadata
from odds_pipeline.orchestration.market_figures import image
from odds_pipeline.services.platform import Platform
from odds_pipeline.storage import datasets as stored
from odds_pipeline.storage import experiments as kept
from odds_pipeline.storage.engine import transaction

if TYPE_CHECKING:
    from odds_pipeline.backtesting.engine import Backtest
    from odds_pipeline.services.launch import Done
    from odds_pipeline.storage.datasets import Dataset

SHOWN = 20
PLACES = 6
_COUNTS = {
    "bets": "total_bets",
    "won": "winning_bets",
    "lost": "losing_bets",
    "pushes": "pushes",
    "pending": "pending_bets",
    "longest losing run": "longest_losing_run",
    "trials on this data": "trials",
    "bets needed": "bets_needed",
    "decisions that look ahead": "leaks",
}
_NUMBERS = {
    "wagered": "total_wagered",
    "profit": "total_profit",
    "max drawdown": "max_drawdown",
    "Sharpe ratio": "sharpe_ratio",
    "p-value": "p_value",
    "probabilistic Sharpe": "probabilistic_sharpe",
    "deflated Sharpe": "deflated_sharpe",
}
_SHARES = {
    "ROI (%)": "roi",
    "ROI low (%)": "roi_low",
    "ROI high (%)": "roi_high",
    "max drawdown (%)": "max_drawdown_percent",
}


def datasets(platform: Platform, frozen: "Dataset | None") -> Metadata:
    """The datasets there are, and what stands in the one just frozen."""
    with transaction(platform.engine) as conn:
        every = stored.every(conn)
    rows = [
        (
            one.snapshot_id,
            one.league,
            one.content_hash[:12],
            "locked" if one.is_locked else "",
            one.metadata["files"]["offers"]["rows"],
            one.experiments,
        )
        for one in every[:SHOWN]
    ]
    header = ["dataset", "league", "content hash", "", "offers", "experiments"]
    told: Metadata = {
        "datasets": len(every),
        "locked": sum(one.is_locked for one in every),
        "preview": dg.MetadataValue.md(markdown.table(header, rows)),
    }
    if frozen is not None:
        notes = frozen.metadata["files"]
        told |= {"frozen": frozen.snapshot_id, "content hash": frozen.content_hash}
        told |= {name.replace("_", " "): note["rows"] for name, note in notes.items()}
        told["size (bytes)"] = sum(note["bytes"] for note in notes.values())
    return told | table_metadata("dataset_snapshots")


def backtest(done: "Done") -> Metadata:
    """An experiment's key figures, its equity and drawdown, and its last bets."""
    of, told = done.experiment, done.result.metrics
    numbers: Metadata = {shown: told[name] for shown, name in _COUNTS.items()}
    numbers |= {
        shown: round(told[name], PLACES)
        for shown, name in _NUMBERS.items()
        if told[name] is not None
    }
    numbers |= {
        shown: round(100 * told[name], PLACES)
        for shown, name in _SHARES.items()
        if told[name] is not None
    }
    return (
        numbers
        | {
            "experiment": of.id,
            "strategy": of.strategy,
            "dataset": of.dataset or "none: what was stored then",
            "dataset hash": of.dataset_hash or "",
            "code version": of.code_version,
            "seed": of.seed,
            "configuration": dg.MetadataValue.json(of.config),
            "made again": done.again,
            "dagster/partition_row_count": len(done.result.run.bets),
            "last bets": dg.MetadataValue.md(_bets(done.result.run)),
        }
        | _pictures(done.result.run, of.name)
        | table_metadata("backtest_results")
    )


def _pictures(run: "Backtest", name: str) -> Metadata:
    import numpy as np

    from odds_pipeline.services import pictures

    settled = run.bets[run.bets["profit"].notna() & ~run.bets["void"]]
    if settled.empty:
        return {}
    by_time = settled.groupby("settled_at")["profit"].sum()
    held = run.bankroll + np.cumsum(by_time.to_numpy())
    heights = np.maximum.accumulate(np.concatenate(([run.bankroll], held)))[1:]
    times = [moment.to_pydatetime() for moment in by_time.index]
    drawn = pictures.money(times, held.tolist(), f"Equity: {name}")
    fallen = pictures.money(times, (held - heights).tolist(), f"Drawdown: {name}")
    return {"equity": image("equity", drawn), "drawdown": image("drawdown", fallen)}


def _bets(run: "Backtest") -> str:
    rows = [
        (
            f"{row['decision_time']:%Y-%m-%d %H:%M}",
            row["bookmaker_key"],
            row["market_key"],
            row["outcome_name"],
            f"{row['price']:.2f}",
            f"{row['stake']:.2f}",
            "" if row["profit"] != row["profit"] else f"{row['profit']:+.2f}",
        )
        for row in run.bets.tail(SHOWN).to_dict("records")
    ]
    header = ["decision (UTC)", "book", "market", "outcome", "price", "stake", "profit"]
    return markdown.table(header, rows)


def experiments(platform: Platform) -> Metadata:
    """How many experiments there are by status, and the newest."""
    with transaction(platform.engine) as conn:
        counts = kept.counts(conn)
        newest = kept.newest(conn, SHOWN)
    rows = [
        tuple(
            _cell(row[name])
            for name in ("id", "name", "strategy", "dataset", "status", "total_bets", "roi")
        )
        for row in newest.to_dict("records")
    ]
    header = ["id", "name", "strategy", "dataset", "status", "bets", "ROI"]
    return {
        "experiments": sum(counts.values()),
        **{status: counts.get(status, 0) for status in ("draft", "running", "completed", "failed")},
        "newest": dg.MetadataValue.md(markdown.table(header, rows)),
    } | table_metadata("experiments")


def _cell(value: Any) -> object:  # noqa: ANN401 - whatever pandas gives
    if value is None or value != value:
        return ""
    return f"{value:+.4f}" if isinstance(value, float) else value
