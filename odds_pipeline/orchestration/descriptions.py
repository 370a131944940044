"""What every asset says of itself: owner, group, kinds, tags, table, columns and their lineage.

Belongs here: the words and keys a newcomer reads in the graph. Does not belong here: numbers of
a materialisation (``figures``), what an asset does (``assets``).
"""

from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg

from odds_pipeline.orchestration.table_schema import table_schema

Decorator = Callable[[Callable[..., Any]], dg.AssetsDefinition]

OWNERS = ["team:odds"]
RAW = "odds_snapshots"

_ODDS_FROM_SNAPSHOTS = {
    "id": "id",
    "event_id": "event_id",
    "bookmaker_key": "raw_data",
    "bookmaker_title": "raw_data",
    "market_key": "raw_data",
    "outcome_name": "raw_data",
    "description": "raw_data",
    "price": "raw_data",
    "decimal_price": "raw_data",
    "point": "raw_data",
    "odds_timestamp": "snapshot_time",
    "last_update": "raw_data",
    "created_at": "known_time",
}


def daily_asset(
    days: dg.DailyPartitionsDefinition,
    *,
    group: str,
    table: str,
    layer: str,
    backfill_policy: dg.BackfillPolicy,
    deps: Sequence[str] = (),
    retry_policy: dg.RetryPolicy | None = None,
) -> Decorator:
    """The decorator of an asset with everything that all of them have in common.

    Args:
        days: its partitions.
        group: asset group.
        table: table or view it fills, as in ``catalog.fields``.
        layer: ``paid`` (calls the provider) or ``sql`` (works on what is stored).
        backfill_policy: how many days a run of a backfill takes.
        deps: assets it is made from.
        retry_policy: whether a passing failure is tried again.
    """
    decorator: Decorator = dg.asset(
        group_name=group,
        partitions_def=days,
        owners=OWNERS,
        kinds={"python", "postgres"} | ({"pandas"} if layer == "sql" else set()),
        tags={"odds/layer": layer},
        metadata=table_metadata(table),
        backfill_policy=backfill_policy,
        deps=deps,
        retry_policy=retry_policy,
    )
    return decorator


def ops_asset(
    *,
    table: str,
    layer: str,
    deps: Sequence[str],
    freshness_policy: dg.FreshnessPolicy | None = None,
) -> Decorator:
    """The decorator of an asset that shows the platform's present state; it has no partitions."""
    decorator: Decorator = dg.asset(
        group_name="ops",
        owners=OWNERS,
        kinds={"python", "postgres"},
        tags={"odds/layer": layer},
        metadata=table_metadata(table),
        deps=deps,
        freshness_policy=freshness_policy,
    )
    return decorator


def whole_asset(
    *,
    group: str,
    table: str,
    deps: Sequence[str],
    partitions: dg.DynamicPartitionsDefinition | None = None,
) -> Decorator:
    """The decorator of an asset that is made anew as a whole from all days.

    Args:
        group: asset group.
        table: table or view it fills, as in ``catalog.fields``.
        deps: assets it is made from.
        partitions: its partitions, which are no days; none without.
    """
    decorator: Decorator = dg.asset(
        group_name=group,
        partitions_def=partitions,
        owners=OWNERS,
        kinds={"python", "postgres", "pandas"},
        tags={"odds/layer": "sql"},
        metadata=table_metadata(table),
        deps=deps,
    )
    return decorator


def table_metadata(table: str) -> dict[str, Any]:
    """Name and columns of a table, for a definition and for each materialisation."""
    known = {
        "dagster/table_name": f"public.{table}",
        "dagster/column_schema": table_schema(table),
    }
    return known | ({"dagster/column_lineage": odds_lineage()} if table == "odds" else {})


def odds_lineage() -> dg.TableColumnLineage:
    """Which column of ``odds_snapshots`` each column of ``odds`` is read from."""
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(asset_key=dg.AssetKey(RAW), column_name=source)]
            for column, source in _ODDS_FROM_SNAPSHOTS.items()
        }
    )
