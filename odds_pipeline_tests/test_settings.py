"""Settings that hold several values: what they are, and what is refused in one line."""

import math
import unicodedata
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from odds_pipeline.errors import SettingsError
from odds_pipeline.settings import LONGEST, MOST_CREDITS, Settings, load_settings


def keys_of(settings: Settings) -> list[tuple[str, int]]:
    return [
        ("" if key.secret is None else key.secret.get_secret_value(), key.quota)
        for key in settings.api_keys
    ]


@pytest.mark.parametrize(
    ("keys", "quotas", "found"),
    [
        (None, "500", [("", 500)]),
        ("a1", "500", [("a1", 500)]),
        ("a1, b2", "500", [("a1", 500), ("b2", 500)]),
        ("a1,b2,", "500, 20000", [("a1", 500), ("b2", 20_000)]),
    ],
)
def test_keys_have_one_quota_or_one_each(
    keys: str | None, quotas: str, found: list[tuple[str, int]]
) -> None:
    secret = None if keys is None else SecretStr(keys)
    settings = Settings.model_validate({"odds_api_key": secret, "odds_api_quota": quotas})
    assert keys_of(settings) == found


@pytest.mark.parametrize(
    ("chosen", "complaint"),
    [
        ({"odds_api_key": SecretStr("a1,a1")}, "each once"),
        ({"odds_api_key": SecretStr(" , ")}, "each once"),
        ({"odds_api_quota": "5,6"}, r"2 numbers for 1 key\(s\)"),
        ({"odds_api_key": SecretStr("a,b,c"), "odds_api_quota": "5,6"}, "2 numbers for 3"),
        ({"odds_api_quota": "-1"}, "at least 0"),
        ({"odds_api_quota": ""}, "valid integer"),
        ({"adaptive_intervals": "30,15,5"}, "4 numbers of minutes"),
        ({"adaptive_intervals": "30,15,5,7"}, "divide 1,440"),
        ({"sampling_mode": "clever"}, "'fixed', 'adaptive' or 'planned'"),
    ],
)
def test_what_cannot_be_meant_is_refused(chosen: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Settings.model_validate(chosen)


HOSTILE = (
    *("nan", "inf", "-inf", "1e999", "1e308", "9" * 400, "-1", "0", "2147483648", "9" * 20),
    *(" ", "\x1b[31mred", "\x9b2J", "[/x]", "'; DROP TABLE odds; --", "x" * 12_000, "\udcff", ","),
    *("0001-01-01", "9999-12-31", "é", "http://\x1b[31m", "http://a b", "http://[::1"),
    *("http://h:99999", "postgresql://user:p\x1b@h/d", "postgresql://user:pass1word@h:99999/d"),
)
DERIVED = ("home", "own_database", "direct_database", "api_keys", "alert_addresses", "provider_url")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_nothing_hostile_becomes_a_setting(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused in one plain line, or is what it says: finite, bounded, text."""
    monkeypatch.chdir(tmp_path)
    for value in HOSTILE:
        monkeypatch.setenv(name.upper(), value)
        try:
            settings = load_settings()
        except SettingsError as refused:
            said = str(refused)
            assert said.startswith(f"{name.upper()}: ")
            assert len(said) < 400
            assert _is_plain(said), value
            continue
        assert _is_bounded(getattr(settings, name)), value
        for each in DERIVED:
            getattr(settings, each)


def _is_bounded(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_bounded, value))
    if isinstance(value, float | int):
        return math.isfinite(value) and abs(value) <= MOST_CREDITS
    text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return _is_plain(text) and len(text) <= LONGEST


def _is_plain(text: str) -> bool:
    return not any(unicodedata.category(character) in {"Cc", "Cs"} for character in text)
