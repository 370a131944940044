"""What the client makes of every named fault of the loopback provider, over real HTTP.

Every fault has its expected outcome here; a fault without one fails the suite. Each is met by all
tries of a call, then the next call of the same client has to be answered at once.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from odds_pipeline.catalog.observations import CaptureBasis, Document, OddsFormat, RawDocument
from odds_pipeline.errors import (
    InvalidKey,
    MalformedResponse,
    OddsPipelineError,
    OutOfCredits,
    ProviderError,
    ProviderRefused,
    ProviderUnreachable,
    TooManyCalls,
)
from odds_pipeline.simulator.clock import SteppedClock
from odds_pipeline.simulator.faults.fault import Fault
from odds_pipeline.simulator.faults.registry import load_faults
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.sources.parse import parse_document
from odds_pipeline.sources.the_odds_api.client import OddsApiClient
from odds_pipeline.sources.the_odds_api.queries import OddsRequest
from odds_pipeline.sources.the_odds_api.responses import ProviderResponse, raise_for_status
from odds_pipeline.sources.the_odds_api.transport import Limits, Timing
from odds_pipeline_tests.canary import (
    every_log,
    found_in,
    found_in_error,
    found_in_records,
)

EVENING = datetime(2025, 11, 22, 1, 15, tzinfo=UTC)
ASKED = OddsRequest("basketball_nba", ("h2h", "totals"), bookmakers=("draftkings", "pinnacle"))
COST = 2.0
TRIES = 3
FAULTS = load_faults()
SLOW = {"hang", "charged_hang", "slow_drip", "slow_headers", "endless_interim"}
BACKOFF = (0.75, 1.5)  # half a second doubled, with the jitter of the tests
CANARIES = ("0123456789abcdef0123456789abcdef", "canary/key+1% &=<x>\"'0123456789ab")


@dataclass(frozen=True)
class Expected:
    """One call's outcome.

    Args:
        raised: by the client or, after an answer, by judging its status; None for data.
        says: a part of the error's text.
        answered: whether bytes came that can be stored.
        tries: made.
        pauses: taken, in seconds.
        parsed: what the parser may say of the data: "ok", "rejections" or "malformed".
        basis: whose clock gave the capture time.
        credits: what the answer's headers said of its cost.
    """

    raised: type[OddsPipelineError] | None = None
    says: str = ""
    answered: bool = True
    tries: int = 1
    pauses: tuple[float, ...] = ()
    parsed: tuple[str, ...] = ()
    basis: CaptureBasis = CaptureBasis.CLOCK
    credits: float | None = COST


def data(*parsed: str, **more: object) -> Expected:
    return Expected(parsed=parsed, **more)  # type: ignore[arg-type]


def page(**more: object) -> Expected:
    return data("malformed", **{"credits": 0.0, **more})


def refused(raised: type[OddsPipelineError], says: str, credits: float | None = 0.0) -> Expected:
    return Expected(raised, says, credits=credits)


def busy(
    raised: type[OddsPipelineError],
    says: str,
    pauses: tuple[float, ...] = BACKOFF,
    credits: float | None = 0.0,
) -> Expected:
    return Expected(raised, says, tries=TRIES, pauses=pauses, credits=credits)


def gone(says: str) -> Expected:
    return Expected(ProviderUnreachable, says, answered=False, tries=TRIES, pauses=BACKOFF)


FAILED, CUT = gone("connection failed"), gone("answer was cut off")
LATE = gone("not complete after 0.15 s")
TOO_LARGE = Expected(MalformedResponse, "larger than 33,554,432 bytes", answered=False)
OK, SOME = data("ok"), data("rejections")
# A document that is no JSON may be refused whole or read in parts: nothing wrong is kept.
UNREADABLE, NO_JSON = data("malformed"), data("malformed", "rejections")
LIMITED = "429 EXCEEDED_FREQ_LIMIT"

EXPECTED = {
    "rate_limited": busy(TooManyCalls, LIMITED),
    "rate_limited_seconds": busy(TooManyCalls, LIMITED, (2.0, 2.0)),
    "rate_limited_date": busy(TooManyCalls, LIMITED, (3.0, 3.0)),
    "rate_limited_long": busy(TooManyCalls, LIMITED, (60.0, 60.0)),
    "rate_limited_garbled": busy(TooManyCalls, LIMITED),
    "server_error": busy(ProviderError, "500 on odds: INTERNAL_ERROR"),
    "bad_gateway": busy(ProviderError, "502 on odds", credits=None),
    "unavailable": busy(ProviderError, "503 on odds", (1.0, 1.0), credits=None),
    "unauthorised": refused(InvalidKey, "401 INVALID_KEY"),
    "forbidden": refused(ProviderRefused, "403 (no code)", credits=None),
    "no_content": refused(ProviderError, "204 on odds"),
    "hang": LATE,
    "charged_hang": LATE,
    "slow_drip": LATE,
    "slow_headers": LATE,
    "endless_interim": LATE,
    "closed_before_answer": FAILED,
    "reset_before_answer": FAILED,
    "charged_reset": FAILED,
    "cut_body": CUT,
    "reset_in_body": gone(""),  # a reset may overtake the headers
    "cut_chunked": CUT,
    "truncated_gzip": gone("gzip data is cut off"),
    "cut_at_json_boundary": UNREADABLE,
    "overstated_length": CUT,
    "understated_length": UNREADABLE,
    "two_lengths": gone("InvalidHeader"),
    "empty_body": UNREADABLE,
    "not_http": FAILED,
    "nameless_header": OK,
    "long_header": FAILED,
    "many_headers": FAILED,
    "mislabelled_gzip": gone("gzip data is damaged"),
    "unknown_encoding": gone("a Content-Encoding that was not asked for"),
    "gzip_bomb": TOO_LARGE,
    "gzip_with_trailer": gone("gzip data is followed by something else"),
    "oversized_body": TOO_LARGE,
    "endless_body": TOO_LARGE,
    "invalid_utf8": UNREADABLE,
    "utf_16": UNREADABLE,
    "byte_order_mark": OK,
    "trailing_garbage": UNREADABLE,
    "date_ahead": data("ok", basis=CaptureBasis.DATE_HEADER),
    "date_behind": data("ok", basis=CaptureBasis.DATE_HEADER),
    "date_absent": OK,
    "date_garbled": OK,
    "new_field": OK,
    "missing_field": SOME,
    "renamed_field": SOME,
    "changed_type": SOME,
    "new_market": OK,
    "echo_in_refusal": refused(ProviderRefused, "apiKey=(hidden)"),
    "echo_in_error": busy(ProviderError, "apiKey=(hidden)"),
    "echo_in_page": page(),
    "echo_in_data": OK,
    "echo_encoded": busy(ProviderError, "500 on odds"),
    "echo_in_headers": data("ok", credits=None),
    "echo_in_reason": busy(ProviderError, "500 on odds"),
    "echo_in_bad_status_line": FAILED,
    "echo_in_bad_chunk": CUT,
    "echo_in_encoding": gone("a Content-Encoding that was not asked for"),
    "echo_in_broken_header": OK,
    "hostile_names": SOME,
    "hostile_keys": SOME,
    "deep_nesting": NO_JSON,
    "deeper_nesting": NO_JSON,
    "not_a_number": NO_JSON,
    "infinite_price": NO_JSON,
    "overflowing_price": SOME,
    "huge_integer": NO_JSON,
    "price_beyond_32_bits": SOME,
    "price_zero": SOME,
    "html_200": page(credits=None),
    "error_200": page(),
    "null_200": page(),
    "redirect": refused(ProviderError, "redirects are not followed"),
    "redirect_loop": refused(ProviderError, "redirects are not followed"),
    "redirect_oversized": TOO_LARGE,
    "quota_absent": data("ok", credits=None),
    "quota_garbled": data("ok", credits=None),
    "quota_not_finite": data("ok", credits=None),
    "quota_float": OK,
    "quota_negative": OK,
    "quota_jump": OK,
    "quota_exhausted": refused(OutOfCredits, "401 OUT_OF_USAGE_CREDITS"),
    "duplicate_keys": data("ok", "rejections"),
    "duplicate_outcomes": SOME,
    "duplicate_events": data("ok", "rejections"),
    "empty_list": data("ok", credits=0.0),
    "no_bookmakers": OK,
    "half_the_events": OK,
}


@pytest.fixture(scope="module")
def provider() -> Iterator[RunningSimulator]:
    with RunningSimulator(clock=SteppedClock(EVENING)) as running:
        yield running


@dataclass
class Outcome:
    """What came of one call."""

    response: ProviderResponse | None = None
    raised: OddsPipelineError | None = None
    waits: list[float] = field(default_factory=list)


def client_of(provider: RunningSimulator, key: str, name: str, waits: list[float]) -> OddsApiClient:
    limits = Limits(deadline_s=0.15) if name in SLOW else Limits(deadline_s=60.0)
    timing = Timing(clock=lambda: EVENING, sleep=waits.append, jitter=lambda: 0.5)
    return OddsApiClient(provider.url, key, limits, timing)


def ask(client: OddsApiClient, waits: list[float]) -> Outcome:
    outcome = Outcome(waits=waits)
    try:
        outcome.response = client.odds(ASKED)
        raise_for_status(outcome.response)
    except OddsPipelineError as raised:
        outcome.raised = raised
    return outcome


def read(response: ProviderResponse) -> Document | None:
    """The parsed document, or nothing where it cannot be read at all."""
    raw = RawDocument(
        source="the_odds_api",
        endpoint=response.endpoint,
        request=response.request,
        body=response.body,
        received_at=response.received_at,
        received_basis=response.basis,
        known_time=EVENING,
        odds_format=OddsFormat.AMERICAN,
    )
    try:
        return parse_document(raw)
    except MalformedResponse:
        return None


def parsed(response: ProviderResponse) -> str:
    document = read(response)
    if document is None:
        return "malformed"
    return "rejections" if document.rejections else "ok"


def test_every_fault_has_an_expected_outcome() -> None:
    assert set(EXPECTED) == set(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_the_outcome_of(name: str, provider: RunningSimulator) -> None:
    expected, fault, key = EXPECTED[name], FAULTS[name], f"outcome-of-{name}"
    elsewhere = provider.faults.spent_elsewhere
    waits: list[float] = []
    provider.faults.next(name, times=expected.tries)
    with client_of(provider, key, name, waits) as client:
        outcome = ask(client, waits)
        charged = provider.credits_charged(key) - (provider.faults.spent_elsewhere - elsewhere)
        after = ask(client, [])
    assert provider.faults.draw("/v4/sports/{sport}/odds") is None  # all tries met the fault
    assert tuple(outcome.waits) == expected.pauses
    assert charged == (COST * expected.tries if fault.charged else 0)
    assert_error(outcome.raised, expected)
    assert (outcome.response is not None) is expected.answered
    if outcome.response is not None:
        assert_answer(outcome.response, expected)
    if name == "quota_exhausted":
        assert isinstance(after.raised, OutOfCredits)
    else:
        assert after.raised is None
        assert after.response is not None
        assert (after.response.attempts, parsed(after.response)) == (1, "ok")


def assert_error(raised: OddsPipelineError | None, expected: Expected) -> None:
    assert type(raised) is (expected.raised or type(None))
    assert expected.says in str(raised)
    assert "\n" not in str(raised)


def assert_answer(response: ProviderResponse, expected: Expected) -> None:
    assert response.attempts == expected.tries
    assert response.basis is expected.basis
    assert response.credits_last == expected.credits
    if expected.raised is None:
        assert parsed(response) in expected.parsed


@pytest.mark.parametrize("name", sorted(set(FAULTS) - {"quota_exhausted"}))
def test_a_fault_that_passes_is_got_over_by_another_try(
    name: str, provider: RunningSimulator
) -> None:
    expected, fault, key = EXPECTED[name], FAULTS[name], f"passing-{name}"
    if expected.tries == 1:
        return
    waits: list[float] = []
    provider.faults.next(name)
    with client_of(provider, key, name, waits) as client:
        outcome = ask(client, waits)
    assert outcome.raised is None
    assert outcome.response is not None
    assert (outcome.response.attempts, parsed(outcome.response)) == (2, "ok")
    assert tuple(waits) == expected.pauses[:1]
    # A paid answer that was lost is paid again; the last answer tells the sum, not the parts.
    paid = COST * (2 if fault.charged else 1)
    assert provider.credits_charged(key) == paid
    assert (outcome.response.credits_last, outcome.response.credits_used) == (COST, paid)


@pytest.mark.parametrize(("name", "minutes"), [("date_ahead", 10), ("date_behind", -10)])
def test_the_providers_clock_gives_the_capture_time(
    name: str, minutes: int, provider: RunningSimulator
) -> None:
    provider.faults.next(name)
    with client_of(provider, "dates", name, []) as client:
        response = client.odds(ASKED)
    assert response.received_at == EVENING + timedelta(minutes=minutes)
    assert response.clock_at == EVENING


def test_a_second_user_of_the_key_shows_in_the_count(provider: RunningSimulator) -> None:
    provider.faults.next("quota_jump")
    with client_of(provider, "shared-key", "quota_jump", []) as client:
        first, second = client.odds(ASKED), client.odds(ASKED)
    assert (first.credits_last, first.credits_used) == (COST, 500 + COST)
    assert (second.credits_last, second.credits_used) == (COST, 500 + 2 * COST)


def test_no_price_comes_of_a_number_that_is_none(provider: RunningSimulator) -> None:
    names = [name for name, fault in FAULTS.items() if fault.family == "numbers"]
    for name in names:
        provider.faults.next(name)
        with client_of(provider, "numbers", name, []) as client:
            document = read(client.odds(ASKED))
        prices = [
            quote.price
            for capture in (document.odds if document else ())
            for event in capture.events
            for board in event.boards
            for quote in board.quotes
        ]
        assert all(1.0 <= price < 1000.0 for price in prices), name


LEAN = """
import json, sys, psutil
from pathlib import Path
from odds_pipeline.errors import OddsPipelineError
from odds_pipeline.sources.the_odds_api.client import OddsApiClient
from odds_pipeline.sources.the_odds_api.queries import OddsRequest

