"""Something answers in the provider's place, or it answers something else.

Belongs here: pages, redirects and bodies of another kind under a status that promises data.
"""

from itertools import chain, repeat

from odds_pipeline.simulator.faults.fault import Call, Served, Wire, fault
from odds_pipeline.simulator.refusals import Refusal

_PAGE = b"<!DOCTYPE html><html><body><h1>Log in to this network</h1></body></html>"


@fault(charged=False)
def html_200(call: Call) -> Served:
    """200 with the page of a captive network, without the provider's headers."""
    return call.refuse(200, None).saying(_PAGE, "text/html").uncounted()


@fault(charged=False)
def error_200(call: Call) -> Served:
    """200 with an error body."""
    return call.refuse(200, Refusal("INTERNAL_ERROR").body())


@fault(charged=False)
def null_200(call: Call) -> Served:
    """200 with `null`."""
    return call.refuse(200, None)


@fault(charged=False)
def redirect(call: Call) -> Served:
    """302 to the same path on another host, key and all."""
    rest = call.url.partition("//")[2].partition("/")[2]
    return call.refuse(302, None).under(location=f"http://elsewhere.invalid/{rest}")


@fault(charged=False)
def redirect_loop(call: Call) -> Served:
    """307 to the address that was asked for."""
    return call.refuse(307, None).under(location=call.url)


@fault(charged=False)
def redirect_oversized(call: Call) -> Wire:
    """302 with a body of 300 MB, which libraries read even where they do not follow."""
    to = call.refuse(302, None).under(location=call.url, content_length="300000000")
    return Wire(chain([to.head()], repeat(b" " * 1_000_000, 300)))
