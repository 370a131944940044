"""A missing database of a server of one's own is made once, or the way to make it is told."""

from collections.abc import Iterator

import psycopg
import pytest

from odds_pipeline.errors import DatabaseUnavailable
from odds_pipeline.storage.databases import ensure_database
from odds_pipeline.storage.embedded import EmbeddedServer
from odds_pipeline.storage.urls import dagster_database, libpq_url


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with EmbeddedServer(tmp_path_factory.mktemp("own"), durable=False) as url:
        yield url


@pytest.fixture
def mine(url: str) -> str:
    return url.rpartition("/")[0] + "/my%20bets"


def test_it_is_made_once(url: str, mine: str) -> None:
    ensure_database(mine, through=url)
    ensure_database(dagster_database(mine), through=mine)
    ensure_database(dagster_database(mine), through=mine)
    with psycopg.connect(libpq_url(dagster_database(mine))) as connection:
        assert connection.info.dbname == "my bets_dagster"


def test_a_user_without_the_right_is_told_the_command(url: str) -> None:
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute("CREATE ROLE plain LOGIN PASSWORD 'plain-secret'")
    place = url.rpartition("@")[2]
    plain = f"postgresql://plain:plain-secret@{place}"
    with pytest.raises(DatabaseUnavailable, match="CREATE DATABASE other as its owner") as caught:
        ensure_database(plain.replace("/odds", "/other"), through=plain)
    assert "plain-secret" not in str(caught.value)


def test_an_unreachable_server_is_one_line_without_the_password() -> None:
    url = "postgresql://odds:very-secret@127.0.0.1:1/odds"
    with pytest.raises(DatabaseUnavailable, match=r"odds:\*\*\*@127\.0\.0\.1:1") as caught:
        ensure_database(dagster_database(url), through=url)
    assert "\n" not in str(caught.value)
    assert "very-secret" not in str(caught.value)
