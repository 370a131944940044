"""A running UI under attack, by scripts and by a page in a browser: every mutation there is."""

import base64
import http.client
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import dagster as dg
import psycopg
import pytest
from argon2 import PasswordHasher
from dagster._core.storage.defs_state.base import set_defs_state_storage
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from graphql import get_introspection_query
from psycopg import sql
from starlette.types import Receive, Scope, Send
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from odds_pipeline.cli.environment import environment
from odds_pipeline.settings import Settings
from odds_pipeline.storage.urls import dagster_database, libpq_url
from odds_pipeline.webserver.guard import Guard
from odds_pipeline.webserver.login import Login, PasswordLogin
from odds_pipeline.webserver.policy import LOOPBACK_HOSTS
from odds_pipeline.webserver.ui import READ_ONLY, dagster_ui
from odds_pipeline_tests.conftest import fresh_database
from odds_pipeline_tests.webserver.evil_site import FEW, evil_site
from odds_pipeline_tests.webserver.mutations import body, mutations
from odds_pipeline_tests.webserver.running import needs_chromium, page, served

PASSWORD = "correct horse battery"
HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
JSON = "application/json"
EVIL = "http://evil.example"


class Watched:
    """Passes on what comes and counts it by method and by what a browser wanted it for.

    Args:
        app: an ASGI application.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self.seen: Counter[tuple[str, str]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count and pass on."""
        if scope["path"].strip("/") == "graphql":
            wanted_for = dict(scope["headers"]).get(b"sec-fetch-dest", b"").decode()
            is_http = scope["type"] == "http"
            self.seen[(scope["method"], wanted_for) if is_http else ("WEBSOCKET", "")] += 1
        await self._app(scope, receive, send)


class Ui(NamedTuple):
    """Dagster's application behind the guard, and who was seen on either side of it."""

    address: str
    outside: Watched
    inside: Watched


class Attempt(NamedTuple):
    """One way to ask, and the status that turns it away."""

    status: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None


class Opener(NamedTuple):
    """Opens UIs of one Dagster, whose programs are not needed."""

    instance: dg.DagsterInstance
    variables: dict[str, str]
    workspace: Path
    opened: ExitStack

    def __call__(self, login: Login | None = None, *, read_only: bool = False) -> Ui:
        """One UI, ended with the others."""
        context = self.opened.enter_context(
            WorkspaceProcessContext(
                self.instance,
                version=dg.__version__,
                read_only=read_only,
                workspace_load_target=WorkspaceFileTarget(paths=[str(self.workspace)]),
            )
        )
        inside = Watched(dagster_ui(context))
        outside = Watched(Guard(inside, LOOPBACK_HOSTS, login))
        return Ui(self.opened.enter_context(served(outside)), outside, inside)

    def state(self) -> dict[str, object]:
        """All that Dagster's database and home folder hold."""
        with psycopg.connect(libpq_url(dagster_database(self.variables["DATABASE_URL"]))) as conn:
            names = conn.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'"
                "::regnamespace ORDER BY 1"
            ).fetchall()
            tables = {
                name: conn.execute(
                    sql.SQL("SELECT count(*), sum(hashtext(t::text)) FROM {} t").format(
                        sql.Identifier(name)
                    )
                ).fetchone()
                for (name,) in names
            }
        home = Path(self.variables["ODDS_HOME"])
        return tables | {str(file): file.stat().st_mtime_ns for file in home.rglob("*")}


@pytest.fixture(scope="module")
def ui(server_url: str, dagster_template: str) -> Iterator[Opener]:
    """One Dagster for all attacks; what it notes for a person goes into the same home folder."""
    with (
        fresh_database(server_url) as url,
        fresh_database(server_url, dagster_template, dagster_database(url).rpartition("/")[2]),
        TemporaryDirectory(prefix="odds-") as home,
        pytest.MonkeyPatch.context() as patch,
        ExitStack() as opened,
    ):
        variables = environment(Settings(_env_file=None, odds_home=Path(home)), url)
        for name, value in (variables | {"HOME": home}).items():
            patch.setenv(name, value)
        workspace = Path(home) / "no_programs.yaml"
        workspace.write_text("load_from: []")
        with (
            set_defs_state_storage(None),
            dg.DagsterInstance.from_config(variables["DAGSTER_HOME"]) as instance,
        ):
            yield Opener(instance, variables, workspace, opened)
            opened.close()


def _basic(password: str) -> dict[str, str]:
    packed = base64.b64encode(f"ann:{password}".encode()).decode()
    return {"Authorization": f"Basic {packed}"}


LOGGED_IN = _basic(PASSWORD)


def _status(address: str, attempt: Attempt) -> int:
    with closing(http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)) as conn:
        conn.request(attempt.method, attempt.path, attempt.body, attempt.headers)
        return conn.getresponse().status


def _asked(address: str, question: str, headers: dict[str, str]) -> tuple[int, Any]:
    """The answer to a page of the UI itself."""
    with closing(http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)) as conn:
        sent = {"Content-Type": JSON, "Origin": address, **headers}
        conn.request("POST", "/graphql", body(question), sent)
        answer = conn.getresponse()
        return answer.status, json.load(answer)


def _socket(address: str, origin: str | None, headers: dict[str, str]) -> ClientConnection:
    return connect(
        address.replace("http", "ws") + "/graphql",
        origin=None if origin is None else Origin(origin),
        additional_headers=headers,
        subprotocols=[Subprotocol("graphql-ws")],
        proxy=None,
    )


