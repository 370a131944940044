"""The answer does not come, or comes so slowly that it might as well not.

Belongs here: connections that end or wait before the body is there.
"""

from collections.abc import Iterator
from itertools import repeat

from odds_pipeline.simulator.faults.fault import Call, End, Wire, fault

_DRIP = 0.2  # seconds a byte
_INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"


def _single(data: bytes) -> Iterator[bytes]:
    return (data[at : at + 1] for at in range(len(data)))


@fault(charged=False)
def hang(call: Call) -> Wire:
    """Nothing is answered and the connection stays open; the call was not worked on."""
    return Wire(end=End.HANG)


@fault(charged=True)
def charged_hang(call: Call) -> Wire:
    """The call is charged, then nothing is answered and the connection stays open."""
    call.serve()
    return Wire(end=End.HANG)


@fault(charged=False)
def closed_before_answer(call: Call) -> Wire:
    """The connection is closed without a byte."""
    return Wire(end=End.CLOSE)


@fault(charged=False)
def reset_before_answer(call: Call) -> Wire:
    """The connection is reset without a byte."""
    return Wire(end=End.RESET)


@fault(charged=True)
def charged_reset(call: Call) -> Wire:
    """The call is charged, then the connection is reset: a charge nobody was told of."""
    call.serve()
    return Wire(end=End.RESET)


@fault(charged=True)
def slow_drip(call: Call) -> Wire:
    """The body comes at one byte in 0.2 s, which no read timeout notices."""
    served = call.serve()
    return Wire(_after(served.head(), served.body), _DRIP)


@fault(charged=False)
def slow_headers(call: Call) -> Wire:
    """The headers come at one byte in 0.2 s."""
    return Wire(_single(b"HTTP/1.1 200 OK\r\nx-slow: " + b"z" * 60_000), _DRIP)


@fault(charged=False)
def endless_interim(call: Call) -> Wire:
    """100 Continue again and again, and never an answer."""
    return Wire(repeat(_INTERIM), 0.02)


def _after(head: bytes, body: bytes) -> Iterator[bytes]:
    yield head
    yield from _single(body)
