"""What The Odds API answered, before its body is read.

Belongs here: the answer as a value, its headers' meaning, and which error a refusal is. Does not
belong here: sending (``client``), reading bodies (``odds``, ``listings``).

Units: credits as the headers say them (floats; remaining may be negative), times UTC.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType

from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.catalog.observations import CaptureBasis
from odds_pipeline.errors import (
    EventNotFound,
    InvalidKey,
    MarketsRefused,
    NotOnPlan,
    OutOfCredits,
    ProviderError,
    ProviderRefused,
    TooManyCalls,
    UnknownSport,
)

CREDIT_HEADERS = ("x-requests-last", "x-requests-used", "x-requests-remaining")
KEPT_HEADERS = ("date", "content-type", *CREDIT_HEADERS)
MESSAGE_LENGTH = 500
ERROR_BODY_BYTES = 64 * 1024  # the provider's own are a few hundred bytes

_KEY_IN_URL = re.compile(r"apiKey=[^&\s\"'<>]*", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_MEANINGS: Mapping[str, type[ProviderRefused]] = MappingProxyType(
    {
        "INVALID_KEY": InvalidKey,
        "MISSING_KEY": InvalidKey,
        "DEACTIVATED_KEY": InvalidKey,
        "OUT_OF_USAGE_CREDITS": OutOfCredits,
        "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN": NotOnPlan,
        "UNKNOWN_SPORT": UnknownSport,
        "EVENT_NOT_FOUND": EventNotFound,
        "INVALID_MARKET": MarketsRefused,
        "INVALID_MARKET_COMBO": MarketsRefused,
        "HISTORICAL_MARKETS_UNAVAILABLE_AT_DATE": MarketsRefused,
        "EXCEEDED_FREQ_LIMIT": TooManyCalls,
    }
)
_BARE_STATUS: Mapping[int, type[ProviderRefused]] = MappingProxyType(
    {401: InvalidKey, 429: TooManyCalls}
)


@dataclass(frozen=True, slots=True)
class ProviderResponse:
    """One answer, whatever its status: stored first, judged afterwards.

    Args:
        endpoint: what was called.
        request: path and query parameters without the key.
        status: HTTP status.
        headers: the headers that matter, names in lower case.
        body: the bytes, content encoding removed.
        received_at: when the last byte came, by our clock, or by the provider's where the two
            are more than 2 s apart.
        basis: which of the two clocks ``received_at`` is.
        clock_at: when the last byte came, by our clock.
        provider_date: the `Date` header.
        elapsed_ms: milliseconds from sending to the last byte, of the last try.
        attempts: tries made; each earlier one may have been charged too.
        credits_last: credits this call cost.
        credits_used: credits used this month.
        credits_remaining: credits left this month.
    """

    endpoint: Endpoint
    request: dict[str, str]
    status: int
    headers: dict[str, str]
    body: bytes
    received_at: datetime
    basis: CaptureBasis
    clock_at: datetime
    provider_date: datetime | None
    elapsed_ms: float
    attempts: int
    credits_last: float | None
    credits_used: float | None
    credits_remaining: float | None


def raise_for_status(response: ProviderResponse) -> None:
    """Raise what a status other than 200 means; nothing for 200.

    Raises:
        InvalidKey: the key is missing, wrong or deactivated, or a 401 gives no code.
        OutOfCredits: the month's credits are used up (a 401, told apart by its code).
        NotOnPlan: the plan has no history (a 401 too).
        UnknownSport, EventNotFound: what the path names is not there.
        MarketsRefused: see ``refused_markets``.
        TooManyCalls: 429, after the allowed retries.
        ProviderRefused: any other 4xx, with the provider's code and message.
        ProviderError: any other status.
    """
    if response.status == 200:
        return
    code, message = error_of(response.body)
    if 400 <= response.status < 500:
        raise _meaning(response.status, code)(response.status, code, message)
    called = f"provider answered {response.status} on {response.endpoint}"
    if 300 <= response.status < 400:
        raise ProviderError(f"{called}: redirects are not followed; check ODDS_API_BASE_URL")
    raise ProviderError(f"{called}: {code or '(no code)'} {message}")


def _meaning(status: int, code: str) -> type[ProviderRefused]:
    if code:
        return _MEANINGS.get(code, ProviderRefused)
    return _BARE_STATUS.get(status, ProviderRefused)


def error_of(body: bytes) -> tuple[str, str]:
    """The provider's error code and message; an empty code for a body that has none."""
    document = _error_document(body)
    if document is None:
        return "", _one_line(body[:MESSAGE_LENGTH].decode("utf-8", "replace")) or "(empty body)"
    code, message = document.get("error_code"), document.get("message")
    return (
        _one_line(code) if isinstance(code, str) else "",
        (_one_line(message) if isinstance(message, str) else "") or "(no message)",
    )


def refused_markets(response: ProviderResponse, asked: Iterable[str]) -> tuple[str, ...]:
    """Which of the asked markets an answer refuses by name, in the order asked.

    One refused market refuses the whole call; without these (``queries.without_markets``) the
    others can be asked for again. Empty for any other answer, and where none is named.
    """
    document = _error_document(response.body)
    if response.status == 200 or document is None:
        return ()
    code, message = document.get("error_code"), document.get("message")
    if not isinstance(code, str) or _MEANINGS.get(code) is not MarketsRefused:
        return ()
    if not isinstance(message, str):
        return ()
    named = set(_WORD.findall(message.partition(":")[2] or message))
    return tuple(market for market in dict.fromkeys(asked) if market in named)


def _error_document(body: bytes) -> dict[str, object] | None:
    """The error as an object; ``None`` for a body that is none or that no provider would send."""
    if len(body) > ERROR_BODY_BYTES:
        return None
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def credits_in(headers: Mapping[str, str], name: str) -> float | None:
    """A credit header as a number; ``None`` when it is missing or no finite number."""
    try:
        value = float(headers[name])
    except (KeyError, ValueError):
        return None
    return value if math.isfinite(value) else None


def date_in(headers: Mapping[str, str]) -> datetime | None:
    """The `Date` header; ``None`` when it is missing or unreadable."""
    try:
        date = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError, IndexError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)


def _one_line(text: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in text[:MESSAGE_LENGTH])
    return _KEY_IN_URL.sub("apiKey=(hidden)", " ".join(printable.split()))