def _attempts(address: str, question: str) -> Iterator[Attempt]:
    """One mutation from everywhere it must not come from."""
    asked = quote(question)
    own, of_json = {"Origin": address}, {"Content-Type": JSON}
    for headers in (
        *({}, {"Origin": EVIL}, {"Origin": "null"}, {"Origin": "http://127.0.0.1"}),
        *({"Origin": address.replace("http", "https") + ".evil.example"},),
        *(own | {"Host": "evil.example"}, {"Origin": EVIL, "Host": "evil.example"}),
        *(own | {"Sec-Fetch-Site": "cross-site"}, own | {"Sec-Fetch-Site": "same-site"}),
    ):
        sent = of_json | LOGGED_IN | headers
        yield Attempt(403, "POST", "/graphql", sent, body(question))
    for login in ({}, _basic("wrong"), {"Authorization": f"Bearer {PASSWORD}"}):
        yield Attempt(401, "POST", "/graphql", own | of_json | login, body(question))
    for method, path in (
        *(("GET", "/graphql"), ("GET", "/graphql/"), ("GET", "//graphql"), ("HEAD", "/graphql")),
        *(("GET", "/%67raphql"), ("GET", "/GraphQL")),
    ):
        yield Attempt(405, method, f"{path}?query={asked}", own | LOGGED_IN, None)
    for method in ("PUT", "OPTIONS", "PATCH", "DELETE"):
        yield Attempt(405, method, "/graphql", own | of_json | LOGGED_IN, body(question))
    for content_type in ("text/plain", "multipart/form-data; boundary=x", "application/graphql"):
        sent = own | LOGGED_IN | {"Content-Type": content_type}
        yield Attempt(415, "POST", "/graphql", sent, body(question))
    sent = own | LOGGED_IN | {"Content-Type": "application/x-www-form-urlencoded"}
    yield Attempt(415, "POST", "/graphql", sent, b"query=" + asked.encode())
    yield Attempt(415, "POST", f"/graphql?query={asked}", own | LOGGED_IN, b"")


def _every_mutation(ui: Ui, headers: dict[str, str]) -> dict[str, str]:
    """By name, as the served schema says; more than forty, or something was not found."""
    status, answer = _asked(ui.address, get_introspection_query(), headers)
    assert status == 200
    found = mutations(answer["data"])
    assert len(found) > 40
    ui.inside.seen.clear()
    return found


def test_no_mutation_comes_in_from_outside(ui: Opener) -> None:
    attacked = ui(PasswordLogin("ann", HASHED, wrong_costs_s=0))
    asked = _every_mutation(attacked, LOGGED_IN)
    before = ui.state()
    for name, question in asked.items():
        for attempt in _attempts(attacked.address, question):
            assert _status(attacked.address, attempt) == attempt.status, (name, attempt)
        for origin, headers in ((EVIL, LOGGED_IN), (None, LOGGED_IN), (attacked.address, {})):
            with pytest.raises(InvalidStatus, match="403"):
                _socket(attacked.address, origin, headers)
    assert not attacked.inside.seen
    assert ui.state() == before
    change = asked["setConcurrencyLimit"]
    assert _asked(attacked.address, change, LOGGED_IN)[0] == 200
    assert ui.state() != before


def test_a_websocket_answers_its_own_page_and_changes_nothing(ui: Opener) -> None:
    opened = ui()
    asked = _every_mutation(opened, {})
    before = ui.state()
    with _socket(opened.address, opened.address, {}) as ours:
        ours.send(json.dumps({"type": "connection_init"}))
        assert json.loads(ours.recv()) == {"type": "connection_ack"}
        for name, question in asked.items():
            ours.send(json.dumps({"type": "start", "id": name, "payload": {"query": question}}))
            assert json.loads(ours.recv())["type"] == "error", name
    assert ui.state() == before


def test_who_may_only_look_changes_nothing(ui: Opener) -> None:
    looking = ui(read_only=True)
    asked = _every_mutation(looking, {})
    before = ui.state()
    for name, question in asked.items():
        status, answer = _asked(looking.address, question, {})
        assert (status, answer["errors"][0]["message"]) == (400, READ_ONLY), name
    for reported in ("materialization", "check", "observation"):
        headers = {"Content-Type": JSON, "Origin": looking.address}
        path = f"/report_asset_{reported}/odds"
        attempt = Attempt(401, "POST", path, headers, b'{"check_name": "x", "passed": true}')
        assert _status(looking.address, attempt) == 401
    assert ui.state() == before
    assert _asked(looking.address, "{ version }", {}) == (
        200,
        {"data": {"version": dg.__version__}},
    )


@needs_chromium
@pytest.mark.ui
@pytest.mark.long
def test_a_page_of_a_stranger_does_nothing(ui: Opener) -> None:
    attacked = ui()
    asked = _every_mutation(attacked, {})
    before = ui.state()
    attacked.outside.seen.clear()
    both = [attacked.address, attacked.address.replace("127.0.0.1", "localhost")]
    with evil_site(both, asked.values()) as evil:
        told = page(evil, when_loaded=True)
    assert "end: reached 1" in told
    times = 2 * len(asked)
    for what in ("json post", "cors get", "img", "script", "link"):
        assert f"{what}: refused {times}" in told
    assert f"websocket: refused {2 * FEW}" in told
    came = attacked.outside.seen
    assert came["OPTIONS", "empty"] == times
    assert came["GET", "empty"] == 2 * times
    assert came["GET", "image"] == came["GET", "script"] == came["GET", "style"] == times
    assert came["POST", "empty"] == 2 * times
    assert came["POST", "iframe"] == 3 * came["WEBSOCKET", ""] == 3 * 2 * FEW
    assert not attacked.inside.seen
    assert ui.state() == before
