"""HTTP to the provider: one GET that never leaks the key, never hangs and never overflows.

Belongs here: connection, key, size cap, gzip, retries. Does not belong here: the deadline itself
(``deadline``), hiding a key that is repeated (``echo``), endpoints and parameters (``queries``),
meaning of a status (``responses``).

The key joins the address inside the adapter, at the last moment, and leaves it again before
anything is returned: every object that outlives the call holds the address without it. Errors of
``requests`` and ``urllib3`` quote the address, so they are reduced to a sentence inside the
``except`` block and ours is raised after it: they are not even reachable through
``__context__``.

Units: seconds, bytes.
"""

import logging
import random
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit
from weakref import WeakSet

import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from odds_pipeline.errors import MalformedResponse, ProviderUnreachable
from odds_pipeline.sources.the_odds_api.deadline import (
    GuardedPool,
    GuardedTlsPool,
    deadline_in,
)
from odds_pipeline.sources.the_odds_api.echo import Echo
from odds_pipeline.sources.the_odds_api.responses import date_in

log = logging.getLogger(__name__)

CONNECT_TIMEOUT = 5.0
READ_GRACE = 1.0  # so that it is the deadline that ends a silent call, and says so
CHUNK = 64 * 1024
BACKOFF = 0.5  # seconds before the second try, doubled before each further one
RETRY_AFTER_CAP = 60.0
POOL_SIZE = 4
SLICE = 256 * 1024  # bytes inflated at once, so that little is held beyond the cap
URLLIB3_LOGGERS = ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how large.

    Args:
        deadline_s: seconds one try may take from connecting to the last byte.
        max_bytes: largest body, content encoding removed.
        tries: tries on 429, 5xx and transport faults.
    """

    deadline_s: float = 20.0
    max_bytes: int = 32 * 1024 * 1024
    tries: int = 3


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Timing:
    """The clocks, and how to wait: injected, so that tests wait for nothing.

    Args:
        clock: time of day, UTC.
        monotonic: seconds that only go forward.
        sleep: waits for some seconds.
        jitter: a number in [0, 1) that spreads the retries of many callers.
    """

    clock: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


class Answer(NamedTuple):
    """One HTTP answer.

    Args:
        status: HTTP status.
        headers: all headers, names in lower case.
        body: the bytes, content encoding removed.
        headers_at: our clock when the headers had come.
        last_byte_at: our clock at the last byte.
        elapsed_s: seconds from sending to the last byte, of the last try.
        attempts: tries made.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    headers_at: datetime
    last_byte_at: datetime
    elapsed_s: float
    attempts: int


class Transport:
    """GET requests to one provider with one key.

    Args:
        base_url: root address, http or https, without a query.
        key: the API key.
        limits: deadline, size cap and tries.
        timing: clocks and waiting.
    """

    def __init__(self, base_url: str, key: SecretStr, limits: Limits, timing: Timing) -> None:
        self._base_url = base_url.rstrip("/")
        self._host = urlsplit(base_url).netloc.rpartition("@")[2]
        self._echo = Echo(key)
        self._limits = limits
        self._timing = timing
        self._session = _session(key, self._echo)

    def get(self, path: str, query: Mapping[str, str]) -> Answer:
        """Fetch one answer of any status, trying again on 429, 5xx and transport faults.

        Args:
            path: path below the base address.
            query: parameters without the key.

        Raises:
            ProviderUnreachable: no complete answer after the allowed tries.
            MalformedResponse: the answer is larger than allowed; it is not fetched again.
        """
        url = f"{self._base_url}{path}?{urlencode(query, safe=',:')}"
        fault = ""
        for attempt in range(1, self._limits.tries + 1):
            outcome = self._attempt(url, attempt)
            if isinstance(outcome, Answer) and not _worth_retrying(outcome.status):
                return outcome
            if attempt == self._limits.tries:
                if isinstance(outcome, Answer):
                    return outcome
                fault = outcome
                break
            pause = self._pause(outcome, attempt)
            why = f"status {outcome.status}" if isinstance(outcome, Answer) else outcome
            log.warning(
                "fetch_retry", extra={"path": path, "attempt": attempt, "why": why, "wait_s": pause}
            )
            self._timing.sleep(pause)
        raise ProviderUnreachable(
            f"no answer from {self._host}{path} in {self._limits.tries} tries: {fault}"
        )

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _attempt(self, url: str, attempt: int) -> Answer | str:
        """One try: an answer, or why there is none."""
        started = self._timing.monotonic()
        oversized = False
        try:
            with deadline_in(self._limits.deadline_s) as deadline, self._send(url) as response:
                headers_at = self._timing.clock()
                body = self._body(response)
                status = response.status_code
                headers = {
                    name.lower(): self._echo.hide_in(value)
                    for name, value in response.headers.items()
                }
        except _Oversized:
            oversized = True
        except (*_LIBRARY_FAULTS, _Fault) as fault:
            if deadline.passed:
                return f"answer was not complete after {self._limits.deadline_s:g} s"
            return _sentence(fault)
        if deadline.passed:  # a body without a length ends where it was cut
            return f"answer was not complete after {self._limits.deadline_s:g} s"
        if oversized:
            limit = self._limits.max_bytes
            raise MalformedResponse(f"answer of {self._host} is larger than {limit:,} bytes")
        return Answer(
            status,
            headers,
            self._echo.hide(body),
            headers_at,
            self._timing.clock(),
            self._timing.monotonic() - started,
            attempt,
        )

    def _send(self, url: str) -> requests.Response:
        seconds = self._limits.deadline_s
        timeout = (min(CONNECT_TIMEOUT, seconds), seconds + READ_GRACE)
        return self._session.get(url, stream=True, allow_redirects=False, timeout=timeout)

    def _body(self, response: requests.Response) -> bytes:
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding in {"", "identity"}:
            return _capped(_chunks(response), self._limits.max_bytes)
        if encoding in {"gzip", "x-gzip"}:
            return _gunzipped(_chunks(response), self._limits.max_bytes)
        raise _Fault("answer has a Content-Encoding that was not asked for")

    def _pause(self, outcome: Answer | str, attempt: int) -> float:
        if isinstance(outcome, Answer):
            wait = _retry_after(outcome)
            if wait is not None:
                return min(max(wait, 0.0), RETRY_AFTER_CAP)
        backoff: float = BACKOFF * 2 ** (attempt - 1)
        return backoff * (1.0 + self._timing.jitter())


