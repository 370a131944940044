"""The one table of classes: what is injected, and how often against the others."""

from odds_pipeline_tests.faults.matrix.broken_connection import (
    broken_at_a_byte,
    broken_at_a_commit,
    broken_at_a_statement,
)
from odds_pipeline_tests.faults.matrix.dagster_faults import (
    code_server_killed,
    daemon_killed,
    one_of_two_daemons_killed,
    run_killed,
    two_daemons,
)
from odds_pipeline_tests.faults.matrix.fault_class import FaultClass, Needs
from odds_pipeline_tests.faults.matrix.full_disk import database_disk_full, spool_full
from odds_pipeline_tests.faults.matrix.hostile_documents import hostile_document
from odds_pipeline_tests.faults.matrix.killed_backfill import backfill_killed
from odds_pipeline_tests.faults.matrix.killed_writer import (
    killed_again_at_the_start,
    killed_at_a_point,
)
from odds_pipeline_tests.faults.matrix.lost_backend import backend_killed, backend_terminated
from odds_pipeline_tests.faults.matrix.lost_server import server_down, server_killed
from odds_pipeline_tests.faults.matrix.provider_faults import NAMES, provider_at_fault
from odds_pipeline_tests.faults.matrix.two_collectors import one_of_two_killed

CLASSES = {
    one.name: one
    for one in (
        FaultClass("crash-point", 230, killed_at_a_point, at_least=13),
        FaultClass("crash-again", 60, killed_again_at_the_start),
        FaultClass("provider", 280, provider_at_fault, at_least=len(NAMES)),
        FaultClass("connection-byte", 90, broken_at_a_byte),
        FaultClass("connection-statement", 40, broken_at_a_statement),
        FaultClass("connection-commit", 50, broken_at_a_commit),
        FaultClass("backend-terminated", 40, backend_terminated),
        FaultClass("backend-killed", 30, backend_killed, Needs.SERVER),
        FaultClass("server-killed", 20, server_killed, Needs.SERVER),
        FaultClass("server-down", 10, server_down, Needs.SERVER),
        FaultClass("spool-full", 10, spool_full, Needs.MOUNT),
        FaultClass("database-disk-full", 2, database_disk_full, Needs.MOUNT),
        FaultClass("two-collectors", 40, one_of_two_killed),
        FaultClass("backfill", 20, backfill_killed),
        FaultClass("hostile-document", 100, hostile_document),
        FaultClass("run-killed", 3, run_killed, Needs.DAGSTER),
        FaultClass("code-server-killed", 3, code_server_killed, Needs.DAGSTER),
        FaultClass("daemon-killed", 2, daemon_killed, Needs.DAGSTER),
        FaultClass("two-daemons", 1, two_daemons, Needs.DAGSTER),
        FaultClass("one-of-two-daemons", 1, one_of_two_daemons_killed, Needs.DAGSTER),
    )
}
