"""The answer repeats the address it was asked for, with the key in it.

Belongs here: every place of an answer where an address can stand.
"""

import html
import json
from base64 import b64encode, urlsafe_b64encode

from odds_pipeline.simulator.faults.fault import Call, Served, Wire, fault


@fault(charged=False)
def echo_in_refusal(call: Call) -> Served:
    """422 whose message quotes the address."""
    return call.refuse(422, {"message": f"Cannot read {call.url}", "error_code": call.url})


@fault(charged=False)
def echo_in_error(call: Call) -> Served:
    """500, a page that quotes the address, the plain key and both as HTML."""
    told = f"{call.url} {call.key} {html.escape(call.url)} {html.escape(call.key)}"
    return call.refuse(500, None).saying(f"<pre>{told}</pre>".encode(), "text/html")


@fault(charged=False)
def echo_in_page(call: Call) -> Served:
    """200, a page that quotes the address."""
    page = f"<html>No route to <a href='{call.url}'>{call.url}</a></html>"
    return call.refuse(200, None).saying(page.encode(), "text/html")


@fault(charged=True)
def echo_in_data(call: Call) -> Served:
    """Proper data, with the address in a field of the first event."""
    served = call.serve()
    told = json.dumps({"self": call.url, "key": call.key}).encode()
    return served.saying(served.body.replace(b'{"id":', b'{"links":' + told + b',"id":', 1))


@fault(charged=False)
def echo_encoded(call: Call) -> Served:
    """500 whose body holds the address and the key in base64."""
    coded = [
        encode(text.encode()).decode()
        for encode in (b64encode, urlsafe_b64encode)
        for text in (call.url, call.key, "k" + call.key, "ke" + call.key)
    ]
    return call.refuse(500, {"trace": coded})


@fault(charged=True)
def echo_in_headers(call: Call) -> Served:
    """Proper data; Date, Content-Type, the credit headers and a cookie quote the address."""
    names = ("date", "content-type", "x-requests-last", "x-requests-used", "x-requests-remaining")
    told = dict.fromkeys((*names, "x-original-url"), call.url)
    return call.serve().under(**told, set_cookie=f"asked={call.key}; Path=/")


@fault(charged=False)
def echo_in_reason(call: Call) -> Wire:
    """A status line whose reason is the address."""
    served = call.refuse(500, {})
    return Wire([served.head(reason=f"cannot serve {call.url}"), served.body])


@fault(charged=False)
def echo_in_bad_status_line(call: Call) -> Wire:
    """A status line that is the address."""
    return Wire([f"{call.url}\r\n\r\n".encode()])


@fault(charged=False)
def echo_in_bad_chunk(call: Call) -> Wire:
    """A chunk whose length is the address."""
    served = call.refuse(200, []).under(content_length=None, transfer_encoding="chunked")
    return Wire([served.head(), f"{call.url}\r\n".encode()])


@fault(charged=False)
def echo_in_encoding(call: Call) -> Wire:
    """A Content-Encoding that is the key."""
    served = call.refuse(200, []).under(content_encoding=call.key)
    return Wire([served.head(), served.body])


@fault(charged=True)
def echo_in_broken_header(call: Call) -> Wire:
    """A last header that is none: address and key, which libraries quote in warnings."""
    served = call.serve()
    told = f"asked for {call.url} with {call.key}\r\n\r\n".encode()
    return Wire([served.head().removesuffix(b"\r\n") + told, served.body])
