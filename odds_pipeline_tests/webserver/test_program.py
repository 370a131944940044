"""`odds-webserver` and `odds config hash-password`, as a person starts them."""

import os
import subprocess
import sys

import pytest
from argon2 import PasswordHasher

from odds_pipeline.settings import Settings
from odds_pipeline.webserver.__main__ import login_of
from odds_pipeline.webserver.login import PasswordLogin, ProxyLogin


def _run(*command: str, said: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        input=said,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_other_machines_see_nothing_without_a_login() -> None:
    refused = _run("odds_pipeline.webserver", "--host", "0.0.0.0")  # noqa: S104
    assert refused.returncode == 2
    assert refused.stderr.startswith("✗ --host 0.0.0.0: other machines would see the UI")
    assert "ODDS_UI_LOGIN" in refused.stderr


def test_a_password_becomes_a_setting() -> None:
    command = ("odds_pipeline.cli", "config", "hash-password", "--user", "ann")
    done = _run(*command, said="a long password\n")
    name, _, value = done.stdout.strip().partition("=")
    assert (name, done.returncode) == ("ODDS_UI_LOGIN", 0)
    user, _, hashed = value.strip("'").partition(":")
    assert user == "ann"
    assert PasswordHasher().verify(hashed, "a long password")
    settings = Settings(_env_file=None, odds_ui_login=value.strip("'"))
    assert isinstance(login_of(settings), PasswordLogin)
    assert hashed not in repr(settings)
    short = _run(*command, said="short\n")
    assert short.returncode == 2
    assert "12 characters" in short.stderr


def test_a_login_is_chosen_by_the_settings() -> None:
    assert login_of(Settings(_env_file=None)) is None
    behind = Settings(_env_file=None, odds_ui_proxy_user_header="X-Remote-User")
    assert isinstance(login_of(behind), ProxyLogin)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("odds_ui_login", "ann:secret"), ("odds_ui_login", "$argon2id$v=19$x")),
        *(("odds_ui_hosts", "http://odds.example"), ("odds_ui_hosts", "odds.example:3000")),
        *(("odds_ui_proxies", "10.0.0.1/8"), ("odds_ui_proxy_user_header", "X User")),
    ],
)
def test_a_wrong_setting_says_so_and_hides_a_secret(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name) as wrong:
        Settings.model_validate({name: value})
    assert "secret" not in str(wrong.value)
