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
    refused_markets,
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


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, errors.InvalidKey), (429, errors.TooManyCalls), (404, ProviderRefused)],
)
def test_a_status_without_a_body_is_what_it_most_likely_means(
    status: int, kind: type[ProviderRefused]
) -> None:
    with pytest.raises(ProviderRefused) as refused:
        raise_for_status(response(status, b""))
    assert type(refused.value) is kind


def test_a_401_with_a_code_of_its_own_is_no_bad_key() -> None:
    with pytest.raises(ProviderRefused) as refused:
        raise_for_status(response(401, b'{"error_code": "SOMETHING_NEW"}'))
    assert type(refused.value) is ProviderRefused


HOSTILE = {
    "empty": b"",
    "a list": b"[1]",
    "deep": b"[" * 10**5,
    "deep within the limit": b'{"a":' * 10**4,
    "huge": b'{"error_code": "X", "message": "' + b"x" * 10**6 + b'"}',
    "a huge number": b'{"error_code": ' + b"9" * 6_000 + b"}",
    "no text": b'{"error_code": 7}',
    "an empty code": b'{"error_code": "", "message": ""}',
    "not UTF-8": b'{"error_code": "\xff"}',
    "half a character": b'{"message": "\\ud800\\u0000\\n"}',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_any_body_gives_a_line(body: bytes) -> None:
    code, message = error_of(body)
    assert code == ""
    assert message
    assert message.isprintable()
    message.encode()
    assert refused_markets(response(422, body), ["x"]) == ()


ASKED = ("h2h", "player_points", "player_points_alternate", "h2h_h1")


@pytest.mark.parametrize(
    ("message", "refused"),
    [
        ("Markets not supported by this endpoint: h2h_h1, player_points", {1, 3}),
        ("Invalid markets: player_points_alternate", {2}),
        ("Invalid markets: player_points,h2h_h1", {1, 3}),
        ("Market h2h is not available with this sport", {0}),
        ("Invalid markets: something_else", set()),
        ("These markets cannot be combined", set()),
    ],
)
def test_refused_markets_are_those_named(message: str, refused: set[int]) -> None:
    for code in (
        "INVALID_MARKET",
        "INVALID_MARKET_COMBO",
        "HISTORICAL_MARKETS_UNAVAILABLE_AT_DATE",
    ):
        body = json.dumps({"message": message, "error_code": code}).encode()
        expected = tuple(market for at, market in enumerate(ASKED) if at in refused)
        assert refused_markets(response(422, body), ASKED) == expected


def test_a_long_list_of_refused_markets_is_read_to_its_end() -> None:
    asked = [f"player_{number}_alternate" for number in range(200)]
    message = "Invalid markets: " + ", ".join(asked)
    body = json.dumps({"message": message, "error_code": "INVALID_MARKET"}).encode()
    assert refused_markets(response(422, body), asked) == tuple(asked)


@pytest.mark.parametrize(("status", "code"), [(422, "INVALID_REGION"), (200, "INVALID_MARKET")])
def test_other_answers_refuse_no_market(status: int, code: str) -> None:
    body = json.dumps({"message": "Invalid: h2h", "error_code": code}).encode()
    assert refused_markets(response(status, body), ASKED) == ()


def test_keys_in_messages_are_hidden() -> None:
    body = b'{"message": "no /v4/sports?apiKey=s3cret&all=true", "error_code": "X"}'
    assert error_of(body) == ("X", "no /v4/sports?apiKey=(hidden)&all=true")


@pytest.mark.parametrize("stated", ["", "yesterday", "Fri, 99 Jan 2026 18:00:09 GMT"])
def test_unreadable_dates_are_unknown(stated: str) -> None:
    assert date_in({"date": stated}) is None
    assert date_in({}) is None
