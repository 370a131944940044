"""`odds up`: everything started in order, kept running, and stopped cleanly.

Belongs here: the order of the steps. Does not belong here: the steps (``migrations``,
``children``, ``spending``, ``demo_history``, services).
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from odds_pipeline.cli import children, demo_backtest, demo_history, demo_results, panel, screen
from odds_pipeline.cli.fetch import show_checks
from odds_pipeline.cli.session import configured
from odds_pipeline.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from odds_pipeline.cli.supervisor import Supervisor
    from odds_pipeline.services.platform import Platform
    from odds_pipeline.services.status import Status

_LOOK_S = 0.5


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: odds up --once")(up)


def up(
    once: Annotated[
        bool, typer.Option("--once", help="Do the same, then stop everything and exit 0.")
    ] = False,
) -> None:
    """Start everything: database, provider (DEMO), history (DEMO), one collection, Dagster's UI.

    Stays up until Ctrl-C or SIGTERM, which stops everything cleanly; the exit code is then 0.
    """
    launch(configured(), once=once)


def launch(settings: Settings, *, once: bool, days: int = demo_history.DAYS) -> None:
    """Run all steps.

    Args:
        settings: all settings.
        once: stop at the end instead of watching.
        days: full days of history that a DEMO gets.

    Raises:
        AlreadyRunning: another `odds up` runs here, or a port is in use.
        ConfirmationRequired: paid collection was not confirmed.
        OddsPipelineError: a step failed; what was started is stopped.
    """
    from odds_pipeline.cli.occupancy import only_up

    address = f"http://127.0.0.1:{settings.odds_ui_port}"
    with only_up(settings.home, address):
        _require_ports(settings)
        _steps(settings, address, once, days)
    screen.say(f"{screen.YES} Stopped; everything is kept in {settings.home}")


def _require_ports(settings: Settings) -> None:
    from odds_pipeline.cli.children import needs_provider
    from odds_pipeline.cli.occupancy import require_free

    require_free(settings.odds_ui_port, "ODDS_UI_PORT")
    if needs_provider(settings):
        require_free(settings.odds_simulator_port, "ODDS_SIMULATOR_PORT")


def _steps(settings: Settings, address: str, once: bool, days: int) -> None:
    from odds_pipeline.cli.instance import dagster_instance, exported
    from odds_pipeline.cli.supervisor import Supervisor
    from odds_pipeline.composition import open_platform

    kind = "DEMO: simulated odds" if settings.demo else "real odds"
    screen.say(f"odds_pipeline · {kind} · home {settings.home}")
    with ExitStack() as running:
        settings = running.enter_context(exported(settings))
        _migrated(settings)
        platform = running.enter_context(open_platform(settings))
        agreed(platform)
        programs = [children.provider(settings)] if children.needs_provider(settings) else []
        provider = running.enter_context(Supervisor(programs, _told))
        instance = running.enter_context(dagster_instance(settings))
        _gathered(platform, instance, days)
        dagster = Supervisor(children.dagster_programs(settings), _told)
        running.enter_context(dagster)
        shown = panel.figures(_status(platform), platform.now(), settings.fixed_interval_minutes)
        panel.draw(shown, ZoneInfo("UTC"))
        screen.say(f"{screen.YES} Dagster UI: {address}")
        if not once:
            screen.say("Ctrl-C stops everything.")
            watch([provider, dagster])


def _migrated(settings: Settings) -> None:
    from odds_pipeline.cli.db_schema import migrated
    from odds_pipeline.composition import REVISION
    from odds_pipeline.storage.urls import redacted

    migrated(settings)
    where = redacted(settings.own_database or "")
    screen.say(f"{screen.YES} PostgreSQL {where} at revision {REVISION}")


def agreed(platform: "Platform") -> None:
    """Settle whether this database is DEMO or real, what it costs, and what a crash left."""
    from odds_pipeline.cli import spending
    from odds_pipeline.services.deployment import settle_kind
    from odds_pipeline.services.recover import recover

    settle_kind(platform)
    spending.confirm(platform)
    done = recover(platform)
    if done.answers or done.claims or done.normalised.documents:
        screen.say(
            f"{screen.YES} Recovered {done.answers} paid answers, closed {done.claims} dead "
            f"claims, normalised {done.normalised.documents} documents"
        )


def _gathered(platform: "Platform", instance: "DagsterInstance", days: int) -> None:
    """Buy a DEMO its history, make one live collection, ask for scores, look at the market.

    A DEMO also gets results of past days, and a backtest on its history.
    """
    from odds_pipeline.cli.runs import run_day, run_learning, run_scores

    if platform.settings.demo:
        demo_history.backfill(platform, instance, days)
    if children.needs_provider(platform.settings):
        demo_results.bring(platform, instance, days)
    today = platform.now().date()
    live = run_day(platform.settings, instance, today)
    screen.say(f"{screen.YES} Live collection: {live.credits:,g} credits")
    show_checks(live.checks, live.failed)
    scores = run_scores(platform.settings, instance, today)
    screen.say(f"{screen.YES} Scores: {scores.credits:,g} credits")
    run_learning(platform.settings, instance)
    _show_market(platform)
    if platform.settings.demo:
        demo_backtest.backtest(platform, instance, days)


def _show_market(platform: "Platform") -> None:
    """Say how many outcomes have a fair price today, and which edges are there."""
    from odds_pipeline.storage import edges, fair_prices
    from odds_pipeline.storage.edges import Wanted
    from odds_pipeline.storage.engine import transaction

    now = platform.now()
    with transaction(platform.engine) as conn:
        sources = fair_prices.day_sources(conn, now.date())
        found = edges.edges(conn, Wanted(status="open"), now)
    screen.say(f"{screen.YES} Fair prices today: {int(sources['chosen'].sum()):,} outcomes")
    executable = found[found["verdict"] == "executable"]
    kinds = ", ".join(f"{count} {kind}" for kind, count in found["kind"].value_counts().items())
    best = f", best {executable['edge_percentage'].max():.2f} %" if len(executable) else ""
    screen.say(
        f"{screen.YES} Edges open: {len(found)} ({kinds or 'none'}), {len(executable)} executable"
        f"{best}; see `odds edges`"
    )


def _status(platform: "Platform") -> "Status":
    from odds_pipeline.services.status import status

    return status(platform)


def watch(supervisors: "Sequence[Supervisor]") -> None:
    """Keep the programs running until a signal asks us to end, which is not a failure."""
    try:
        while True:
            for supervisor in supervisors:
                supervisor.check()
            time.sleep(_LOOK_S)
    except SystemExit:
        screen.say("Stopping …")


def _told(name: str, what: str) -> None:
    screen.say(f"  {name}: {what}")
