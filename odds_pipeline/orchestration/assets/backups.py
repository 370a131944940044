"""Group `ops`: the backups, and whether the last good one is too old.

Belongs here: the asset, its check, its job and schedule. Does not belong here: taking and proving
backups (``services.backup``).

Simulated odds can be had again for nothing: in DEMO the schedule is off, and the check content.
"""

from typing import TYPE_CHECKING

import dagster as dg

from odds_pipeline.orchestration.descriptions import OWNERS
from odds_pipeline.orchestration.failures import one_line_failures
from odds_pipeline.orchestration.resources import PlatformResource
from odds_pipeline.orchestration.tags import MAX_RUNTIME
from odds_pipeline.services.backup.daily import OVERDUE, daily_backup, standing
from odds_pipeline.settings import Settings

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition as Job,
    )

BACKUPS, JOB, CHECK = "backups", "backup_database", "backup_is_recent"
HOURS_AT_MOST = 3
_HOUR_S = 3600
_COLUMNS = (
    ("manifest.json", "What it holds: rows and a hash of each table, a digest of each file."),
    ("odds.dump", "Our database, as of one moment."),
    ("dagster.dump", "Dagster's own database."),
    ("archive, datasets, spool", "The files that belong to that moment."),
    ("verified.json", "When it was proven, and how."),
)


def backup_assets() -> list[dg.AssetsDefinition]:
    """The backups."""

    @dg.asset(
        group_name="ops",
        owners=OWNERS,
        kinds={"python", "postgres"},
        tags={"odds/layer": "sql"},
        metadata={
            "dagster/table_name": "BACKUP_DIR",
            "dagster/column_schema": dg.TableSchema(
                [dg.TableColumn(name, "file", description=what) for name, what in _COLUMNS]
            ),
        },
    )
    def backups(
        context: dg.AssetExecutionContext,
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.MaterializeResult[None]:
        """If the disk died now, what could be had again? A proven backup of all, once a day.

        Each is restored beside the database and compared, table by table, before older ones go.
        """
        with one_line_failures(), platform_resource.open() as platform:
            made, gone = daily_backup(platform)
        for path in gone:
            context.log.info(f"removed {path}")
        said, verified = made.manifest, made.verified
        assert verified is not None
        return dg.MaterializeResult(
            metadata={
                "rows": said.rows,
                "size (bytes)": said.bytes,
                "taking it (s)": said.elapsed_s,
                "proving it (s)": verified.elapsed_s,
                "removed": len(gone),
                "proven": verified.how,
                "folder": dg.MetadataValue.path(str(made.path)),
            }
        )

    return [backups]


def backup_checks(settings: Settings) -> list[dg.AssetChecksDefinition]:
    """Whether the last proven backup is recent."""

    @dg.asset_check(
        asset=BACKUPS,
        name=CHECK,
        description=f"The last proven backup is at most {OVERDUE.total_seconds() / _HOUR_S:g} "
        "hours old.",
    )
    def backup_is_recent(
        platform_resource: dg.ResourceParam[PlatformResource],
    ) -> dg.AssetCheckResult:
        with one_line_failures(), platform_resource.open() as platform:
            found = standing(platform)
            age = None if found.since is None else platform.now() - found.since
        passed = settings.demo or not found.overdue
        hours = {} if age is None else {"age (h)": age.total_seconds() / _HOUR_S}
        return dg.AssetCheckResult(
            passed=passed,
            severity=dg.AssetCheckSeverity.ERROR,
            description=None if passed else "run `odds db backup --drill`, and see why this failed",
            metadata=hours | {"limit (h)": OVERDUE.total_seconds() / _HOUR_S},
        )

    return [backup_is_recent]


def backup_job() -> "Job":
    """The job of the daily backup; its check is judged every hour, by `list_events`."""
    return dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.assets(BACKUPS),
        description="Save everything, prove it by restoring it beside, and remove old backups.",
        owners=OWNERS,
        tags={MAX_RUNTIME: str(HOURS_AT_MOST * _HOUR_S)},
    )


def backup_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Every night, unless the odds are simulated."""
    status = dg.DefaultScheduleStatus
    return dg.ScheduleDefinition(
        name=JOB,
        job_name=JOB,
        cron_schedule="30 3 * * *",
        execution_timezone="UTC",
        default_status=status.STOPPED if settings.demo else status.RUNNING,
        description="Once a day; keeps BACKUP_KEEP of them.",
        owners=OWNERS,
    )
