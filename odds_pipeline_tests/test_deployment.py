"""The container files name programs that exist, open nothing to the world and hold no password."""

import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer
import yaml

from odds_pipeline.cli.main import app as odds_app
from odds_pipeline.settings import Settings, secret_settings
from odds_pipeline.webserver.__main__ import app as webserver_app

ROOT = Path(__file__).resolve().parents[1]
CONDITIONS = {"service_healthy", "service_started", "service_completed_successfully"}
# Of the compose specification what is used here; a word that is none of these is a slip.
SERVICE_KEYS = {
    *("build", "image", "init", "restart", "user", "read_only", "tmpfs", "cap_drop", "cap_add"),
    *("security_opt", "pids_limit", "mem_limit", "shm_size", "environment", "secrets", "volumes"),
    *("networks", "healthcheck", "command", "ports", "depends_on", "hostname"),
    "stop_grace_period",
}
OURS = ("migrate", "code-server", "webserver", "daemon")


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def console_scripts() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    installed = {script.name for script in entry_points(group="console_scripts")}
    return installed | set(project["scripts"])


def program(words: list[str]) -> str:
    """The program that a command line ends up as."""
    return words[3] if words[:3] == ["odds", "exec", "--"] else words[0]


def test_every_service_runs_a_program_of_the_image() -> None:
    services = compose()["services"]
    assert set(services) == {"postgres", *OURS}
    for name in OURS:
        assert program(services[name]["command"]) in console_scripts(), name
        probe = services[name].get("healthcheck", {}).get("test", ["CMD", "python"])
        assert probe[0] == "CMD"
        assert program(probe[1:]) in console_scripts() | {"python"}, name


def test_services_are_hardened_and_only_the_ui_is_reachable_from_this_machine() -> None:
    loaded = compose()
    for name, service in loaded["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["read_only"] is True, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["pids_limit"] <= 512, name
        assert service["mem_limit"], name
        assert name == "migrate" or service["healthcheck"], name
        assert name == "postgres" or service["user"] == "1000:1000", name
        assert "privileged" not in service, name
        assert "docker.sock" not in str(service.get("volumes", "")), name
        for port in service.get("ports", []):
            assert name == "webserver"
            assert port.startswith("127.0.0.1:")
    assert loaded["networks"]["database"]["internal"] is True
    assert loaded["services"]["postgres"]["networks"] == ["database"]


def test_secrets_stand_in_files_alone_and_each_service_has_only_its_own() -> None:
    loaded = compose()
    known = set(loaded["secrets"])
    secret = {f"{name.upper()}" for name in secret_settings()} | {"POSTGRES_PASSWORD"}
    for name, service in loaded["services"].items():
        environment = service["environment"]
        assert not secret & set(environment) - {"DATABASE_URL", "ODDS_UI_LOGIN"}, name
        assert urlsplit(environment.get("DATABASE_URL", "")).password is None, name
        files = {key: value for key, value in environment.items() if key.endswith("_FILE")}
        assert files, name
        assert {f"/run/secrets/{one}" for one in service["secrets"]} == set(files.values()), name
        assert set(service["secrets"]) <= known, name
    holders = {name for name, one in loaded["services"].items() if "owner_password" in str(one)}
    assert holders == {"postgres", "migrate"}
    for name in ("code-server", "webserver", "daemon"):
        address = urlsplit(loaded["services"][name]["environment"]["DATABASE_URL"])
        assert address.username == "odds_collector"
    keyed = {name for name, one in loaded["services"].items() if "odds_api_key" in str(one)}
    assert keyed == {"code-server"}
    assert "secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_what_the_image_copies_exists_or_is_made_by_the_build() -> None:
    copied = [
        word
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    ]
    assert "requirements.lock" in copied
    allowed = (ROOT / ".dockerignore").read_text()
    for name in copied:
        assert f"!{name.split('/')[0]}" in allowed, f"{name} is not sent to the build"


def test_the_only_place_that_may_be_written_is_the_users_home() -> None:
    """With a root that is read-only numba refuses to be imported elsewhere."""
    image = (ROOT / "Dockerfile").read_text()
    home = "/opt/odds/home"
    assert f"useradd --uid 1000 --create-home --home-dir {home} " in image
    assert f"HOME={home} " in image
    assert f"ODDS_HOME={home}" in image
    for name in OURS:
        assert compose()["services"][name]["volumes"] == [f"home:{home}"], name


def test_the_container_of_runs_keeps_its_name_when_it_is_made_anew() -> None:
    """A run names its host; under another name its death would not be seen (`workers.py`)."""
    assert compose()["services"]["code-server"]["hostname"] == "code-server"


def test_a_stop_waits_for_calls_in_progress() -> None:
    """An engine kills after 10 s unless told otherwise; `odds serve` was seen to take 20."""
    for name, service in compose()["services"].items():
        assert service["stop_grace_period"] == "90s", name
    assert "TimeoutStopSec=90" in (ROOT / "deploy" / "odds.service").read_text()
    assert "--stop-timeout 90" in (ROOT / "docs" / "deployment.md").read_text()


def test_every_service_names_only_what_there_is() -> None:
    """What `docker compose config` would refuse, and settings that nobody reads."""
    loaded = compose()
    known = {name.upper() for name in Settings.model_fields}
    known |= {f"{name.upper()}_FILE" for name in secret_settings()}
    assert set(loaded) == {"name", "x-service", "services", "networks", "volumes", "secrets"}
    for name, service in loaded["services"].items():
        assert set(service) <= SERVICE_KEYS, name
        ours = name != "postgres"
        assert all((key in known) if ours else key.startswith("POSTGRES_") for key in _set(service))
        assert set(service.get("networks", [])) <= set(loaded["networks"]), name
        assert set(service.get("secrets", [])) <= set(loaded["secrets"]), name
        for volume in service.get("volumes", []):
            assert volume.partition(":")[0] in loaded["volumes"], name
        for other, condition in service.get("depends_on", {}).items():
            assert condition["condition"] in CONDITIONS, name
            needs_health = condition["condition"] == "service_healthy"
            assert not needs_health or "healthcheck" in loaded["services"][other], name
        for key, value in service.get("healthcheck", {}).items():
            assert key in {"test", "interval", "timeout", "start_period", "retries"}, name
            assert key in {"test", "retries"} or re.fullmatch(r"\d+s", value), name


def _set(service: dict[str, Any]) -> set[str]:
    return set(service.get("environment", {}))


@pytest.mark.parametrize("service", OURS)
def test_every_command_has_the_options_it_is_given(service: str) -> None:
    """Parsed by the programs' own parsers; nothing is run."""
    from dagster._cli import create_dagster_cli
    from dagster._daemon.cli import create_dagster_daemon_cli

    programs = {
        "odds": typer.main.get_command(odds_app),
        "odds-webserver": typer.main.get_command(webserver_app),
        "dagster": create_dagster_cli(),  # type: ignore[no-untyped-call]
        "dagster-daemon": create_dagster_daemon_cli(),
    }
    described = compose()["services"][service]
    probe = described.get("healthcheck", {}).get("test", ["CMD", "python"])[1:]
    for words in (described["command"], probe):
        if words[:3] == ["odds", "exec", "--"]:
            words = words[3:]
        if words[0] != "python":
            parse(programs[words[0]], words)


def parse(command: Any, words: list[str]) -> None:
    context = command.make_context(words[0], list(words[1:]))
    while hasattr(command, "commands"):
        given = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, given)
        context = command.make_context(name, rest, parent=context)


