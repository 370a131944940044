"""What is let through: each rule on its own, and no foreign page through any of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odds_pipeline.webserver.policy import LOOPBACK_HOSTS, Call, refusal

HERE = "localhost:3000"
JSON = {"content-type": ["application/json"]}
OURS = {"host": [HERE], "origin": [f"http://{HERE}"], **JSON}


def _status(
    method: str, headers: dict[str, list[str]], path: str = "/graphql", query: str = ""
) -> int:
    refused = refusal(Call(method, path, query, headers), LOOPBACK_HOSTS)
    return 200 if refused is None else refused.status


@pytest.mark.parametrize(
    "host", ["localhost:3000", "127.0.0.1:3000", "[::1]:3000", "LOCALHOST", "localhost.:3000"]
)
def test_a_page_of_the_ui_may_do_everything(host: str) -> None:
    sent = {"host": [host], "origin": [f"http://{host}"], "sec-fetch-site": ["same-origin"]}
    assert _status("GET", {"host": [host]}, "/runs", "tab=all") == 200
    assert _status("POST", {**sent, "content-type": ["application/json; charset=utf-8"]}) == 200
    assert _status("WEBSOCKET", sent) == 200


@pytest.mark.parametrize(
    "host",
    [
        *([], ["evil.example"], ["evil.example:3000"], ["localhost.evil.example"]),
        *(["127.0.0.1.evil.example"], [HERE, HERE], [HERE, "evil.example"], ["[::1"], [""]),
        *(["localhost:3000@evil.example"], ["evil.example#localhost"], ["0.0.0.0:3000"]),
    ],
)
def test_another_host_gets_nothing_not_even_a_page(host: list[str]) -> None:
    for method in ("GET", "HEAD", "POST", "WEBSOCKET"):
        origin = [f"http://{host[0]}"] if host else []
        assert _status(method, {**JSON, "host": host, "origin": origin}, "/") == 403


@pytest.mark.parametrize(
    "origin",
    [
        *([], ["null"], [""], ["http://evil.example"], ["http://localhost:3001"], ["file://"]),
        *(["http://localhost"], [f"http://{HERE}.evil.example"], [f"ftp://{HERE}"]),
        *([f"http://{HERE}", "http://evil.example"], [f"http://user@{HERE}"], ["http://[::1"]),
    ],
)
def test_only_a_page_of_this_ui_changes_anything(origin: list[str]) -> None:
    for method in ("POST", "WEBSOCKET"):
        assert _status(method, {**OURS, "origin": origin}) == 403


@pytest.mark.parametrize(
    "path", ["/graphql", "/GraphQL", "/graphql/", "//graphql", "/odds/graphql"]
)
def test_no_question_is_answered_to_a_get(path: str) -> None:
    assert _status("GET", OURS, path, "query=mutation{x}") == 405
    assert _status("HEAD", OURS, path, "query=%7B__typename%7D") == 405
    assert _status("GET", OURS, path) == 200  # the page to try queries with


@pytest.mark.parametrize(
    "content_type",
    [*([], ["text/plain"], ["application/graphql"], ["multipart/form-data; boundary=x"])],
)
def test_only_json_is_posted(content_type: list[str]) -> None:
    assert _status("POST", {**OURS, "content-type": content_type}) == 415


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "get"])
def test_other_methods_are_refused(method: str) -> None:
    assert _status(method, OURS) == 405


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_links_here_but_embeds_and_fetches_nothing(site: str) -> None:
    foreign = {"host": [HERE], "sec-fetch-site": [site]}
    link = {"sec-fetch-mode": ["navigate"], "sec-fetch-dest": ["document"]}
    frame = {"sec-fetch-mode": ["navigate"], "sec-fetch-dest": ["iframe"]}
    image = {"sec-fetch-mode": ["no-cors"], "sec-fetch-dest": ["image"]}
    assert _status("GET", foreign | link, "/") == 200
    for headers in (frame, image, {}):
        assert _status("GET", foreign | headers, "/") == 403


_ORIGIN = st.sampled_from(["null", "http://evil.example", "https://localhost:8080", "", HERE])
_SITE = st.sampled_from(["cross-site", "same-site", "same-origin", "none"])


@given(
    method=st.sampled_from(["POST", "PUT", "OPTIONS", "WEBSOCKET", "DELETE"]),
    path=st.text(st.sampled_from("/graphqlGQ.%?"), max_size=12),
    query=st.text(max_size=8),
    host=st.sampled_from([HERE, "127.0.0.1:3000", "evil.example"]),
    origins=st.lists(_ORIGIN, max_size=2),
    site=_SITE,
)
def test_no_foreign_page_changes_anything(
    method: str, path: str, query: str, host: str, origins: list[str], site: str
) -> None:
    headers = {"host": [host], "origin": origins, "sec-fetch-site": [site], **JSON}
    assert refusal(Call(method, path, query, headers), LOOPBACK_HOSTS) is not None


@given(site=st.sampled_from(["cross-site", "same-site"]))
def test_a_browser_that_says_foreign_is_believed(site: str) -> None:
    headers = {**OURS, "sec-fetch-site": [site]}
    assert refusal(Call("POST", "/graphql", "", headers), LOOPBACK_HOSTS) is not None
    assert refusal(Call("POST", "/graphql", "", OURS), LOOPBACK_HOSTS) is None
