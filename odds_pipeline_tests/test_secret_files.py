"""Secrets in files, passwords everybody knows, and whose password it is."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from odds_pipeline.cli.docs import env_example
from odds_pipeline.errors import SettingsError
from odds_pipeline.redaction import secrets_of
from odds_pipeline.settings import Settings, load_settings, secret_settings, usable_settings

SECRET = "long-and-random-7"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in secret_settings():
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", [n for n in secret_settings() if n != "odds_ui_login"])
def test_every_secret_may_stand_in_a_file(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    value = f"postgresql://u:{SECRET}@h/d" if name.endswith("_url") else SECRET
    (tmp_path / "secret").write_text(f"{value}\n")
    monkeypatch.setenv(f"{name.upper()}_FILE", str(tmp_path / "secret"))
    settings = load_settings()
    assert getattr(settings, name) == SecretStr(value)
    assert SECRET in secrets_of(settings)
    assert f"\n#{name.upper()}_FILE=\n" in env_example()


def test_the_file_may_be_named_in_dotenv_and_the_setting_itself_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("from-the-file")
    (tmp_path / ".env").write_text(f"ODDS_API_KEY_FILE={tmp_path / 'key'}\n")
    assert load_settings().odds_api_key == SecretStr("from-the-file")
    monkeypatch.setenv("ODDS_API_KEY", "from-the-environment")
    assert load_settings().odds_api_key == SecretStr("from-the-environment")


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe", b"x" * 70_000])
def test_a_file_that_holds_no_secret_is_one_clear_line(
    content: bytes | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    monkeypatch.setenv("ODDS_API_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(SettingsError, match=r"^ODDS_API_KEY: .*key, named by ODDS_API_KEY_FILE"):
        load_settings()
    assert usable_settings()[0].odds_api_key is None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://postgres:postgres@db/odds",
        "postgresql://me:me@db/odds",
        "postgres://odds:ChangeMe@db/odds",
        "postgresql://odds:@db/odds",
        "postgresql://a%40b:a%40b@db/odds",
    ],
)
def test_default_passwords_are_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(SettingsError, match=r"^DATABASE_URL: its password is a default"):
        load_settings()


def test_a_password_of_its_own_goes_into_the_address() -> None:
    def address(url: str, password: str | None) -> str | None:
        return Settings(
            _env_file=None,
            database_url=SecretStr(url),
            database_password=None if password is None else SecretStr(password),
        ).own_database

    awkward = "p@ss/w:rd-long"
    assert address("postgresql://u@h:5/d?sslmode=require", awkward) == (
        "postgresql://u:p%40ss%2Fw%3Ard-long@h:5/d?sslmode=require"
    )
    assert address("postgresql://u:its-own-one@h/d", awkward) == "postgresql://u:its-own-one@h/d"
    assert address("postgresql://u@/d?host=/run/pg", None) == "postgresql://u@/d?host=/run/pg"
    behind = Settings(
        _env_file=None,
        database_url=SecretStr("postgresql://u@pooler:6432/d"),
        database_direct_url=SecretStr("postgresql://u@h:5432/d"),
        database_password=SecretStr("long-and-random-7"),
    )
    assert behind.own_database == "postgresql://u:long-and-random-7@pooler:6432/d"
    assert behind.direct_database == "postgresql://u:long-and-random-7@h:5432/d"
    with pytest.raises(ValueError, match="names no user"):
        address("postgresql://h/d", awkward)
