"""The collector adds and never changes what was observed; the researcher reads: real logins."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from odds_pipeline.cli.instance import dagster_instance, exported
from odds_pipeline.cli.json_keys import JSON_KEYS
from odds_pipeline.cli.runs import run_learning, run_scores
from odds_pipeline.composition import open_platform
from odds_pipeline.services.import_files import Stated, import_paths
from odds_pipeline.settings import load_settings
from odds_pipeline.simulator.server import RunningSimulator
from odds_pipeline.storage.tables import metadata
from odds_pipeline.storage.urls import libpq_url
from odds_pipeline_tests.cli.conftest import FIXTURES, Odds, is_one_line
from odds_pipeline_tests.conftest import whole_server

# pytest forgets, after each test, the filters that ``orchestration`` sets when it is imported.
pytestmark = [
    pytest.mark.usefixtures("dagster_beside"),
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
    pytest.mark.filterwarnings("ignore:Asset job .* varying BackfillPolicies:UserWarning"),
]
REFUSED = psycopg.errors.InsufficientPrivilege
KINDS = ("collector", "researcher")
PASSWORDS = {kind: f"{kind}/{secrets.token_hex(8)}@" for kind in KINDS}
EVENT = "00000000000000000000000000000001"
AT = ("--event-id", EVENT, "--at", "2026-01-09T18:30:00Z", "--json")


@pytest.fixture
def roles(
    odds: Odds, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """Addresses of the database by role, both roles just made; Dagster's database is there."""
    for kind in KINDS:
        monkeypatch.setenv(f"DATABASE_{kind.upper()}_PASSWORD", PASSWORDS[kind])
    assert odds("db", "migrate").code == 0
    made = odds("db", "roles", "--json").json
    assert set(made[0]) == set(JSON_KEYS["db roles"])
    assert all(role["exists"] and role["password_set"] for role in made)
    place, name = database_url.partition("@")[2], database_url.rpartition("/")[2]
    yield {
        kind: f"postgresql://{name}_{kind}:{quote(PASSWORDS[kind], safe='')}@{place}"
        for kind in KINDS
    }
    for url in (f"{database_url}_dagster", database_url):
        with psycopg.connect(libpq_url(url), autocommit=True) as conn:
            for kind in KINDS:
                conn.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(f"{name}_{kind}")))
    with psycopg.connect(libpq_url(database_url), autocommit=True) as conn:
        for kind in KINDS:
            conn.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(f"{name}_{kind}")))


def connect(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(libpq_url(url), autocommit=True)


def rights(conn: psycopg.Connection[Any], right: str) -> set[str]:
    rows = conn.execute(
        """SELECT relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
          AND has_table_privilege(oid, %s)""",
        (right,),
    )
    return {row[0] for row in rows}


def what_each_may_and_may_not(roles: dict[str, str]) -> None:
    tables = {table.name for table in metadata.sorted_tables}
    with connect(roles["researcher"]) as reads:
        assert tables | {"odds", "events"} <= rights(reads, "SELECT")
        for right in ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES"):
            assert not rights(reads, right)
        assert reads.execute("SELECT count(*) > 0 FROM odds").fetchone() == (True,)
        for statement in (
            "INSERT INTO names (name) VALUES ('x')",
            "UPDATE sports SET title = 'x'",
            "DELETE FROM quotes",
            "TRUNCATE edges",
            "CREATE TABLE mine (a integer)",
            "SELECT ensure_month(now(), ARRAY['quotes'])",
            "ALTER TABLE raw_responses DISABLE TRIGGER USER",
        ):
            with pytest.raises(REFUSED):
                reads.execute(statement.encode())
        (owner,) = reads.execute(
            "SELECT tableowner FROM pg_tables WHERE tablename = 'raw_responses'"
        ).fetchone() or (None,)
        with pytest.raises(REFUSED):
            reads.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(owner or "")))
        assert reads.execute("SHOW statement_timeout").fetchone() == ("15min",)
    with connect(roles["collector"]) as adds:
        growing = {"raw_responses", "raw_bodies", "credit_ledger", "quotes", "snapshots", "voids"}
        assert growing <= rights(adds, "INSERT")
        for right in ("UPDATE", "DELETE", "TRUNCATE"):
            assert not growing & rights(adds, right)
        assert rights(adds, "TRUNCATE") | rights(adds, "TRIGGER") == set()
        for statement in (
            "UPDATE raw_responses SET headers = '{}'",
            "DELETE FROM raw_responses",
            "TRUNCATE raw_responses CASCADE",
            "DELETE FROM raw_bodies",
            "UPDATE credit_ledger SET credits = 0",
            "DELETE FROM credit_ledger",
            "DELETE FROM deployment",
            "UPDATE alembic_version SET version_num = 'x'",
            "DROP TABLE edges",
            "ALTER TABLE raw_responses DISABLE TRIGGER USER",
            "SET session_replication_role = replica",
        ):
            with pytest.raises(REFUSED):
                adds.execute(statement.encode())
        partition = adds.execute(
            "SELECT tableoid::regclass::text FROM raw_bodies LIMIT 1"
        ).fetchone()
        assert partition is not None
        with pytest.raises(REFUSED):
            adds.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(partition[0])))


@whole_server
def test_everything_that_collects_runs_as_the_collector(
    roles: dict[str, str], odds: Odds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", roles["collector"])
    with RunningSimulator() as provider:
        monkeypatch.setenv("ODDS_API_BASE_URL", provider.url)
        fetched = odds("fetch", "--json").json
        assert (fetched["credits"], fetched["checks"] > 10) == (3, True)
        with open_platform(load_settings()) as platform:  # January's tables have to be made
            done = import_paths(platform, [FIXTURES / "historical_odds.json"], Stated())
        assert [file.status for file in done.files] == ["imported"]
        with exported(load_settings()) as named, dagster_instance(named) as instance:
            run_scores(named, instance, datetime.now(UTC).date())
            run_learning(named, instance)
    assert odds("db", "backup", "--drill", "--json").json["verified_how"] == "read"
    shown = odds("show-odds", *AT).json
    assert shown
    assert odds("db", "downgrade", "--yes").code != 0
    monkeypatch.setenv("DATABASE_URL", roles["researcher"])
    assert odds("show-odds", *AT).json == shown
    assert odds("status", "--json").json["quota_used"] == fetched["credits"] + 2
    assert odds("fetch").code != 0
    what_each_may_and_may_not(roles)


def test_no_password_is_no_role_and_a_short_one_is_refused(
    odds: Odds, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [role["exists"] for role in odds("db", "roles", "--json").json] == [False, False]
    monkeypatch.setenv("DATABASE_RESEARCHER_PASSWORD", "short-one")
    assert is_one_line(odds("db", "roles"), 2)
    monkeypatch.setenv("DATABASE_RESEARCHER_PASSWORD", "changeme")
    assert is_one_line(odds("db", "roles"), 2)
