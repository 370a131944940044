"""Connections to Dagster's database that a process keeps."""

import dagster as dg
import psycopg

from odds_pipeline.storage.urls import libpq_url
from odds_pipeline_tests.orchestration.conftest import Stage


def test_kept_ones_are_replaced_when_the_server_ended_them(
    stage: Stage, dagster_beside: str
) -> None:
    name = dagster_beside.rpartition("/")[2]
    for number in range(3):
        stage.instance.report_runless_asset_event(dg.AssetMaterialization(f"asset_{number}"))
        with psycopg.connect(libpq_url(dagster_beside), autocommit=True) as conn:
            kept = conn.execute(
                """SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
                WHERE datname = %s AND pid <> pg_backend_pid()""",
                (name,),
            ).fetchall()
        assert kept
    stored = {key.to_user_string() for key in stage.instance.all_asset_keys()}
    assert stored == {"asset_0", "asset_1", "asset_2"}