with OddsApiClient(sys.argv[1], "k") as client:
    asked = OddsRequest("basketball_nba", ("h2h",), bookmakers=("pinnacle",))
    client.odds(asked)
    before = psutil.Process().memory_info().rss
    try:
        client.odds(asked)
    except OddsPipelineError as raised:
        # Not ru_maxrss: a child inherits the peak of the process that started it.
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").open())
        peak = int(status["VmHWM"].split()[0]) * 1024
        print(json.dumps([(peak - before) / 2**20, type(raised).__name__]))
"""


@pytest.mark.parametrize(
    "name",
    ["gzip_bomb", "oversized_body", "endless_body", "gzip_with_trailer", "redirect_oversized"],
)
def test_a_large_answer_takes_little_more_memory_than_the_cap(
    name: str, provider: RunningSimulator
) -> None:
    program = [sys.executable, "-c", LEAN, provider.url]
    provider.faults.clear()
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as client:
        provider.faults.next("new_field")  # the warm-up call
        provider.faults.next(name, times=EXPECTED[name].tries)
        out, _ = client.communicate(timeout=120)
    grown, raised = json.loads(out)
    assert EXPECTED[name].raised is not None
    assert raised == EXPECTED[name].raised.__name__  # type: ignore[union-attr]
    assert grown < 64, f"{grown:.0f} MiB"  # the cap is 32 MiB, and a growing buffer is copied


@pytest.mark.parametrize("key", CANARIES, ids=["hex", "awkward"])
@pytest.mark.parametrize("name", FAULTS)
def test_the_key_shows_nowhere_in(name: str, key: str, provider: RunningSimulator) -> None:
    canary = f"{key[:-2]}{list(FAULTS).index(name):02d}"  # of its own: so are its credits
    provider.faults.next(name, times=EXPECTED[name].tries)
    with client_of(provider, canary, name, []) as client, every_log() as records:
        outcome = ask(client, [])
        held = repr((vars(client), vars(client._transport), client._transport._session.cookies))
    assert_asked_with(canary, provider, FAULTS[name])
    found = found_in_records(canary, records) + found_in(canary, held, "client")
    if outcome.raised is not None:
        found += found_in_error(canary, outcome.raised)
        assert outcome.raised.__context__ is None
        assert outcome.raised.__cause__ is None
    if outcome.response is not None:
        found += found_in(canary, repr(outcome.response), "response")
        found += found_in(canary, outcome.response.body, "body")
        found += found_in(canary, json.dumps(outcome.response.headers), "headers")
    assert found == []


def assert_asked_with(canary: str, provider: RunningSimulator, fault: Fault) -> None:
    """The key did travel: what is charged is charged to it."""
    assert (provider.credits_charged(canary) > 0) is (
        fault.charged or fault.name == "quota_exhausted"
    )
