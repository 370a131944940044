"""The client against a real loopback server: answers, faults, retries, and the key canary."""

import base64
import gzip
import json
import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.catalog.observations import CaptureBasis
from odds_pipeline.errors import (
    MalformedResponse,
    OddsPipelineError,
    ProviderUnreachable,
)
from odds_pipeline.sources.the_odds_api.client import OddsApiClient
from odds_pipeline.sources.the_odds_api.queries import (
    Detail,
    EventMarketsRequest,
    EventOddsRequest,
    EventsRequest,
    HistoricalEventOddsRequest,
    HistoricalEventsRequest,
    HistoricalOddsRequest,
    OddsRequest,
    ParticipantsRequest,
    ScoresRequest,
    SportsRequest,
)
from odds_pipeline.sources.the_odds_api.responses import ProviderResponse, raise_for_status
from odds_pipeline.sources.the_odds_api.transport import Limits, Timing
from odds_pipeline_tests.sources.the_odds_api.loopback import (
    Loopback,
    Play,
    answer,
    bad_headers,
    cut_off,
    drip,
    echo_address,
    hang_up,
    nonsense,
    serve,
)

CANARY = "c4n4ry/key+0123456789=&abcdef"
NOW = datetime(2026, 1, 9, 18, 0, 10, 500_000, tzinfo=UTC)
NBA = OddsRequest("basketball_nba", ("h2h",), bookmakers=("northbook",))


class Waits(list[float]):
    """Stands in for sleeping: remembers how long it would have been."""

    def timing(self, now: datetime = NOW) -> Timing:
        return Timing(clock=lambda: now, sleep=self.append, jitter=lambda: 0.5)


@contextmanager
def client_of(*plays: Play, **limits: float) -> Iterator[tuple[OddsApiClient, Loopback, Waits]]:
    waits = Waits()
    with serve(*plays) as loopback:
        bounds = Limits(
            deadline_s=limits.get("deadline_s", 20.0), max_bytes=int(limits.get("max_bytes", 10**6))
        )
        with OddsApiClient(loopback.url, CANARY, bounds, waits.timing()) as client:
            yield client, loopback, waits


def test_an_answer_comes_back_with_all_that_matters() -> None:
    headers = {
        "Date": "Fri, 09 Jan 2026 18:00:09 GMT",
        "Content_Type": "application/json",
        "x_requests_last": "3",
        "X_Requests_Used": "17.0",
        "x_requests_remaining": "-60.0",
        "Set_Cookie": "a=b",
    }

    def play(handler: BaseHTTPRequestHandler) -> None:
        answer(200, b'[{"a": 1}]', **headers)(handler)

    with client_of(play) as (client, loopback, waits):
        response = client.odds(NBA)
    assert response.endpoint is Endpoint.ODDS
    assert response.body == b'[{"a": 1}]'
    assert (response.status, response.attempts, waits) == (200, 1, [])
    assert (response.credits_last, response.credits_used, response.credits_remaining) == (
        3.0,
        17.0,
        -60.0,
    )
    assert set(response.headers) == {
        "date",
        "content-type",
        "x-requests-last",
        "x-requests-used",
        "x-requests-remaining",
    }
    assert response.request == {
        "sport": "basketball_nba",
        "bookmakers": "northbook",
        "markets": "h2h",
        "oddsFormat": "american",
        "dateFormat": "iso",
    }
    sent = urlsplit(loopback.paths[0])
    assert sent.path == "/v4/sports/basketball_nba/odds"
    assert parse_qs(sent.query)["apiKey"] == [CANARY]
    assert loopback.headers[0]["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize("garbage", ["", "many", "nan", "inf"])
def test_credit_headers_that_are_no_numbers_are_unknown(garbage: str) -> None:
    with client_of(answer(200, x_requests_last=garbage)) as (client, _, _):
        assert client.odds(NBA).credits_last is None


@pytest.mark.parametrize(
    ("date", "received_at", "basis"),
    [
        (NOW, NOW, CaptureBasis.CLOCK),
        (NOW - timedelta(seconds=1), NOW, CaptureBasis.CLOCK),
        (NOW - timedelta(seconds=8), None, CaptureBasis.DATE_HEADER),
        (NOW + timedelta(hours=1), None, CaptureBasis.DATE_HEADER),
    ],
)
def test_a_wrong_clock_is_corrected_by_the_date_header(
    date: datetime, received_at: datetime | None, basis: CaptureBasis
) -> None:
    stated = date.strftime("%a, %d %b %Y %H:%M:%S GMT")
    whole = date.replace(microsecond=0)

    def play(handler: BaseHTTPRequestHandler) -> None:
        handler.date_time_string = lambda *_: stated  # type: ignore[method-assign]
        answer(200)(handler)

    with client_of(play) as (client, _, _):
        response = client.odds(NBA)
    assert response.provider_date == whole
    assert response.clock_at == NOW
    assert (response.received_at, response.basis) == (received_at or whole, basis)


def test_gzip_is_removed() -> None:
    body = json.dumps([1] * 1000).encode()
    with client_of(answer(200, gzip.compress(body), Content_Encoding="gzip")) as (client, _, _):
        assert client.odds(NBA).body == body


def test_chunked_bodies_are_read_whole() -> None:
    def play(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"2\r\n[1\r\n3\r\n,2]\r\n0\r\n\r\n")

    with client_of(play) as (client, _, _):
        assert client.odds(NBA).body == b"[1,2]"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 302])
