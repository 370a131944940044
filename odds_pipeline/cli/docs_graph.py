"""The generated page docs/assets.md: the graph as Dagster has it under the default settings.

Belongs here: turning definitions into Markdown. Does not belong here: their texts
(``orchestration``).
"""

import dagster as dg
from pydantic import SecretStr

from odds_pipeline.cli.docs_markdown import page, table
from odds_pipeline.orchestration.build import build_definitions
from odds_pipeline.orchestration.tags import MAX_RUNTIME
from odds_pipeline.settings import Settings


def assets_page() -> str:
    """Assets, jobs and schedules."""
    repository = build_definitions(_defaults()).get_repository_def()
    parts = [
        "# Assets, jobs and schedules",
        "What the Dagster graph holds under the default settings; [tour.md](tour.md) walks through "
        "it. Materialising a day means making that day complete: doing it again buys nothing "
        "twice.",
        "## Assets",
    ]
    for assets in _in_order(repository):
        parts += _asset(assets, repository)
    jobs = [job for job in repository.get_all_jobs() if not job.name.startswith("__")]
    parts += ["## Jobs", table(("job", "what it does", "ends after"), [_job(job) for job in jobs])]
    rows = [_schedule(schedule) for schedule in repository.schedule_defs]
    parts += ["## Schedules", table(("schedule", "starts", "when", "cron (UTC)"), rows)]
    return page(parts)


def _defaults() -> Settings:
    """The defaults whatever the environment says, and no DEMO remarks."""
    return Settings.model_construct(odds_api_key=SecretStr("none"))


def _in_order(repository: dg.RepositoryDefinition) -> list[dg.AssetsDefinition]:
    graph = repository.asset_graph
    keys = [key for level in graph.toposorted_asset_keys_by_level for key in sorted(level)]
    return [repository.assets_defs_by_key[key] for key in keys]


def _asset(assets: dg.AssetsDefinition, repository: dg.RepositoryDefinition) -> list[str]:
    spec = assets.get_asset_spec()
    checks = repository.asset_graph.get_check_keys_for_assets({spec.key})
    facts = [
        ("group", spec.group_name or ""),
        ("made from", ", ".join(f"`{dep.asset_key.to_user_string()}`" for dep in spec.deps)),
        ("table", f"`{spec.metadata['dagster/table_name']}`"),
        ("kinds", ", ".join(sorted(spec.kinds))),
        ("tags", _tags(spec)),
        ("partitions", _partitions(spec)),
        ("a backfill takes", _backfill(spec, assets.backfill_policy)),
        ("checks", f"{len(checks)}: [checks.md](checks.md)" if checks else ""),
        ("owners", ", ".join(spec.owners)),
    ]
    name = spec.key.to_user_string()
    return [
        f"### {name}",
        spec.description or "",
        table(("", ""), [fact for fact in facts if fact[1]]),
    ]


def _tags(spec: dg.AssetSpec) -> str:
    tags = {k: v for k, v in spec.tags.items() if not k.startswith("dagster/kind/")}
    return ", ".join(f"`{key}: {value}`" for key, value in sorted(tags.items()))


def _partitions(spec: dg.AssetSpec) -> str:
    days = spec.partitions_def
    if isinstance(days, dg.DynamicPartitionsDefinition):
        return "one a backtest, added as it is run"
    if not isinstance(days, dg.DailyPartitionsDefinition):
        return ""
    return f"one a UTC day, from {days.start:%Y-%m-%d} to today"


def _backfill(spec: dg.AssetSpec, policy: dg.BackfillPolicy | None) -> str:
    if isinstance(spec.partitions_def, dg.DynamicPartitionsDefinition):
        return "one run for each"
    if policy is None or policy.max_partitions_per_run is None:
        return "one run for the whole range"
    return f"one run for each {policy.max_partitions_per_run} days, committed day by day"


def _job(job: dg.JobDefinition) -> tuple[str, str, str]:
    minutes = int(job.run_tags[MAX_RUNTIME]) // 60
    return f"`{job.name}`", job.description or "", f"{minutes} minutes at most"


def _schedule(schedule: dg.ScheduleDefinition) -> tuple[str, str, str, str]:
    cron = schedule.cron_schedule
    lines = [cron] if isinstance(cron, str) else list(cron)
    shown = ", ".join(f"`{line}`" for line in lines)
    return f"`{schedule.name}`", f"`{schedule.job_name}`", schedule.description or "", shown