class _Fault(Exception):
    """Why one try gave no complete answer; never quotes an address."""


class _Oversized(Exception):
    """The answer is larger than allowed."""


_SENTENCES = {
    "ConnectionError": "connection failed",
    "ConnectTimeout": "connection timed out",
    "ReadTimeout": "answer did not come in time",
    "ReadTimeoutError": "answer did not come in time",
    "SSLError": "TLS failed",
    "IncompleteRead": "answer was cut off",
    "ProtocolError": "answer was cut off",
    "ChunkedEncodingError": "answer was cut off",
}


_LIBRARY_FAULTS = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)


def _sentence(fault: Exception) -> str:
    """What went wrong, without the address that the libraries' own texts quote."""
    if isinstance(fault, _Fault):
        return str(fault)
    name = type(fault).__name__
    return _SENTENCES.get(name, name)


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """The body as it comes, still encoded."""
    while chunk := response.raw.read1(CHUNK, decode_content=False):
        yield chunk


class _KeyedAdapter(HTTPAdapter):
    """Adds the key to the address on its way out, and only there."""

    def __init__(self, key: SecretStr) -> None:
        self._key = key
        super().__init__(pool_connections=1, pool_maxsize=POOL_SIZE, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": GuardedPool, "https": GuardedTlsPool}

    def send(
        self,
        request: requests.PreparedRequest,
        *args: Any,  # noqa: ANN401 (handed on as they come)
        **kwargs: Any,  # noqa: ANN401
    ) -> requests.Response:
        keyed = request.copy()
        url = request.url or ""
        keyed.url = f"{url}{'&' if '?' in url else '?'}" + urlencode(
            {"apiKey": self._key.get_secret_value()}
        )
        response = super().send(keyed, *args, **kwargs)
        response.request = request
        response.url = url
        return response


class _HideKey(logging.Filter):
    """Hides keys in what urllib3 logs: it quotes addresses and headers, even in warnings."""

    _in_address = re.compile(r"apiKey=[^&\s\"']*", re.IGNORECASE)

    def __init__(self) -> None:
        super().__init__()
        self.echoes: WeakSet[Echo] = WeakSet()  # of the clients that live

    def filter(self, record: logging.LogRecord) -> bool:
        text = self._in_address.sub("apiKey=(hidden)", record.getMessage())
        for echo in list(self.echoes):
            text = echo.hide_in(text)
        record.msg, record.args = text, ()
        # The text says it; the exception beside it would say it again, with the address.
        record.exc_info = record.exc_text = None
        record.__dict__.pop("exception", None)  # where JSON logs have it
        return True


_HIDE_KEY = _HideKey()


class _Session(requests.Session):
    """A session that knows no redirects."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """No target: also where it does not follow one, the library reads that body, uncapped."""


def _session(key: SecretStr, echo: Echo) -> requests.Session:
    _HIDE_KEY.echoes.add(echo)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    for name in URLLIB3_LOGGERS:
        logging.getLogger(name).addFilter(_HIDE_KEY)
    session = _Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    session.headers = requests.structures.CaseInsensitiveDict(
        {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "odds-pipeline"}
    )
    adapter = _KeyedAdapter(key)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _worth_retrying(status: int) -> bool:
    return status == 429 or status >= 500


def _retry_after(answer: Answer) -> float | None:
    """Seconds the provider asks to wait, stated as a number or as a date of its own clock."""
    stated = answer.headers.get("retry-after", "")
    if stated.isdecimal():
        return float(stated)
    until = date_in({"date": stated})
    if until is None:
        return None
    return (until - (date_in(answer.headers) or answer.last_byte_at)).total_seconds()


def _capped(chunks: Iterator[bytes], limit: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > limit:
            raise _Oversized
    return bytes(body)


def _gunzipped(chunks: Iterator[bytes], limit: int) -> bytes:
    """Decompress as the bytes come, never holding more than the limit.

    Raises:
        _Fault: damaged, cut off or trailing data; a library would hand on the part it has.
        _Oversized: more than ``limit`` bytes.
    """
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    body = bytearray()
    for chunk in chunks:
        for piece in _inflated(inflate, chunk):
            body += piece
            if len(body) > limit:
                raise _Oversized
        if inflate.unused_data:  # at once: it would be kept, however much of it comes
            raise _Fault("gzip data is followed by something else")
    if not inflate.eof:
        raise _Fault("gzip data is cut off")
    return bytes(body)


def _inflated(inflate: "zlib._Decompress", chunk: bytes) -> Iterator[bytes]:
    """What a piece of gzip data opens to, slice by slice."""
    piece = b""
    while chunk or len(piece) == SLICE:
        try:
            piece = inflate.decompress(chunk, SLICE)
        except zlib.error:
            raise _Fault("gzip data is damaged") from None
        yield piece
        chunk = inflate.unconsumed_tail