def test_refusals_are_returned_at_once(status: int) -> None:
    with client_of(answer(status, b"{}", Location="/elsewhere")) as (client, loopback, waits):
        assert client.odds(NBA).status == status
    assert (len(loopback.paths), waits) == (1, [])


@pytest.mark.parametrize("status", [429, 500, 503])
def test_busy_servers_are_asked_three_times(status: int) -> None:
    with client_of(answer(status, b"{}")) as (client, loopback, waits):
        response = client.odds(NBA)
    assert (response.status, response.attempts, len(loopback.paths)) == (status, 3, 3)
    assert waits == [0.75, 1.5]


@pytest.mark.parametrize(
    ("stated", "wait"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("3600", 60.0),
        ("Fri, 09 Jan 2026 18:00:30 GMT", 20.0),
        ("Fri, 09 Jan 99999999999999999999 18:00:30 GMT", 0.75),
        ("9" * 400, 60.0),
        ("Fri, 09 Jan 2026 17:00:30 GMT", 0.0),
        ("soon", 0.75),
    ],
)
def test_retry_after_is_honoured_up_to_a_minute(stated: str, wait: float) -> None:
    def busy(handler: BaseHTTPRequestHandler) -> None:
        # A date to wait for is the provider's: our clock, being ahead or behind, has no say.
        handler.date_time_string = lambda *_: "Fri, 09 Jan 2026 18:00:10 GMT"  # type: ignore[method-assign]
        answer(429, Retry_After=stated)(handler)

    with client_of(busy, answer(200)) as (client, _, waits):
        assert client.odds(NBA).status == 200
    assert waits == [wait]


def test_a_fault_is_followed_by_another_try() -> None:
    plays = (hang_up, cut_off(b"[", 10), answer(200, b"[7]"))
    with client_of(*plays) as (client, _, waits):
        response = client.odds(NBA)
    assert (response.body, response.attempts, len(waits)) == (b"[7]", 3, 2)


def test_an_oversized_answer_is_not_fetched_again() -> None:
    bomb = gzip.compress(b" " * 5_000_000)
    play = answer(200, bomb, Content_Encoding="gzip")
    refused = pytest.raises(MalformedResponse, match="larger than 1,000,000 bytes")
    with client_of(play) as (client, loopback, _), refused:
        client.odds(NBA)
    assert len(loopback.paths) == 1


def test_every_endpoint_is_spelled_as_the_provider_wants_it() -> None:
    at = datetime(2026, 1, 9, 13, 0, 0, 999, tzinfo=UTC)
    one, two = "a" * 32, "b" * 32
    with client_of(answer(200)) as (client, loopback, _):
        client.sports(SportsRequest())
        client.odds(OddsRequest("upcoming", ("h2h",), ("b",), details=frozenset({Detail.SIDS})))
        client.event_odds(
            EventOddsRequest("basketball_nba", one, ("h2h",), ("b",), details=frozenset(Detail))
        )
        client.event_markets(EventMarketsRequest("basketball_nba", one, regions=("us",)))
        client.participants(ParticipantsRequest("basketball_nba"))
        client.historical_event_odds(
            HistoricalEventOddsRequest("basketball_nba", one, at, ("h2h",), ("b",))
        )
        client.events(EventsRequest("basketball_nba", starts_from=at, starts_to=at))
        client.scores(ScoresRequest("basketball_nba", days_from=3))
        client.historical_odds(
            HistoricalOddsRequest("basketball_nba", at, ("totals", "h2h"), regions=("us", "eu"))
        )
        client.historical_events(HistoricalEventsRequest("basketball_nba", at, (two, one)))
    suffix = f"&apiKey={quote(CANARY, safe='')}"
    iso = "2026-01-09T13:00:00Z"
    assert [path.removesuffix(suffix) for path in loopback.paths] == [
        "/v4/sports?all=true",
        "/v4/sports/upcoming/odds?bookmakers=b&markets=h2h&oddsFormat=american&dateFormat=iso"
        "&includeSids=true",
        f"/v4/sports/basketball_nba/events/{one}/odds?bookmakers=b&markets=h2h"
        "&oddsFormat=american&dateFormat=iso&includeBetLimits=true&includeLinks=true"
        "&includeMultipliers=true&includeRotationNumbers=true&includeSids=true",
        f"/v4/sports/basketball_nba/events/{one}/markets?regions=us&dateFormat=iso",
        f"/v4/sports/basketball_nba/participants?{suffix[1:]}",
        f"/v4/historical/sports/basketball_nba/events/{one}/odds?date={iso}&bookmakers=b"
        "&markets=h2h&oddsFormat=american&dateFormat=iso",
        f"/v4/sports/basketball_nba/events?dateFormat=iso&commenceTimeFrom={iso}"
        f"&commenceTimeTo={iso}",
        "/v4/sports/basketball_nba/scores?dateFormat=iso&daysFrom=3",
        f"/v4/historical/sports/basketball_nba/odds?date={iso}&regions=eu,us&markets=h2h,totals"
        "&oddsFormat=american&dateFormat=iso",
        f"/v4/historical/sports/basketball_nba/events?date={iso}&dateFormat=iso"
        f"&eventIds={one},{two}",
    ]


