"""The body arrives whole and cannot be decoded, or is far larger than it looked.

Belongs here: content encoding, text encoding, size.
"""

import zlib
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, repeat

from odds_pipeline.simulator.faults.fault import Call, Served, Wire, fault

_MEBIBYTE = 1024 * 1024
_BOMB = 256  # MiB when it is open
_OVERSIZED = 300  # MB


@fault(charged=True)
def mislabelled_gzip(call: Call) -> Wire:
    """Plain JSON that calls itself gzip."""
    served = call.serve().under(content_encoding="gzip")
    return Wire([served.head(), served.body])


@fault(charged=True)
def unknown_encoding(call: Call) -> Wire:
    """A body that calls itself `br`, which nobody asked for."""
    served = call.serve().under(content_encoding="br")
    return Wire([served.head(), served.body])


@fault(charged=True)
def gzip_bomb(call: Call) -> Wire:
    """A quarter of a megabyte of gzip that opens to 256 MiB of valid JSON."""
    bomb = _bomb()
    served = call.serve().saying(bomb).under(content_encoding="gzip")
    return Wire([served.head(), bomb])


@fault(charged=True)
def gzip_with_trailer(call: Call) -> Wire:
    """A whole gzip body, followed by 300 MB of something else."""
    served = call.serve().under(content_length=None, content_encoding="gzip")
    compressor = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    whole = compressor.compress(served.body) + compressor.flush()
    return Wire(chain([served.head(), whole], repeat(b"z" * 1_000_000, _OVERSIZED)))


@fault(charged=True)
def oversized_body(call: Call) -> Wire:
    """300 MB of spaces before the JSON, with their right length."""
    served = call.serve()
    size = _OVERSIZED * 1_000_000 + len(served.body)
    head = served.under(content_length=str(size)).head()
    return Wire(chain([head], repeat(b" " * 1_000_000, _OVERSIZED), [served.body]))


@fault(charged=True)
def endless_body(call: Call) -> Wire:
    """Spaces for ever, without a length."""
    head = call.serve().under(content_length=None).head()
    return Wire(chain([head], repeat(b" " * 1_000_000)))


@fault(charged=True)
def invalid_utf8(call: Call) -> Served:
    """Bytes inside a name that are no UTF-8."""
    served = call.serve()
    return served.saying(served.body.replace(b'"title":"', b'"title":"\xff\xfe'))


@fault(charged=True)
def utf_16(call: Call) -> Served:
    """The same JSON as UTF-16."""
    served = call.serve()
    return served.saying(served.body.decode().encode("utf-16"))


@fault(charged=True)
def byte_order_mark(call: Call) -> Served:
    """A byte order mark before the JSON."""
    served = call.serve()
    return served.saying(b"\xef\xbb\xbf" + served.body)


@fault(charged=True)
def trailing_garbage(call: Call) -> Served:
    """A comment of the server after the JSON."""
    served = call.serve()
    return served.saying(served.body + b"\n<!-- served in 12 ms -->")


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)

    def pieces() -> Iterator[bytes]:
        for _ in range(_BOMB):
            yield compressor.compress(b" " * _MEBIBYTE)
        yield compressor.compress(b"[]")
        yield compressor.flush()

    return b"".join(pieces())
