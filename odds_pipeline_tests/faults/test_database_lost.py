"""The database refuses, breaks in mid-statement, breaks in mid-commit: what is paid is kept."""

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from odds_pipeline.errors import ConnectionLost, DatabaseUnavailable
from odds_pipeline.services.platform import Platform
from odds_pipeline.services.recover import recover
from odds_pipeline.services.spool import Spool
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.sources.the_odds_api.queries import ProviderRequest
from odds_pipeline.sources.the_odds_api.responses import ProviderResponse
from odds_pipeline.storage.engine import (
    open_engine,
    persistently,
    pipelined,
    session,
    transaction,
)
from odds_pipeline_tests.faults import invariants, writer
from odds_pipeline_tests.faults.tcp_proxy import Direction, Do, TcpProxy
from odds_pipeline_tests.services.books import rows, slots_of

INSERT_RAW, INSERT_QUOTES = b"INSERT INTO raw_responses", b"INSERT INTO quotes"


@pytest.fixture
def proxy(database_url: str) -> Iterator[TcpProxy]:
    port = urlsplit(database_url).port
    assert port is not None
    with TcpProxy("127.0.0.1", port) as running:
        yield running


@pytest.fixture
def far(platform: Platform, proxy: TcpProxy, database_url: str) -> Iterator[Platform]:
    """The platform with its database behind the proxy."""
    address = urlsplit(database_url)
    engine = open_engine(database_url.replace(f":{address.port}/", f":{proxy.port}/"))
    yield replace(platform, engine=engine)
    engine.dispose()


class During:
    """A provider that answers while something happens to the database."""

    def __init__(self, platform: Platform, happens: Callable[[], None]) -> None:
        self._platform, self._happens = platform, happens

    def fetch(self, request: ProviderRequest) -> ProviderResponse:
        response = self._platform.provider().fetch(request)
        self._happens()
        return response


def _answers(platform: Platform) -> int:
    return len(list(platform.spool.waiting()))


def _broken(platform: Platform, provider: RunningSimulator) -> list[str]:
    charged = provider.credits_charged("demo")
    return invariants.broken(platform, charged, Path("nothing acknowledged"))


def test_without_a_database_nothing_is_called(
    far: Platform, proxy: TcpProxy, provider: RunningSimulator
) -> None:
    proxy.refuse()
    with pytest.raises(DatabaseUnavailable, match="cannot be reached"):
        writer.collect(far, 0)
    assert provider.credits_charged("demo") == 0


@pytest.mark.parametrize("goes_on", [True, False], ids=["reset once", "gone"])
def test_a_database_lost_while_the_provider_answers(
    far: Platform, platform: Platform, proxy: TcpProxy, provider: RunningSimulator, goes_on: bool
) -> None:
    def lose() -> None:
        proxy.cut()
        proxy.refuse(not goes_on)

    during = replace(far, provider=lambda: During(platform, lose))
    if goes_on:
        assert writer.collect(during, 0) is not None
    else:
        with pytest.raises(DatabaseUnavailable) as told:
            writer.collect(during, 0)
        assert len(str(told.value).splitlines()) == 1
        assert _answers(platform) == 1
        assert recover(platform).answers == 1
    assert slots_of(platform) == [("live", "ok", None)]
    assert _broken(platform, provider) == []


@pytest.mark.parametrize("do", [Do.CUT, Do.DROP_ANSWER])
@pytest.mark.parametrize("statement", [INSERT_RAW, INSERT_QUOTES, b"UPDATE slots", b"DELETE FROM"])
def test_a_connection_cut_in_mid_statement(
    far: Platform,
    platform: Platform,
    proxy: TcpProxy,
    provider: RunningSimulator,
    statement: bytes,
    do: Do,
) -> None:
    def arm() -> None:
        proxy.at(Direction.TO_SERVER, do, seen=statement)

    assert writer.collect(replace(far, provider=lambda: During(platform, arm)), 0) is not None
    proxy.wait_fired()
    assert slots_of(platform) == [("live", "ok", None)]
    assert _broken(platform, provider) == []


@pytest.mark.parametrize("do", [Do.CUT, Do.DROP_ANSWER], ids=["not committed", "committed"])
@pytest.mark.parametrize("which", [1, 2])
def test_a_commit_whose_answer_never_comes_is_repeated(
    far: Platform,
    platform: Platform,
    proxy: TcpProxy,
    provider: RunningSimulator,
    which: int,
    do: Do,
) -> None:
    def arm() -> None:
        proxy.at(Direction.TO_SERVER, do, seen=b"COMMIT")

    class Armed(Spool):
        def remove(self, call_id: UUID) -> None:
            super().remove(call_id)
            if which == 2:  # transaction 1 has ended
                arm()

    during = replace(
        far,
        provider=lambda: During(platform, arm if which == 1 else lambda: None),
        spool=Armed(platform.settings.home / "spool"),
    )
    assert writer.collect(during, 0) is not None
    proxy.wait_fired()
    assert slots_of(platform) == [("live", "ok", None)]
    assert _broken(platform, provider) == []