def test_what_is_to_be_added_by_hand_fits_the_compose_file() -> None:
    page = (ROOT / "docs" / "deployment.md").read_text()
    more = yaml.safe_load(page.partition("docker-compose.override.yml\n")[2].partition("```")[0])
    known = {name.upper() for name in Settings.model_fields}
    known |= {f"{name.upper()}_FILE" for name in secret_settings()}
    for name, service in more["services"].items():
        assert name in OURS
        assert _set(service) <= known
        assert set(service["secrets"]) <= set(more["secrets"])


def test_the_workspaces_name_the_same_location() -> None:
    local = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"][0]["python_module"]
    remote = yaml.safe_load((ROOT / "deploy/workspace.grpc.yaml").read_text())["load_from"][0]
    server = compose()["services"]["code-server"]["command"]
    assert remote["grpc_server"]["location_name"] == local["location_name"]
    assert local["module_name"] == server[server.index("--module-name") + 1]
    assert str(remote["grpc_server"]["port"]) == server[server.index("--port") + 1]
    assert remote["grpc_server"]["host"] == "code-server"


def test_the_systemd_unit_starts_our_program_without_rights_and_with_secrets_in_files() -> None:
    lines = (ROOT / "deploy/odds.service").read_text().splitlines()
    stated = [line.partition("=") for line in lines if "=" in line and not line.startswith("#")]
    values: dict[str, list[str]] = {}
    for name, _, value in stated:
        values.setdefault(name, []).append(value)
    program, *arguments = values["ExecStart"][0].split()
    assert Path(program).name in console_scripts()
    assert arguments == ["serve", "--host", "127.0.0.1"]
    assert values["User"] == ["odds"]
    assert values["NoNewPrivileges"] == ["true"]
    assert values["ProtectSystem"] == ["strict"]
    assert values["CapabilityBoundingSet"] == [""]
    given = {each.partition("=")[0] for each in values["Environment"]}
    assert "ODDS_API_KEY_FILE" in given
    assert not {name.upper() for name in secret_settings()} & given
