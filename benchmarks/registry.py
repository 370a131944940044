"""The benchmarks by name: the one place where a new one is entered."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from benchmarks import (
    archive,
    backtest,
    batch_size,
    definitions_import,
    ingest_bulk,
    ingest_live,
    margin_removal,
    market,
    planning,
    provider,
    quality,
    real_series,
    season_measures,
    storage,
    tick,
)
from benchmarks.harness import Result

BENCHMARKS: Mapping[str, Callable[[], list[Result]]] = MappingProxyType(
    {
        "definitions_import": definitions_import.measure,
        "tick": tick.measure,
        "ingest_live": ingest_live.measure,
        "ingest_bulk": ingest_bulk.measure,
        "storage": storage.measure,
        "archive": archive.measure,
        "provider": provider.measure,
        "backtest": backtest.measure,
        "market": market.measure,
        "planning": planning.measure,
        "margin_removal": margin_removal.measure,
        "real_series": real_series.measure,
        "season": season_measures.measure,
    }
)

# Only by name: they take long.
LARGE: Mapping[str, Callable[[], list[Result]]] = MappingProxyType(
    {
        "season_large": season_measures.measure_large,
        "season_backtest": season_measures.measure_backtest,
        "quality": quality.measure,
        "batch_size": batch_size.measure,
        "season_plans": season_measures.write_plans,
    }
)
