"""Settings that hold several values: what they are, and what is refused in one line."""

import pytest
from pydantic import SecretStr, ValidationError

from odds_pipeline.settings import Settings


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
