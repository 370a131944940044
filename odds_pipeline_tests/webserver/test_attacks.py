"""A running UI under attack by scripts; ``orchestration/test_ui.py`` has the attack by a page."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from dagster_graphql.schema import create_schema
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from odds_pipeline_tests.orchestration.conftest import Stage, of_no_other_test, stage
from odds_pipeline_tests.webserver.evil_site import CHANGE
from odds_pipeline_tests.webserver.running import webserver

__all__ = ["of_no_other_test", "stage"]

MUTATION_TYPE = create_schema().graphql_schema.mutation_type
assert MUTATION_TYPE is not None
MUTATIONS = sorted(MUTATION_TYPE.fields)


def _status(
    address: str, method: str, path: str, headers: dict[str, str], body: bytes | None = None
) -> int:
    asked = urllib.request.Request(address + path, body, headers, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def _socket(address: str, origin: str | None) -> ClientConnection:
    return connect(
        address.replace("http", "ws") + "/graphql",
        origin=None if origin is None else Origin(origin),
        subprotocols=[Subprotocol("graphql-ws")],
        proxy=None,
    )


def _attempts(address: str, query: str) -> Iterator[int]:
    """One mutation from everywhere it must not come from."""
    body = json.dumps({"query": query}).encode()
    as_json = {"Content-Type": "application/json"}
    own = {"Origin": address}
    yield _status(address, "POST", "/graphql", as_json, body)
    yield _status(address, "POST", "/graphql", as_json | {"Origin": "http://evil.example"}, body)
    yield _status(address, "POST", "/graphql", as_json | own | {"Host": "evil.example"}, body)
    rebound = {"Host": "evil.example", "Origin": "http://evil.example"}
    yield _status(address, "POST", "/graphql", as_json | rebound, body)
    yield _status(address, "POST", "/graphql", own | {"Content-Type": "text/plain"}, body)
    yield _status(address, "GET", f"/graphql?query={quote(query)}", own)
    yield _status(address, "GET", f"/graphql/?query={quote(query)}", {})


def test_no_mutation_comes_in_from_outside(stage: Stage, tmp_path: Path) -> None:
    with webserver(stage.environment, tmp_path / "ui.log") as address:
        assert len(MUTATIONS) > 40
        for name in MUTATIONS:
            statuses = list(_attempts(address, f"mutation {{ {name} {{ __typename }} }}"))
            assert set(statuses) <= {403, 405, 415}, name
        list(_attempts(address, CHANGE))
        assert _concurrency_keys(stage) == set()
        for foreign in (None, "http://evil.example"):
            with pytest.raises(InvalidStatus, match="403"):
                _socket(address, foreign)
        with _socket(address, address) as ours:
            ours.send(json.dumps({"type": "connection_init"}))
            assert json.loads(ours.recv()) == {"type": "connection_ack"}
        headers = {"Content-Type": "application/json", "Origin": address}
        body = json.dumps({"query": CHANGE}).encode()
        assert _status(address, "POST", "/graphql", headers, body) == 200
        assert _concurrency_keys(stage) == {"stolen"}


def _concurrency_keys(stage: Stage) -> set[str]:
    return set(stage.instance.event_log_storage.get_concurrency_keys())
