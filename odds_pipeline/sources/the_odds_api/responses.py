"""What The Odds API answered, before its body is read.

Belongs here: the answer as a value, its headers' meaning, and which error a refusal is. Does not
belong here: sending (``client``), reading bodies (``odds``, ``listings``).

Units: credits as the headers say them (floats; remaining may be negative), times UTC.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from odds_pipeline.catalog.endpoints import Endpoint
from odds_pipeline.catalog.observations import CaptureBasis
from odds_pipeline.errors import InvalidKey, OutOfCredits, ProviderError, ProviderRefused

CREDIT_HEADERS = ("x-requests-last", "x-requests-used", "x-requests-remaining")
KEPT_HEADERS = ("date", "content-type", *CREDIT_HEADERS)
MESSAGE_LENGTH = 500

_KEY_IN_URL = re.compile(r"apiKey=[^&\s\"'<>]*", re.IGNORECASE)
_KEY_CODES = frozenset({"INVALID_KEY", "MISSING_KEY", "DEACTIVATED_KEY"})


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
        OutOfCredits: the month's credits are used up (a 401, told apart by its code).
        InvalidKey: the key is missing, wrong or deactivated.
        ProviderRefused: any other 4xx, with the provider's code and message.
        ProviderError: any other status.
    """
    if response.status == 200:
        return
    code, message = error_of(response.body)
    if code == "OUT_OF_USAGE_CREDITS":
        raise OutOfCredits(response.status, code, message)
    if code in _KEY_CODES or (response.status == 401 and not code):
        raise InvalidKey(response.status, code, message)
    if 400 <= response.status < 500:
        raise ProviderRefused(response.status, code, message)
    called = f"provider answered {response.status} on {response.endpoint}"
    if 300 <= response.status < 400:
        raise ProviderError(f"{called}: redirects are not followed; check ODDS_API_BASE_URL")
    raise ProviderError(f"{called}: {code or '(no code)'} {message}")


def error_of(body: bytes) -> tuple[str, str]:
    """The provider's error code and message; an empty code for a body that has none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        return "", _one_line(body[:MESSAGE_LENGTH].decode("utf-8", "replace"))
    code = document.get("error_code")
    message = document.get("message")
    return (
        _one_line(code) if isinstance(code, str) else "",
        _one_line(message) if isinstance(message, str) else "(no message)",
    )


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
    return _KEY_IN_URL.sub("apiKey=(hidden)", " ".join(printable.split())) or "(empty body)"
