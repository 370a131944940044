"""Which error an answer is."""

import json
from datetime import UTC, datetime

import pytest

from odds_pipeline import errors
from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.catalog.observations import CaptureBasis
from odds_pipeline.errors import ProviderError, ProviderRefused
from odds_pipeline.sources.the_odds_api.responses import (
    ProviderResponse,
    date_in,
    error_of,
    raise_for_status,
)
from odds_pipeline_tests.sources.conftest import fixture_bytes

NOW = datetime(2026, 1, 9, 18, tzinfo=UTC)
CASES = json.loads(fixture_bytes("error_bodies.json"))


def response(status: int, body: bytes) -> ProviderResponse:
    return ProviderResponse(
        Endpoint.ODDS, {}, status, {}, body, NOW, CaptureBasis.CLOCK, NOW, None, 1.0, 1, *[None] * 3
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["body"]["error_code"])
def test_each_code_is_the_error_it_means(case: dict[str, object]) -> None:
    body = case["body"]
    assert isinstance(body, dict)
    with pytest.raises(ProviderRefused) as refused:
        raise_for_status(response(int(str(case["status"])), json.dumps(body).encode()))
    assert type(refused.value) is getattr(errors, str(case["raises"]))
    assert refused.value.error_code == body["error_code"]
    assert refused.value.message == body["message"]
    assert refused.value.__context__ is None


def test_success_raises_nothing() -> None:
    raise_for_status(response(200, b"[]"))


@pytest.mark.parametrize("status", [201, 204, 302, 500, 503])
def test_other_statuses_are_provider_errors(status: int) -> None:
    with pytest.raises(ProviderError, match=str(status)) as refused:
        raise_for_status(response(status, b"<html>\noops</html>"))
    assert type(refused.value) is ProviderError
    assert "\n" not in str(refused.value)


def test_a_bare_401_is_a_bad_key() -> None:
    with pytest.raises(errors.InvalidKey):
        raise_for_status(response(401, b""))


@pytest.mark.parametrize("body", [b"", b"[1]", b"[" * 10**5, b'{"error_code": 7}', b"\xff"])
def test_any_body_gives_a_line(body: bytes) -> None:
    code, message = error_of(body)
    assert code == ""
    assert message
    assert "\n" not in message


def test_keys_in_messages_are_hidden() -> None:
    body = b'{"message": "no /v4/sports?apiKey=s3cret&all=true", "error_code": "X"}'
    assert error_of(body) == ("X", "no /v4/sports?apiKey=(hidden)&all=true")


@pytest.mark.parametrize("stated", ["", "yesterday", "Fri, 99 Jan 2026 18:00:09 GMT"])
def test_unreadable_dates_are_unknown(stated: str) -> None:
    assert date_in({"date": stated}) is None
    assert date_in({}) is None
