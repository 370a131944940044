"""The container files name programs that exist, open nothing to the world and hold no password."""

import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from odds_pipeline.settings import secret_settings

ROOT = Path(__file__).resolve().parents[1]
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
