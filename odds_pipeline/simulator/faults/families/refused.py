"""The provider answers, but not with data.

Belongs here: statuses other than 200. Nothing of this is charged.
"""

from datetime import timedelta
from email.utils import format_datetime

from odds_pipeline.simulator.faults.fault import Call, Served, fault
from odds_pipeline.simulator.refusals import Refusal

_PAGE = b"<html><head><title>%b</title></head><body><h1>%b</h1></body></html>"


def _refusal(call: Call, code: str) -> Served:
    refusal = Refusal(code)
    return call.refuse(refusal.status, refusal.body())


def _page(call: Call, status: int, title: bytes) -> Served:
    """A page of something that stands before the provider: without its headers."""
    return call.refuse(status, None).saying(_PAGE % (title, title), "text/html").uncounted()


@fault(charged=False)
def rate_limited(call: Call) -> Served:
    """429 EXCEEDED_FREQ_LIMIT without Retry-After; as a share, the early 429 below the limit."""
    return _refusal(call, "EXCEEDED_FREQ_LIMIT")


@fault(charged=False)
def rate_limited_seconds(call: Call) -> Served:
    """429 with Retry-After: 2."""
    return _refusal(call, "EXCEEDED_FREQ_LIMIT").under(retry_after="2")


@fault(charged=False)
def rate_limited_date(call: Call) -> Served:
    """429 with Retry-After as a date, 3 seconds after the answer's own Date."""
    at = format_datetime(call.now + timedelta(seconds=3), usegmt=True)
    return _refusal(call, "EXCEEDED_FREQ_LIMIT").under(retry_after=at)


@fault(charged=False)
def rate_limited_long(call: Call) -> Served:
    """429 with Retry-After: 3600, longer than anyone should wait inside a call."""
    return _refusal(call, "EXCEEDED_FREQ_LIMIT").under(retry_after="3600")


@fault(charged=False)
def rate_limited_garbled(call: Call) -> Served:
    """429 with a Retry-After in a year of twenty digits."""
    at = "Fri, 09 Jan 99999999999999999999 18:00:30 GMT"
    return _refusal(call, "EXCEEDED_FREQ_LIMIT").under(retry_after=at)


@fault(charged=False)
def server_error(call: Call) -> Served:
    """500 INTERNAL_ERROR with the provider's error body."""
    return _refusal(call, "INTERNAL_ERROR")


@fault(charged=False)
def bad_gateway(call: Call) -> Served:
    """502, an HTML page of a proxy without the provider's headers."""
    return _page(call, 502, b"502 Bad Gateway")


@fault(charged=False)
def unavailable(call: Call) -> Served:
    """503, an HTML page, with Retry-After: 1."""
    return _page(call, 503, b"503 Service Unavailable").under(retry_after="1")


@fault(charged=False)
def unauthorised(call: Call) -> Served:
    """401 INVALID_KEY although the key is good."""
    return _refusal(call, "INVALID_KEY")


@fault(charged=False)
def forbidden(call: Call) -> Served:
    """403, an HTML page of a firewall."""
    return _page(call, 403, b"403 Forbidden")


@fault(charged=False)
def no_content(call: Call) -> Served:
    """204 without a body."""
    return call.refuse(204, None).saying(b"").under(content_length=None, content_type=None)