def test_environment_proxies_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with client_of(answer(200)) as (client, _, _):
        assert client.odds(NBA).status == 200


FAULTS: dict[str, Callable[[threading.Event], tuple[Play, dict[str, float]]]] = {
    "401": lambda _: (echo_address(401), {}),
    "404": lambda _: (echo_address(404), {}),
    "429 exhausted": lambda _: (echo_address(429), {}),
    "500": lambda _: (echo_address(500), {}),
    "redirect": lambda _: (answer(302, Location="http://127.0.0.1:9/?apiKey=x"), {}),
    "hang up": lambda _: (hang_up, {}),
    "not http": lambda _: (nonsense, {}),
    "bad headers": lambda _: (bad_headers, {}),
    "truncated body": lambda _: (cut_off(b"[{", 100), {}),
    "truncated gzip": lambda _: (
        answer(200, gzip.compress(b"[" * 999)[:-9], Content_Encoding="gzip"),
        {},
    ),
    "not gzip": lambda _: (answer(200, b"[]", Content_Encoding="gzip"), {}),
    "unknown encoding": lambda _: (answer(200, b"[]", Content_Encoding="br"), {}),
    "drip": lambda stop: (drip(stop), {"deadline_s": 0.2}),
    "drip in headers": lambda stop: (drip(stop, in_headers=True), {"deadline_s": 0.2}),
    "gzip bomb": lambda _: (
        answer(200, gzip.compress(b" " * 5_000_000), Content_Encoding="gzip"),
        {},
    ),
}


def assert_no_key(text: str) -> None:
    encoded = quote(CANARY, safe="")
    for spelling in (CANARY, encoded, base64.b64encode(CANARY.encode()).decode()):
        assert spelling not in text


def assert_no_key_in_error(raised: BaseException) -> None:
    assert raised.__context__ is None
    assert raised.__cause__ is None
    assert_no_key(str(raised))
    assert_no_key(repr(raised))
    assert_no_key(repr(raised.__dict__))
    assert_no_key("".join(traceback.format_exception(raised)))
    assert "\n" not in str(raised)


def ask(client: OddsApiClient) -> ProviderResponse | None:
    """Ask and judge; the response where one came. Any error is looked at for the key."""
    response = None
    try:
        response = client.odds(NBA)
        raise_for_status(response)
    except OddsPipelineError as raised:
        assert_no_key_in_error(raised)
    return response


@pytest.mark.parametrize("case", FAULTS)
def test_the_key_shows_in_no_fault(case: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stop = threading.Event()
    play, limits = FAULTS[case](stop)
    with ExitStack() as stack:
        stack.callback(stop.set)
        client, loopback, _ = stack.enter_context(client_of(play, **limits))
        logging.getLogger("urllib3.connectionpool").setLevel(logging.DEBUG)
        stack.callback(logging.getLogger("urllib3.connectionpool").setLevel, logging.NOTSET)
        response = ask(client)
        assert_no_key(repr(response))
        assert_no_key(repr(client) + repr(vars(client)) + repr(vars(client._transport)))
        stop.set()
    assert quote(CANARY, safe="") in loopback.paths[0]
    assert_no_key(caplog.text)
    for record in caplog.records:
        assert_no_key(repr(vars(record)))


@pytest.mark.parametrize(
    ("address", "host"),
    [("http://127.0.0.1:9", "127.0.0.1:9"), ("http://nowhere.invalid", "nowhere.invalid")],
)
def test_the_key_shows_in_no_failed_connection(
    address: str, host: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    waits = Waits()
    client = OddsApiClient(address, CANARY, timing=waits.timing())
    with client, pytest.raises(ProviderUnreachable) as refused:
        client.odds(NBA)
    assert_no_key_in_error(refused.value)
    assert_no_key(caplog.text)
    assert str(refused.value) == (
        f"no answer from {host}/v4/sports/basketball_nba/odds in 3 tries: connection failed"
    )
    assert len(waits) == 2


@pytest.mark.parametrize("in_headers", [False, True])
def test_a_drip_ends_at_the_deadline(in_headers: bool) -> None:
    stop = threading.Event()
    with client_of(drip(stop, in_headers), deadline_s=0.1) as (client, _, _):
        try:
            with pytest.raises(ProviderUnreachable, match=r"not complete after 0\.1 s"):
                client.odds(NBA)
        finally:
            stop.set()


def test_an_endless_body_without_a_length_is_not_taken_for_whole() -> None:
    stop = threading.Event()
    with client_of(drip(stop, length=False), deadline_s=0.1) as (client, _, _):
        try:
            with pytest.raises(ProviderUnreachable, match=r"not complete after 0\.1 s"):
                client.odds(NBA)
        finally:
            stop.set()
