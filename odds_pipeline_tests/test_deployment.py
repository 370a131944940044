"""The container files name programs that exist, open nothing to the world and hold no password."""

import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
OURS = ("migrate", "code-server", "webserver", "daemon")


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def console_scripts() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    installed = {script.name for script in entry_points(group="console_scripts")}
    return installed | set(project["scripts"])


def test_every_service_runs_a_program_of_the_image() -> None:
    services = compose()["services"]
    assert set(services) == {"postgres", *OURS}
    for name in OURS:
        assert services[name]["command"][0] in console_scripts(), name
        probe = services[name].get("healthcheck", {}).get("test", ["CMD", "python"])
        assert probe[0] == "CMD"
        assert probe[1] in console_scripts() | {"python"}, name


def test_services_are_hardened_and_only_the_ui_is_reachable_from_this_machine() -> None:
    for name, service in compose()["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["read_only"] is True, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        for port in service.get("ports", []):
            assert name == "webserver"
            assert port.startswith("127.0.0.1:")


def test_no_password_is_built_in() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    uses = text.split("${POSTGRES_PASSWORD")[1:]
    assert uses
    assert all(use.startswith(":?") for use in uses), "a missing password must stop compose"
    assert "POSTGRES_PASSWORD:-" not in text


def test_each_database_has_its_driver() -> None:
    for name in OURS:
        service = compose()["services"][name]["environment"]
        assert service["DATABASE_URL"].startswith("postgresql+psycopg://")
        assert service["ODDS_DAGSTER_PG_URL"].startswith("postgresql+psycopg2://")


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


def test_the_workspaces_name_the_same_location() -> None:
    local = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"][0]["python_module"]
    remote = yaml.safe_load((ROOT / "deploy/workspace.grpc.yaml").read_text())["load_from"][0]
    server = compose()["services"]["code-server"]["command"]
    assert remote["grpc_server"]["location_name"] == local["location_name"]
    assert local["module_name"] == server[server.index("--module-name") + 1]
    assert str(remote["grpc_server"]["port"]) == server[server.index("--port") + 1]
    assert remote["grpc_server"]["host"] == "code-server"
