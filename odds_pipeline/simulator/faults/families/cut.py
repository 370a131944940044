"""The answer was worked out and charged, and does not arrive whole, or not as HTTP.

Belongs here: framing: lengths, chunks, headers.
"""

import gzip

from odds_pipeline.simulator.faults.fault import Call, End, Served, Wire, fault


def _half(body: bytes) -> bytes:
    return body[: max(1, len(body) // 2)]


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


@fault(charged=True)
def cut_body(call: Call) -> Wire:
    """Half the promised bytes, then the connection is closed."""
    served = call.serve()
    return Wire([served.head(), _half(served.body)])


@fault(charged=True)
def reset_in_body(call: Call) -> Wire:
    """Half the promised bytes, then the connection is reset."""
    served = call.serve()
    return Wire([served.head(), _half(served.body)], end=End.RESET)


@fault(charged=True)
def cut_chunked(call: Call) -> Wire:
    """A chunked body that ends after its first chunk."""
    served = call.serve().under(content_length=None, transfer_encoding="chunked")
    return Wire([served.head(), _chunk(_half(served.body))])


@fault(charged=True)
def truncated_gzip(call: Call) -> Wire:
    """Half of a gzip body, with the length of that half: to HTTP it is whole."""
    served = call.serve()
    half = _half(gzip.compress(served.body, mtime=0))
    cut = served.saying(half).under(content_encoding="gzip")
    return Wire([cut.head(), half])


@fault(charged=True)
def cut_at_json_boundary(call: Call) -> Wire:
    """No length and no chunks: the body ends with the connection, after its first object."""
    served = call.serve().under(content_length=None)
    ends = served.body.find(b"}]},{") + 3
    return Wire([served.head(), served.body[:ends] if ends > 3 else _half(served.body)])


@fault(charged=True)
def overstated_length(call: Call) -> Wire:
    """Content-Length says ten bytes more than there are."""
    served = call.serve()
    stated = served.under(content_length=str(len(served.body) + 10))
    return Wire([stated.head(), served.body])


@fault(charged=True)
def understated_length(call: Call) -> Wire:
    """Content-Length says ten bytes less than there are."""
    served = call.serve()
    stated = served.under(content_length=str(max(1, len(served.body) - 10)))
    return Wire([stated.head(), served.body])


@fault(charged=True)
def two_lengths(call: Call) -> Wire:
    """Two Content-Length headers that differ."""
    served = call.serve()
    stated = served.under(content_length=f"{len(served.body)}, {len(served.body) - 10}")
    return Wire([stated.head(), served.body])


@fault(charged=True)
def empty_body(call: Call) -> Served:
    """200 with a body of no bytes."""
    return call.serve().saying(b"")


@fault(charged=False)
def not_http(call: Call) -> Wire:
    """Bytes that are no HTTP."""
    return Wire([b"\x16\x03\x01 hello there\r\n\r\n"])


@fault(charged=True)
def nameless_header(call: Call) -> Wire:
    """A header without a name, of which HTTP libraries warn with the whole address."""
    served = call.serve()
    status, _, rest = served.head().partition(b"\r\n")
    return Wire([status + b"\r\n: nameless\r\n" + rest, served.body])


@fault(charged=True)
def long_header(call: Call) -> Wire:
    """A header of 100,000 bytes."""
    served = call.serve().under(x_long="z" * 100_000)
    return Wire([served.head(), served.body])


@fault(charged=True)
def many_headers(call: Call) -> Wire:
    """A thousand headers."""
    served = call.serve().under(**{f"x-{n}": "z" for n in range(1000)})
    return Wire([served.head(), served.body])
