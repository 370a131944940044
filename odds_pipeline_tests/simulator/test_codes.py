"""Every error the provider gives: status, body, headers, and nothing charged."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.refusals import REFUSALS
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline_tests.simulator.calls import KEY, call, headers, write
from odds_pipeline_tests.simulator.conftest import EVENING

NBA = "/v4/sports/basketball_nba"
PAST = "/v4/historical/sports/basketball_nba"
GOLF = "/v4/sports/golf_us_open_winner"
EVENT = "/events/" + "0" * 32
US = {"regions": "us"}
DATE = {"date": "2025-11-20T12:00:00Z"}


@dataclass(frozen=True)
class Case:
    code: str
    status: int
    path: str
    query: dict[str, str] = field(default_factory=dict)
    message: str = ""


CASES = [
    Case("MISSING_KEY", 401, "/v4/sports", {"apiKey": ""}),
    Case("UNKNOWN_SPORT", 404, "/v4/sports/quidditch/odds", US, "Unknown sport"),
    Case("UNKNOWN_SPORT", 404, "/v4/sports/quidditch/participants"),
    Case("UNKNOWN_SPORT", 404, "/v4/historical/sports/quidditch/events", DATE),
    Case("INVALID_SPORT", 422, "/v4/sports/Basket-Ball/odds", US),
    Case("INVALID_SPORT", 422, "/v4/sports/upcoming/events"),
    Case("INVALID_SPORT", 422, "/v4/historical/sports/upcoming/odds", {**US, **DATE}),
    Case("EVENT_NOT_FOUND", 404, f"{NBA}{EVENT}/odds", US),
    Case("EVENT_NOT_FOUND", 404, f"{NBA}{EVENT}/markets", US),
    Case("EVENT_NOT_FOUND", 404, f"{PAST}{EVENT}/odds", {**US, **DATE}),
    Case("NOT_FOUND", 404, "/v5/sports"),
    Case("MISSING_REGION", 422, f"{NBA}/odds", {}, "Missing regions or bookmakers key"),
    Case("MISSING_REGION", 422, f"{NBA}{EVENT}/markets"),
    Case("INVALID_REGION", 422, f"{NBA}/odds", {"regions": "us,xx"}, "Invalid regions: xx"),
    Case("INVALID_BOOKMAKERS", 422, f"{NBA}/odds", {"bookmakers": "nobody"}),
    Case("MISSING_MARKET", 422, f"{NBA}/odds", {**US, "markets": ""}),
    Case("INVALID_MARKET", 422, f"{NBA}/odds", {**US, "markets": "h2h,x"}, "Invalid markets: x"),
    Case("INVALID_MARKET", 422, f"{NBA}{EVENT}/odds", {**US, "markets": "x"}, "Invalid markets: x"),
    Case(
        "INVALID_MARKET",
        422,
        f"{NBA}/odds",
        {**US, "markets": "h2h_h1,h2h,player_points"},
        "Markets not supported by this endpoint: h2h_h1, player_points",
    ),
    Case(
        "INVALID_MARKET",
        422,
        f"{PAST}/odds",
        {**US, **DATE, "markets": "team_totals"},
        "Markets not supported by this endpoint: team_totals",
    ),
    Case("INVALID_MARKET_COMBO", 422, f"{GOLF}/odds", {**US, "markets": "h2h"}),
    Case("INVALID_MARKET_COMBO", 422, f"{GOLF}{EVENT}/odds", {**US, "markets": "outrights,h2h"}),
    Case("INVALID_ODDS_FORMAT", 422, f"{NBA}/odds", {**US, "oddsFormat": "hk"}),
    Case("INVALID_DATE_FORMAT", 422, f"{NBA}/events", {"dateFormat": "rfc"}),
    Case("INVALID_DATE_FORMAT", 422, f"{NBA}{EVENT}/markets", {**US, "dateFormat": "rfc"}),
    Case("INVALID_ALL_SPORTS_PARAM", 422, "/v4/sports", {"all": "maybe"}),
    Case("INVALID_SCORES_DAYS_FROM", 422, f"{NBA}/scores", {"daysFrom": "4"}),
    Case("INVALID_EVENT_IDS", 422, f"{NBA}/events", {"eventIds": "12"}),
    Case("INVALID_EVENT_ID", 422, f"{NBA}/events/xyz/odds", US),
    Case("INVALID_EVENT_ID", 422, f"{NBA}/events/xyz/markets", US),
    Case("INVALID_PARTICIPANT_ID", 422, f"{NBA}/participants", {"participantIds": "Lakers"}),
    Case("INVALID_STATUS", 422, f"{NBA}/odds", {**US, "status": "pre,over"}),
    Case("INVALID_INCLUDE_LINKS", 422, f"{NBA}/odds", {**US, "includeLinks": "yes"}),
    Case("INVALID_INCLUDE_SIDS", 422, f"{NBA}/odds", {**US, "includeSids": "1"}),
    Case("INVALID_INCLUDE_BET_LIMITS", 422, f"{NBA}/odds", {**US, "includeBetLimits": "True"}),
    Case(
        "INVALID_INCLUDE_MULTIPLIERS", 422, f"{NBA}{EVENT}/odds", {**US, "includeMultipliers": ""}
    ),
    Case(
        "INVALID_INCLUDE_ROTATION_NUMBERS", 422, f"{NBA}/events", {"includeRotationNumbers": "no"}
    ),
    Case(
        "INVALID_COMMENCE_TIME_FROM",
        422,
        f"{NBA}/events",
        {"commenceTimeFrom": "2025-01-01T00:00:00+00:00"},
    ),
    Case(
        "INVALID_COMMENCE_TIME_TO",
        422,
        f"{NBA}/odds",
        {**US, "commenceTimeTo": "2025-01-01T00:00:00.000Z"},
    ),
    Case(
        "INVALID_COMMENCE_TIME_RANGE",
        422,
        f"{NBA}/events",
        {"commenceTimeFrom": "2025-01-02T00:00:00Z", "commenceTimeTo": "2025-01-01T00:00:00Z"},
    ),
    Case("MISSING_HISTORICAL_TIMESTAMP", 422, f"{PAST}/odds", US),
    Case("MISSING_HISTORICAL_TIMESTAMP", 422, f"{PAST}{EVENT}/odds", US),
    *(
        Case("INVALID_HISTORICAL_TIMESTAMP", 422, f"{PAST}{path}", {**US, "date": date})
        for path in ("/odds", "/events", f"{EVENT}/odds")
        for date in (
            "2025-01-01T00:00:00+00:00",
            "2025-01-01T00:00:00.000Z",
            "2020-06-06T10:04:59Z",
        )
    ),
    Case(
        "HISTORICAL_MARKETS_UNAVAILABLE_AT_DATE",
        422,
        f"{PAST}{EVENT}/odds",
        {**US, "date": "2023-05-03T05:29:59Z", "markets": "player_points,h2h,btts"},
        "Markets not available at this date: btts, player_points. "
        "Additional markets are available from 2023-05-03T05:30:00Z",
    ),
]
SPECIAL = {
    "INVALID_KEY",
    "DEACTIVATED_KEY",
    "OUT_OF_USAGE_CREDITS",
    "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN",
    "EXCEEDED_FREQ_LIMIT",
    "METHOD_NOT_ALLOWED",
    "INTERNAL_ERROR",
}


@pytest.fixture(scope="module")
def standing() -> Iterator[RunningSimulator]:
    with RunningSimulator(clock=SteppedClock(EVENING)) as running:
        yield running


def refuses(provider: RunningSimulator, case: Case, method: str = "GET") -> tuple[int, int, int]:
    response = call(provider, case.path, method, **case.query)
    body = response.json()
    assert (response.status_code, body["error_code"]) == (case.status, case.code)
    assert set(body) == {"message", "error_code", "details_url"}
    assert all(isinstance(value, str) and value for value in body.values())
    assert body["details_url"] == (
        "https://the-odds-api.com/liveapi/guides/v4/api-error-codes.html#"
        + case.code.lower().replace("_", "-")
    )
    assert body["message"] == (case.message or body["message"])
    assert "{" not in body["message"]
    assert provider.credits_charged(KEY) == 0
    return headers(response)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.path}")
def test_a_refusal(standing: RunningSimulator, case: Case) -> None:
    known = (20_000, 0, 0) if case.code != "MISSING_KEY" else (0, 0, 0)
    assert refuses(standing, case) == known


def test_every_code_of_the_table_has_a_case() -> None:
    assert {case.code for case in CASES} | SPECIAL == set(REFUSALS)
    assert not {case.code for case in CASES} & SPECIAL


def test_a_key_that_is_not_valid() -> None:
    with RunningSimulator(keys=frozenset({"another"})) as provider:
        assert refuses(provider, Case("INVALID_KEY", 401, "/v4/sports")) == (0, 0, 0)


def test_a_key_whose_subscription_has_ended() -> None:
    with RunningSimulator(deactivated=frozenset({KEY})) as provider:
        refuses(provider, Case("DEACTIVATED_KEY", 401, "/v4/sports"))
        assert call(provider, "/v4/sports", apiKey="another").status_code == 200


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/odds", US),
        ("/scores", {}),
        ("/participants", {}),
        (f"{EVENT}/odds", US),
        (f"{EVENT}/markets", US),
    ],
)
def test_credits_used_up(path: str, query: dict[str, str]) -> None:
    with RunningSimulator(quota=0) as provider:
        refused = refuses(provider, Case("OUT_OF_USAGE_CREDITS", 401, NBA + path, query))
        assert refused == (0, 0, 0)
        for free in ("/v4/sports", f"{NBA}/events"):
            assert call(provider, free).status_code == 200


@pytest.mark.parametrize("path", ["/odds", "/events", f"{EVENT}/odds"])
def test_history_is_not_for_free(path: str) -> None:
    case = Case("HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN", 401, PAST + path, {**US, **DATE})
    with RunningSimulator(quota=500) as provider:
        assert refuses(provider, case) == (500, 0, 0)
        assert call(provider, f"{NBA}/odds", **US).status_code == 200
    with RunningSimulator(quota=501, clock=SteppedClock(EVENING)) as provider:
        assert call(provider, f"{PAST}/odds", **US, **DATE).status_code == 200


def test_calls_too_frequent() -> None:
    with RunningSimulator(calls_a_second=0) as provider:
        refused = refuses(provider, Case("EXCEEDED_FREQ_LIMIT", 429, "/v4/sports"))
        assert refused == (20_000, 0, 0)


def test_another_method(standing: RunningSimulator) -> None:
    refuses(standing, Case("METHOD_NOT_ALLOWED", 405, f"{NBA}/odds", US), "POST")


def test_a_failure_within(tmp_path: Path) -> None:
    write(tmp_path, "basketball_nba/odds.json", "[")
    with RunningSimulator(replay=tmp_path) as provider:
        refuses(provider, Case("INTERNAL_ERROR", 500, f"{NBA}/odds", US))


@pytest.mark.shared_data
def test_the_recorded_bodies_are_given_word_for_word(
    shared_data: Path, standing: RunningSimulator
) -> None:
    recorded = json.loads((shared_data / "odds_api" / "error_bodies.json").read_text())
    said = {entry["body"]["error_code"]: entry for entry in recorded}
    asked = {
        "UNKNOWN_SPORT": ("/v4/sports/quidditch/odds", US),
        "MISSING_REGION": (f"{NBA}/odds", {}),
        "INVALID_MARKET": (f"{NBA}/odds", {**US, "markets": "player_pass_yds"}),
    }
    for code, (path, query) in asked.items():
        response = call(standing, path, **query)
        assert (response.status_code, response.json()) == (
            said[code]["http_status"],
            said[code]["body"],
        )
    for code in said.keys() - asked.keys():
        assert REFUSALS[code] == (said[code]["http_status"], said[code]["body"]["message"])


def test_a_flag_that_an_endpoint_does_not_read_is_ignored(standing: RunningSimulator) -> None:
    wrong = {"includeLinks": "perhaps", "includeMultipliers": "perhaps"}
    assert call(standing, f"{NBA}/events", **wrong).status_code == 200
    assert call(standing, "/v4/sports", **wrong).status_code == 200