def test_a_claim_whose_commit_is_unknown_is_closed_by_the_next_start(
    far: Platform, platform: Platform, proxy: TcpProxy, provider: RunningSimulator
) -> None:
    writer.collect(platform, 0)
    with transaction(far.engine):
        pass
    proxy.at(Direction.TO_SERVER, Do.DROP_ANSWER, seen=b"INSERT INTO credit_ledger")
    with pytest.raises(ConnectionLost, match="broke the connection"):
        writer.collect(far, 1)
    recover(platform)
    assert writer.collect(platform, 1) is not None
    assert {status for _, status, _ in slots_of(platform)} == {"ok"}
    assert _broken(platform, provider) == []
    assert provider.credits_charged("demo") == 6


def test_work_is_repeated_where_postgresql_undid_it(platform: Platform) -> None:
    tries: list[int] = []

    def work() -> int:
        tries.append(1)
        if len(tries) < 3:
            raise psycopg.errors.DeadlockDetected("another one")
        return len(tries)

    assert persistently(work) == 3
    with pytest.raises(psycopg.errors.DeadlockDetected):
        persistently(lambda: (_ for _ in ()).throw(psycopg.errors.DeadlockDetected()), 5)
    with pytest.raises(ZeroDivisionError):
        persistently(lambda: 1 // 0)


def test_a_backend_that_was_terminated_is_told_in_one_line(platform: Platform) -> None:
    with (
        pytest.raises(ConnectionLost) as told,
        transaction(platform.engine) as conn,
        platform.engine.connect() as other,
    ):
        other.execute(text(f"SELECT pg_terminate_backend({conn.info.backend_pid})"))
        conn.execute("SELECT 1")
    assert len(str(told.value).splitlines()) == 1
    assert rows(platform, "SELECT 1") == [(1,)]


def test_an_error_that_is_no_loss_stays_what_it_is(platform: Platform) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable), transaction(platform.engine) as conn:
        conn.execute("SELECT * FROM nowhere")


def test_a_connection_that_ended_while_it_rested_is_replaced(
    platform: Platform, database_url: str
) -> None:
    with transaction(platform.engine) as conn:
        rested = conn.info.backend_pid
    other = open_engine(database_url)
    with transaction(other) as conn:
        conn.execute("SELECT pg_terminate_backend(%s, 30000)", (rested,))
    other.dispose()
    with transaction(platform.engine) as conn:
        assert conn.info.backend_pid != rested


def test_a_network_that_goes_silent_is_given_up_within_a_minute(platform: Platform) -> None:
    with transaction(platform.engine) as conn, socket.socket(fileno=os.dup(conn.fileno())) as end:
        waited = [
            end.getsockopt(socket.IPPROTO_TCP, option)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        ]
        assert waited[0] + waited[1] * waited[2] <= 60
        assert end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert end.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) <= 60_000


def test_work_beside_a_commit_does_not_wait_for_it(platform: Platform) -> None:
    """The commit waits for a lock that only the work beside it gives back."""
    with transaction(platform.engine) as conn:
        conn.execute(
            """CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$"""
        )
        conn.execute(
            """CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON sports DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION wait_here()"""
        )
    with session(platform.engine) as held:
        held.execute("SELECT pg_advisory_lock(1)")

        def give_back() -> None:
            held.execute("SELECT pg_advisory_unlock(1)")

        with pipelined(platform.engine, give_back) as conn:
            conn.execute("SET LOCAL lock_timeout = '5s'")
            conn.execute("INSERT INTO sports (sport_key) VALUES ('kept')")
    assert rows(platform, "SELECT sport_key FROM sports WHERE sport_key = 'kept'") == [("kept",)]


def test_a_pipeline_with_an_error_nobody_fetched_commits_nothing(platform: Platform) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero), pipelined(platform.engine) as conn:
        conn.execute("INSERT INTO sports (sport_key) VALUES ('lost')")
        conn.execute("SELECT 1 / 0")
        conn.execute("INSERT INTO sports (sport_key) VALUES ('lost too')")
    assert rows(platform, "SELECT sport_key FROM sports WHERE sport_key ^@ 'lost'") == []
    with pipelined(platform.engine) as conn:
        conn.execute("INSERT INTO sports (sport_key) VALUES ('kept')")
    assert rows(platform, "SELECT sport_key FROM sports WHERE sport_key = 'kept'") == [("kept",)]
